"""Rules that are wrong are refused in one line, which names the file, the line and the mend."""

import re
import time
from pathlib import Path

import pytest
import yaml
from dialogs import SMALL, written

from {{ cookiecutter.package_name }}.chat.patterns import (
    LONGEST_MESSAGE,
    compiled,
    readable,
)
from {{ cookiecutter.package_name }}.chat.rules import load
from {{ cookiecutter.package_name }}.chat.rules_check import check_model
from {{ cookiecutter.package_name }}.errors import UserError

WRONG: dict[str, dict[str, str]] = yaml.load(
    (Path(__file__).parent / "wrong_dialogs.yaml").read_text(encoding="utf-8"), yaml.BaseLoader
)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused_with_its_line(tmp_path: Path, wrong: dict[str, str]) -> None:
    assert wrong["old"] in SMALL
    text = SMALL.replace(wrong["old"], wrong["new"], 1)
    with pytest.raises(UserError) as caught:
        written(tmp_path, text)
    message = str(caught.value)
    assert wrong["said"] in message
    assert "\n" not in message
    if "line" in wrong:
        lines = text.splitlines()
        number = next(i for i, each in enumerate(lines, 1) if wrong["line"] in each)
        assert message.startswith(f"{tmp_path / 'dialog.yaml'}, line {number}: ")


def test_a_state_from_which_nothing_leads_out_is_a_dead_end(tmp_path: Path) -> None:
    text = SMALL.replace(
        "anywhere:\n  - intent: bye\n    say: Goodbye.\n    end: true\n", ""
    ).replace(
        "        say: Great!\n",
        "        say: Great!\n      - {intent: bye, say: Bye., end: true}\n",
    )
    written(tmp_path, text)
    closed = text.replace("        go: open\n", "")
    with pytest.raises(UserError, match="the state 'sad' is a dead end"):
        written(tmp_path, closed)


def test_a_goodbye_that_the_state_takes_for_itself_is_no_way_out(tmp_path: Path) -> None:
    own = "- {intent: bye, say: Stay!}\n      - intent: order\n        say: I look"
    text = SMALL.replace("- intent: order\n        say: I look", own).replace(
        "        go: open\n", ""
    )
    with pytest.raises(UserError, match="the state 'sad' is a dead end"):
        written(tmp_path, text)
    written(tmp_path, text.replace("{intent: bye, say", "{intent: bye, mood: neutral, say"))
    rare = text.replace(
        "{intent: bye, say: Stay!}", "{intent: bye, confidence: {from: 0.3}, say: a}"
    )
    with pytest.raises(UserError, match="the state 'sad' is a dead end"):
        written(tmp_path, rare)


def test_several_faults_are_counted_and_the_first_line_is_named(tmp_path: Path) -> None:
    text = SMALL.replace("go: sad", "go: mad")
    with pytest.raises(UserError, match=r"line 17: there is no state 'mad'.*\(1 more like it"):
        written(tmp_path, text)


@pytest.mark.parametrize(
    "content",
    [None, "", "- a", "a: [", "start: &a {b: *a}", "\x00", "a: " + "[" * 5_000],
    ids=lambda content: repr(content)[:20],
)
def test_a_file_that_is_none_is_one_line(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "dialog.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rules_of_different_confidence_or_mood_are_no_overlap(tmp_path: Path) -> None:
    rules = """- {mood: negative, confidence: {from: 0.9}, say: a}
      - {mood: negative, confidence: {below: 0.9}, say: b}
      - {mood: [neutral, positive], say: c}
      - {mood: unsure, say: d}
      - {intent: bye, mood: positive, say: e}
      - {intent: bye, mood: negative, say: f}
      - intent: order"""
    head, _, tail = SMALL.partition("- mood: negative")
    text = (
        head
        + rules
        + tail.partition("- intent: order")[2].replace("Noted {order}.", "x\n        go: sad", 1)
    )
    assert len(written(tmp_path, text).dialog.states["open"].rules) == 7


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (("sports", "politics"), "'sports' is not known. Write under `moods`"),
        (("0", "1", "7"), "'0' is not known"),
        (("a: b", "yes, no", "[c"), "'a: b' is not known"),
    ],
)
def test_a_model_of_something_else_is_told_what_to_write(
    tmp_path: Path, classes: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UserError) as caught:
        check_model(written(tmp_path), classes)
    assert said in str(caught.value)
    # What it says to write can be written.
    (example,) = re.findall(r"`(neutral: [^`]*)`", str(caught.value))
    text = SMALL + f"moods:\n  {example}\n"
    assert set(check_model(written(tmp_path, text), classes).values()) == {"neutral"}


