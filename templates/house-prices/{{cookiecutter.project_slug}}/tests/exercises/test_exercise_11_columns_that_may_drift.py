"""Exercise 11: some columns are meant to change, such as the month; drift is to pass them over."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from {{ cookiecutter.package_name }} import drift, reference
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.prediction_log import Record
from {{ cookiecutter.package_name }}.reference import Reference
from {{ cookiecutter.package_name }}.sections import DriftParams

COLUMN = "YrSold"
QUICK = {"min_auc": 1.0}  # no classifier is as good, so none is asked why


def settings(**values: Any) -> DriftParams:
    with suppress(ValidationError):
        return DriftParams(**values)
    pytest.fail(
        "drift.ignore is not a setting yet. Add it to DriftParams in sections.py: a tuple of names,"
        " empty by default.",
        pytrace=False,
    )


@pytest.fixture(scope="session")
def trained(trained_folder: Path) -> Reference:
    return reference.read(trained_folder)


def records(trained: Reference, **changed: float) -> list[Record]:
    """The training rows once more, as if they had been asked for, with some columns changed."""
    frame = trained.sample.inputs().assign(**changed)
    frame = frame.astype(object).where(frame.notna(), None)
    price = trained.sample.frame[trained.sample.outputs[0]]
    return [
        Record(
            at=datetime(2026, 1, 1, tzinfo=UTC),
            request_id=f"request-{number}",
            version=trained.version,
            inputs=row,
            output={"prediction": float(value)},
        )
        for number, (row, value) in enumerate(zip(frame.to_dict("records"), price, strict=True))
    ]


def compared(trained: Reference, asked: list[Record], params: DriftParams) -> Any:
    logged, columns, domain = drift.compare(trained, asked, params, seed=0)
    drifted = [column.name for column in columns if column.drifted]
    return logged, drifted, [column.name for column in columns], domain


def test_the_column_drifts_as_long_as_it_is_watched(trained: Reference) -> None:
    asked = records(trained, YrSold=2031.0)
    _, drifted, names, _ = compared(trained, asked, settings(ignore=(), **QUICK))
    assert COLUMN in names
    assert drifted == [COLUMN]


def test_a_column_that_is_passed_over_raises_no_alarm(trained: Reference) -> None:
    asked = records(trained, YrSold=2031.0)
    logged, drifted, names, domain = compared(trained, asked, settings(ignore=(COLUMN,)))
    assert COLUMN not in names, f"{COLUMN} is still compared"
    assert drifted == [], f"these are said to have drifted: {drifted}"
    assert COLUMN not in domain.importance, "the classifier still sees it"
    assert not domain.drifted, "the classifier still tells the rows apart: it sees the column"
    assert COLUMN in logged.skipped, "the report is to say which columns were not compared, and why"


def test_the_other_columns_are_still_watched(trained: Reference) -> None:
    asked = records(trained, YrSold=2031.0, LotArea=1.0)
    _, drifted, _, _ = compared(trained, asked, settings(ignore=(COLUMN,), **QUICK))
    assert drifted == ["LotArea"], f"LotArea has moved; found: {drifted}"


def test_a_name_that_no_column_has_is_refused(trained: Reference) -> None:
    params, said = settings(ignore=("YearSold",)), ""
    try:
        compared(trained, records(trained), params)
    except UserError as error:
        said = str(error)
    assert "YearSold" in said, f"drift.ignore = YearSold: there is no such column. Said: {said!r}"
