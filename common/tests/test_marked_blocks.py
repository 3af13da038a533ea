"""Marked blocks: what is filled, what stays, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.marked_blocks import fill, find

KNOWN = ("one", "two")
OPEN, CLOSE = "<!-- report:one -->", "<!-- /report:one -->"


def filled(text: str, content: str = "new") -> str:
    return fill(text, find(text, "README.md", KNOWN), lambda name: f"{content} {name}")


def test_what_stands_between_the_marks_is_replaced_and_all_else_stays() -> None:
    text = f"a \t\n\n{OPEN}\nold\n\nolder\n{CLOSE}\nb \n\n\n<!-- mine -->"
    after = filled(text)
    assert after == f"a \t\n\n{OPEN}\nnew one\n{CLOSE}\nb \n\n\n<!-- mine -->"
    assert filled(after) == after


def test_an_empty_block_and_marks_of_yaml_are_filled() -> None:
    text = f"---\n# report:two\n# /report:two\n---\n  {OPEN}\n  {CLOSE}\n"
    assert filled(text) == (
        f"---\n# report:two\nnew two\n# /report:two\n---\n  {OPEN}\nnew one\n  {CLOSE}\n"
    )


def test_line_ends_of_windows_are_kept_and_used() -> None:
    text = f"a\r\n{OPEN}\r\nold\r\n{CLOSE}\r\nb\nc\r\n"
    after = fill(text, find(text, "README.md", KNOWN), lambda _: "x\ny\n")
    assert after == f"a\r\n{OPEN}\r\nx\r\ny\r\n{CLOSE}\r\nb\nc\r\n"


def test_marks_in_code_or_in_a_line_of_text_are_text() -> None:
    text = f"```\n{OPEN}\n```\n~~~~\n~~~\n{CLOSE}\n~~~~\nWrite `{OPEN}` above it.\n"
    assert find(text, "README.md", KNOWN) == []
    assert filled(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "```make report```\n",
        "Text:\n\n``` a ` b\n",
        "~~~ a ~ `\ncode\n~~~\n",
        "- In a list\n  ```\n  that ends here\n\n",
        "````\n```\n````\n",
        "\u2028\r",
    ],
)
def test_marks_after_what_is_no_open_code_block_are_marks(text: str) -> None:
    assert filled(f"{text}{OPEN}\nold\n{CLOSE}\n") == f"{text}{OPEN}\nnew one\n{CLOSE}\n"


@pytest.mark.parametrize("mark", [OPEN, "<!--report:one-->", "# report:One"])
def test_marks_in_code_within_a_list_are_text(mark: str) -> None:
    text = f"1.  Write\n\n    ```markdown\n    {mark}\n    ```\n\n        {mark}\n"
    assert filled(text) == text
    assert filled(text.replace("\n", "\r\n")) == text.replace("\n", "\r\n")


# Line separators of Unicode end no line here, or the byte after a block would move.
@given(st.text(st.characters(exclude_characters="`~<#", exclude_categories=["Cs"])))
def test_any_text_around_a_block_stays(text: str) -> None:
    before, after = f"{text}\n{OPEN}\n", f"\n{CLOSE}\n{text}"
    assert filled(f"{before}old{after}") == f"{before}new one{after}"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (f"a\n{OPEN}\n", 2, "has no end"),
        (f"{CLOSE}\n", 1, "has no beginning"),
        (f"{OPEN}\n<!-- report:two -->\n{CLOSE}\n", 2, "begins inside report:one"),
        (f"{OPEN}\n<!-- /report:two -->\n", 2, "has no beginning, as report:one is open"),
        (f"{OPEN}\n{CLOSE}\n{OPEN}\n{CLOSE}\n", 3, "a second time"),
        ("<!-- report:three -->\n<!-- /report:three -->\n", 1, "there is no block report:three"),
        ("<!--report:one-->\n", 1, "nearly the mark"),
        (f"{OPEN} and more\n", 1, "nearly the mark"),
        ("\n\n# report:One\n", 3, "nearly the mark"),
        (f"a\n```\nb\n{OPEN}\n{CLOSE}\n", 2, "has no end, so the mark in line 4 would be code"),
        (f"~~~~\n~~~\n{OPEN}\n{CLOSE}", 1, "End it with ~~~~."),
    ],
)
def test_damaged_marks_are_refused_in_one_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(UserError) as caught:
        find(text, "docs/x.md", KNOWN)
    assert str(caught.value).startswith(f"docs/x.md, line {line}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
