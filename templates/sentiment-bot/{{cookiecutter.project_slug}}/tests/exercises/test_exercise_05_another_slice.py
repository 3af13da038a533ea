"""Exercise 5: a slice of one's own, texts that are written in capitals."""

import numpy as np

from {{ cookiecutter.package_name }}.slices import Slice
from {{ cookiecutter.package_name }}.text_slices import Measured, slices

NAME = "Capitals"
VALUES = {"shouted", "not shouted"}
SHOUTED = ("WHAT A NIGHT", "THIS IS bad", "НЕТ И НЕТ!!!", "I AM SO HAPPY :)")
OTHERS = ("what a night", "Anna and Ben", "I", "OK", "12:30 :)", "", "ÄÖ is short")


def sliced(texts: tuple[str, ...]) -> dict[str, Slice]:
    """The slices that are called Capitals, by their value."""
    return {part.value: part for part in slices(Measured.of(texts, texts)) if part.name == NAME}


def test_texts_are_parted_by_whether_they_shout() -> None:
    texts = (*SHOUTED, *OTHERS)
    found = sliced(texts)
    assert set(found) == VALUES, (
        f"the slices called {NAME!r} are {sorted(found)}, and {sorted(VALUES)} are wanted. Add a "
        "function to text_slices.py, and list it in WAYS."
    )
    for value, first, last in (
        ("shouted", 0, len(SHOUTED)),
        ("not shouted", len(SHOUTED), len(texts)),
    ):
        wrong = set(found[value].rows) ^ set(range(first, last))
        assert not wrong, (
            f"in the wrong part: {[texts[row] for row in sorted(wrong)]}. A text shouts if it has "
            "two words or more, and at least half of its letters are capitals; OK alone does not."
        )


def test_every_text_is_in_one_of_the_two() -> None:
    texts = (*OTHERS, *SHOUTED, *OTHERS)
    found = sliced(texts)
    rows = [row for part in found.values() for row in part.rows]
    assert sorted(rows) == list(range(len(texts))), "a text is in no part, or in both"
    assert all(part.rows.dtype == np.int64 for part in found.values()), "rows are numbers of rows"


def test_the_other_slices_are_still_there() -> None:
    texts = tuple(f"{'not ' * (row % 3)}good {'word ' * (row % 7)}" for row in range(60))
    names = {part.name for part in slices(Measured.of(texts, texts))}
    assert {"Length", "Negation", "Emoji or typed face"} <= names, f"only {sorted(names)} are left"
