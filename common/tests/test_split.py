"""Which row goes where: shares, classes, duplicates, official parts, rows that come later."""

from hashlib import blake2b
from typing import Any

import numpy as np
import pytest

from {{ cookiecutter.package_name }}.config import DataParams
from {{ cookiecutter.package_name }}.split import (
    OUT,
    TEST,
    TRAIN,
    VALIDATION,
    Codes,
    Part,
    split,
    uniform,
)


def named(count: int, name: str = "row") -> list[str]:
    """Rows that differ from one another; they stand for texts or pictures."""
    return [f"{name} number {i}" for i in range(count)]


def parted(
    rows: list[str],
    labels: Any = None,
    given: Any = None,
    official: tuple[Part, ...] = (),
    added: int = 0,
    **values: Any,
) -> Codes:
    """The parts of rows, of which equal ones are duplicates."""
    labels = np.zeros(len(rows), dtype=np.int64) if labels is None else np.asarray(labels)
    given = np.full(len(rows), TRAIN) if given is None else np.asarray(given)
    digests = (blake2b(row.encode(), digest_size=8).digest() for row in rows)
    hashes = np.frombuffer(b"".join(digests), dtype=np.uint64)
    groups = np.unique(hashes, return_inverse=True)[1]
    settings = DataParams(**values)
    parts = given.astype(np.int8)
    return split(parts, official, groups, hashes, labels, settings, added).parts


def test_the_shares_are_those_of_the_settings_in_each_class() -> None:
    labels = np.repeat([0, 1, 2], [100, 300, 600])
    parts = parted(named(1000), labels, test_size=0.2, validation_size=0.1)
    for label, count in enumerate((100, 300, 600)):
        found = np.bincount(parts[labels == label], minlength=3)
        assert found.tolist() == [round(0.72 * count), round(0.08 * count), round(0.2 * count)]


def test_a_class_of_five_is_in_every_part() -> None:
    labels = np.repeat([0, 1], [95, 5])
    parts = parted(named(100), labels)
    assert set(parts[labels == 1]) == {TRAIN, VALIDATION, TEST}


def test_the_same_seed_draws_the_same_and_another_seed_another() -> None:
    rows = named(200)
    assert (parted(rows, seed=1) == parted(rows, seed=1)).all()
    assert (parted(rows, seed=1) != parted(rows, seed=2)).any()


def test_duplicates_lie_in_one_part() -> None:
    parts = parted(named(100) + named(100))
    assert (parts[:100] == parts[100:]).all()
    assert set(parts) == {TRAIN, VALIDATION, TEST}


def test_parts_of_the_source_are_kept_and_only_the_others_drawn() -> None:
    given = np.repeat([TRAIN, TEST], [100, 50])
    parts = parted(named(150), given=given, official=("test",), test_size=0.5)
    assert (parts[100:] == TEST).all()
    assert np.bincount(parts[:100], minlength=3).tolist() == [90, 10, 0]


def test_a_row_of_two_parts_is_taken_out_of_the_later_one() -> None:
    rows = ["in all three", "a", "in all three", "in two", "b", "in two", "in all three", "c"]
    given = np.array([TRAIN, TRAIN, *[VALIDATION] * 3, *[TEST] * 3])
    parts = parted(rows, given=given, official=("validation", "test"))
    given[[2, 5, 6]] = OUT
    assert given.tolist() == parts.tolist()


def test_rows_that_come_later_move_no_other_and_are_drawn_by_themselves() -> None:
    base, more = named(200), named(400, "later")
    before = parted(base)
    after = parted(base + more, added=400)
    assert (after[:200] == before).all()
    assert 0.1 < (after[200:] == TEST).mean() < 0.3
    fewer = parted(base + more[:50], added=50)
    assert (fewer == after[:250]).all()
    shuffled = parted(base + more[::-1], added=400)
    assert (shuffled[200:][::-1] == after[200:]).all()


def test_a_later_row_goes_where_the_row_lies_that_it_repeats() -> None:
    base = named(100)
    parts = parted(base + base, added=100)
    assert (parts[:100] == parts[100:]).all()


def test_later_rows_are_not_held_out_where_the_source_has_a_test_part() -> None:
    given = np.repeat([TRAIN, TEST, TRAIN], [60, 40, 100])
    rows = named(200)
    parts = parted(rows, given=given, official=("test", "validation"), added=100)
    assert (parts[100:] == TRAIN).all()


@pytest.mark.parametrize("most", [50, 70])
def test_at_most_so_many_rows_of_a_part(most: int) -> None:
    rows = named(1000)
    all_parts, parts = parted(rows), parted(rows, max_rows=most)
    counts = np.bincount(parts[parts != OUT], minlength=3)
    assert counts.tolist() == [min(most, n) for n in np.bincount(all_parts, minlength=3)]
    assert (all_parts == parts)[parts != OUT].all()


def test_without_a_share_nothing_is_held_out() -> None:
    assert TEST not in parted(named(100), test_size=0)


def test_uniform_numbers_are_uniform_and_differ_by_seed() -> None:
    hashes = np.arange(100_000, dtype=np.uint64)
    numbers = uniform(hashes, 42)
    assert 0 <= numbers.min() < numbers.max() < 1
    assert np.histogram(numbers, bins=10, range=(0, 1))[0].min() > 9_600
    assert abs(np.corrcoef(numbers, uniform(hashes, 43))[0, 1]) < 0.02
