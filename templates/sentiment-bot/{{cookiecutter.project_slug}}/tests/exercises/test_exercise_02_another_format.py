"""Exercise 2: files in fastText's format, a label and a text per line."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.config import DataParams
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.sample import make_sample
from {{ cookiecutter.package_name }}.sources import RawTexts, load_raw

NAME = "moods.fasttext"
ROWS = make_sample(60, seed=1)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lines() -> list[str]:
    """The sample's rows as fastText has them."""
    return [f"__label__{label} {text}" for text, label in ROWS]


def read(name: str = NAME) -> RawTexts:
    return load_raw(DataParams(source="file", path=name))


def told(action: Callable[[], object]) -> str:
    """What the user is told; an empty text if all went well."""
    try:
        action()
    except UserError as error:
        return str(error)
    return ""


def test_texts_and_labels_are_read() -> None:
    Path(NAME).write_text("\n".join(lines()) + "\n", encoding="utf-8")
    said = told(read)
    assert not said, f"a file that ends in .fasttext cannot be read yet: {said}"
    found = read()
    assert found.texts[:3] == [text for text, _ in ROWS[:3]], "the texts are not those of the file"
    assert found.labels == [label for _, label in ROWS], "the labels are not those of the file"
    assert found.lines[:3] == [1, 2, 3], "the lines are not those of the file"


def test_blank_lines_are_no_rows_and_the_lines_are_still_those_of_the_file() -> None:
    written = lines()
    Path(NAME).write_text("\n\n".join(written), encoding="utf-8")
    assert not told(read), f"blank lines between the rows are refused: {told(read)}"
    assert read().lines[:3] == [1, 3, 5], "a row is named by its line in the file"


def test_a_label_may_have_any_letters_and_the_text_may_speak_of_labels() -> None:
    written = lines()
    written[0] = "__label__very-good_ü The prefix is __label__ in this format"
    Path(NAME).write_text("\n".join([*written, written[0] + "!"]), encoding="utf-8")
    assert not told(read), f"it is refused: {told(read)}"
    assert read().labels[0] == "very-good_ü", "a label ends at the first blank"
    assert read().texts[0] == "The prefix is __label__ in this format", "only what begins the line"


@pytest.mark.parametrize(
    "bad", ["no label at all", "__label__positive __label__negative both", "__label__ empty"]
)
def test_a_line_that_does_not_have_one_label_is_refused_by_its_row(bad: str) -> None:
    written = lines()
    written[6] = bad
    Path(NAME).write_text("\n".join(written), encoding="utf-8")
    said = told(read)
    assert "row 7" in said, f"row 7 is {bad!r}. A UserError that names it is wanted; said: {said!r}"


def test_it_may_be_packed_as_other_text_files() -> None:
    Path(f"{NAME}.gz").write_bytes(gzip.compress("\n".join(lines()).encode()))
    said = told(lambda: read(f"{NAME}.gz"))
    assert not said, f"a .gz file of it cannot be read: {said}"
