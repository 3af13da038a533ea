"""Exercise 7: a slice of one's own, houses with and without a fireplace."""

from pathlib import Path

import numpy as np
import pytest
from conftest import small_params

from {{ cookiecutter.package_name }}.data import TableData, load_train
from {{ cookiecutter.package_name }}.house_slices import Measured, slices
from {{ cookiecutter.package_name }}.slices import Slice

COLUMN, NAME = "Fireplaces", "Fireplace"
VALUES = {"none", "one or more"}


@pytest.fixture
def rows(project: Path) -> TableData:
    return load_train(small_params())


def sliced(rows: TableData) -> dict[str, Slice]:
    """The slices that are called Fireplace, by their value."""
    measured = Measured.of(rows, np.asarray(rows.target, dtype=np.float64), rows)
    return {part.value: part for part in slices(measured) if part.name == NAME}


def test_the_rows_are_parted_by_whether_there_is_a_fireplace(rows: TableData) -> None:
    found = sliced(rows)
    assert set(found) == VALUES, (
        f"the slices called {NAME!r} are {sorted(found)}, and {sorted(VALUES)} are wanted. Add a "
        "function to house_slices.py, and list it in WAYS."
    )
    has = rows.frame[COLUMN].to_numpy(dtype=float) > 0
    for value, expected in (("one or more", has), ("none", ~has)):
        assert set(found[value].rows) == set(np.flatnonzero(expected)), f"{value}: other rows"


def test_the_other_slices_are_still_there(rows: TableData) -> None:
    measured = Measured.of(rows, np.asarray(rows.target, dtype=np.float64), rows)
    names = {part.name for part in slices(measured)}
    assert {"Neighborhood", "Age when sold"} <= names, f"only {sorted(names)} are left"


def test_a_table_without_the_column_has_no_such_slice(rows: TableData) -> None:
    columns = tuple(column for column in rows.schema.columns if column.name != COLUMN)
    without = TableData(
        frame=rows.frame.drop(columns=[COLUMN]),
        target=rows.target,
        lines=rows.lines,
        schema=rows.schema.model_copy(update={"columns": columns}),
        meta=rows.meta,
    )
    assert sliced(without) == {}, "a table of other columns has nothing to part by"
