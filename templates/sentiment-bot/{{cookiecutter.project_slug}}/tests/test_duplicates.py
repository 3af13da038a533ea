"""Which texts are the same to a reader, and which of those stand with two labels."""

import numpy as np
import pytest

from {{ cookiecutter.package_name }}.duplicates import (
    groups_of,
    row_hashes,
    same_text,
    text_hashes,
    with_two_labels,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Great film", "great film!!!"),
        ("so  good", "\u201cso good\u201d"),
        ("look http://a.example/1", "look http://b.example/2."),
        ("@anna thanks", "@ben thanks"),
        ("stra\u00dfe", "STRASSE"),
        ("caf\u00e9", "cafe\u0301"),
    ],
)
def test_texts_that_a_reader_takes_for_the_same_are_duplicates(one: str, other: str) -> None:
    assert same_text(one) == same_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("thanks :)", "thanks :("), ("!!!", "???"), ("it is good", "it is not good"), ("1", "2")],
)
def test_texts_that_differ_in_what_they_say_are_none(one: str, other: str) -> None:
    assert same_text(one) != same_text(other)


def test_texts_with_two_labels_are_found() -> None:
    texts = ["a", "b", "A!", "c", "b", "d"]
    groups = groups_of(text_hashes(texts))
    assert with_two_labels(groups, np.array([0, 1, 1, 0, 1, 0])).tolist() == [0, 2]


def test_the_hash_of_a_row_tells_labels_apart() -> None:
    hashes = text_hashes(["a", "A", "a", "b"])
    named = row_hashes(hashes, ["x", "x", "y", "x"])
    assert named[0] == named[1]
    assert len(set(named.tolist())) == 3
    assert len(row_hashes(text_hashes([]), [])) == 0