def test_a_class_that_the_model_does_not_have_is_refused(tmp_path: Path) -> None:
    rules = written(tmp_path, SMALL + "moods:\n  negative: [complain]\n")
    with pytest.raises(UserError, match=r"no class 'complain'. Did you mean complaint\?"):
        check_model(rules, ("complaint", "praise"))


def test_a_class_that_stands_under_two_moods_is_refused(tmp_path: Path) -> None:
    moods = "moods:\n  negative: [a, b]\n  positive:\n    - c\n    - a\n"
    rules = written(tmp_path, SMALL + moods)
    line = (SMALL + moods).splitlines().index("    - a") + 1
    with pytest.raises(UserError, match=f"line {line}: the class 'a' stands under negative"):
        check_model(rules, ("a", "b", "c"))


def test_a_way_out_by_a_mood_that_the_model_never_has_is_no_way_out(tmp_path: Path) -> None:
    text = SMALL.replace("intent: bye\n    say", "intent: bye\n    mood: neutral\n    say")
    rules = written(tmp_path, text)
    check_model(rules, ("negative", "neutral", "positive"))
    with pytest.raises(UserError, match="with this model the state 'open' is a dead end"):
        check_model(rules, ("negative", "positive"))


@pytest.mark.parametrize("pattern", ["(?:sa|ſa)*x", "(?:Ia|ıa)*x", "(?:ia|İa)*x"])
def test_branches_that_begin_with_the_same_letter_in_another_case_are_seen(pattern: str) -> None:
    with pytest.raises(ValueError, match="too long"):
        compiled(pattern)


def test_a_pattern_that_python_warns_of_is_refused() -> None:
    with pytest.raises(ValueError, match="Possible nested set"):
        compiled("[[a]b]")


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+b", "(a|a)*b", "(a|ab)*c", r"(\w+\s?)*!", "a*a*b", r"\d+.*\d+x", "(x+x+)+y"),
        *("(.*)*z", r"(a*)\1b"),
    ],
)
def test_patterns_that_could_blow_up_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"too long|empty text"):
        compiled(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\w{1,40}@\w{1,40}",
        r".*x",
        r"\b(?:very |so |really ){0,9}bad\b",
        r"(?:ab)+c",
        r"a{1,40}.{0,40}b",
        r"\b(\w{1,30}) \1\b",
        r"(.{400,480})\1b",
    ],
)
def test_no_message_keeps_a_pattern_that_is_taken_busy(pattern: str) -> None:
    found = compiled(pattern)
    started = time.perf_counter()
    for text in ("a" * LONGEST_MESSAGE, "ab" * LONGEST_MESSAGE, "very so " * LONGEST_MESSAGE):
        found.search(text[:LONGEST_MESSAGE])
    # Tens of milliseconds on an idle machine, where a refused one takes years.
    assert time.perf_counter() - started < 5


def test_patterns_see_plain_text() -> None:
    assert readable("  Don\u2019t \t\n  SHOUT\uff01 ") == "Don't SHOUT!"
    assert len(readable("\ufdfa" * LONGEST_MESSAGE)) == LONGEST_MESSAGE
