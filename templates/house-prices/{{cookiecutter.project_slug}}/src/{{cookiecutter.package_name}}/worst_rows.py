"""The held-out rows with the largest errors, and what kind of rows they are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .data import TableData
from .slices import Rows, overrepresented

Array = npt.NDArray[np.float64]

WORST = 10  # rows in the table of the largest errors
# What describes a house best; of another table, the columns that explain most of the target.
MAIN = ("GrLivArea", "OverallQual", "OverallCond", "YearBuilt", "Neighborhood", "SaleCondition")
FEW = 4  # columns of another table


def worst_rows(
    test: TableData,
    prediction: Array,
    lower: Array,
    upper: Array,
    strongest: tuple[str, ...],
) -> list[dict[str, Any]]:
    """The rows with the largest errors, the largest first: as a share where prices are positive.

    prediction, lower, upper: (n,), in the target's unit. strongest: columns in the order of how
    much of the target each explains.
    """
    target = np.asarray(test.target, dtype=np.float64)
    share = _positive(target, prediction)
    errors = prediction / target - 1.0 if share else prediction - target
    columns = _main_columns(test, strongest)
    return [
        {
            "line": int(test.lines[row]),
            "target": float(target[row]),
            "prediction": float(prediction[row]),
            "lower": float(lower[row]),
            "upper": float(upper[row]),
            "relative_error" if share else "error": float(errors[row]),
            "columns": {name: _plain(test.frame[name].iloc[row]) for name in columns},
        }
        for row in _order(target, prediction)[:WORST]
    ]


def in_common(test: TableData, prediction: Array) -> list[dict[str, Any]]:
    """Levels of categories that are commoner among the largest errors than chance makes them."""
    worst = _order(np.asarray(test.target, dtype=np.float64), prediction)[:WORST]
    levels = {
        name: test.frame[name].astype(object).where(test.frame[name].notna(), None).to_numpy()
        for name in test.schema.categories
    }
    return overrepresented(levels, worst)


def _order(target: Array, prediction: Array) -> Rows:
    if _positive(target, prediction):
        return np.argsort(-np.abs(np.log(prediction / target)), kind="stable")
    return np.argsort(-np.abs(prediction - target), kind="stable")


def _positive(target: Array, prediction: Array) -> bool:
    return bool((target > 0).all() and (prediction > 0).all())


def _main_columns(test: TableData, strongest: tuple[str, ...]) -> tuple[str, ...]:
    known = tuple(name for name in MAIN if name in test.schema.names)
    return known if len(known) > 2 else strongest[:FEW]


def _plain(value: Any) -> str | int | float | None:
    """A cell as JSON holds it: a whole number without a decimal point, None for no value."""
    if value is None or isinstance(value, str):
        return value
    number = float(value)
    if math.isnan(number):
        return None
    return int(number) if number.is_integer() else number
