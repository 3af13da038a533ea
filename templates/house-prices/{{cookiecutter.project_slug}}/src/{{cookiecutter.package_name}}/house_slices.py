"""Which parts of the held-out rows the model is measured on by themselves.

Each function gives one way of parting the rows, or nothing where the table has no such column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from .data import TableData
from .eda_figures import Units
from .eda_statistics import strengths
from .schema import TableSchema
from .slices import LEAST, Slice, bands

Array = npt.NDArray[np.float64]

MOST = 12  # levels of one category, the most frequent first
THIRDS = ("lowest third", "middle third", "highest third")
NEIGHBOURHOOD, QUALITY = "Neighborhood", "OverallQual"
BUILT, SOLD = "YearBuilt", "YrSold"


@dataclass(frozen=True)
class Measured:
    """The rows that are sliced."""

    frame: pd.DataFrame
    """(n, k) as the model reads it."""
    prediction: Array
    """(n,) in the target's unit."""
    schema: TableSchema
    units: Units
    strongest: tuple[str, ...]
    """The columns' names, the one that explains most of the target by itself first."""

    @classmethod
    def of(cls, rows: TableData, prediction: Array, train: TableData) -> Measured:
        """The strength of a column is measured on the training rows."""
        names = tuple(map(str, strengths(train).index))
        return cls(rows.frame, prediction, rows.schema, Units.of(rows), names)


def slices(rows: Measured) -> list[Slice]:
    """Every slice of the rows, one way of parting them after the other."""
    return [part for way in WAYS for part in way(rows)]


def by_price(rows: Measured) -> list[Slice]:
    """Thirds by predicted price: is the model as good for cheap houses as for dear ones?

    By the true price the outer thirds would look worse for any model: a surprise is what makes a
    price extreme.
    """
    return _thirds(f"Predicted {rows.schema.target}", rows.prediction, rows.units.amount)


def by_neighbourhood(rows: Measured) -> list[Slice]:
    """The neighbourhoods with enough sales: is the model worse where it has seen few houses?"""
    return _levels(rows, NEIGHBOURHOOD) if NEIGHBOURHOOD in rows.schema.categories else []


def by_age(rows: Measured) -> list[Slice]:
    """Years from building to sale: a new house is priced from a plan, an old one by its repair."""
    if BUILT not in rows.schema.numbers or SOLD not in rows.schema.names:
        return []
    age = _numbers(rows, SOLD) - _numbers(rows, BUILT)
    limits = ((-np.inf, 5, "under 5 years"), (5, 30, "5 to 29"), (30, 60, "30 to 59"))
    parts = [(low, high, text) for low, high, text in (*limits, (60, np.inf, "60 and older"))]
    return [
        Slice("Age when sold", text, np.flatnonzero((age >= low) & (age < high)))
        for low, high, text in parts
    ]


def by_quality(rows: Measured) -> list[Slice]:
    """The overall grade: houses of the lowest and of the highest are few, and priced apart."""
    if QUALITY not in rows.schema.numbers:
        return []
    grade = _numbers(rows, QUALITY)
    parts = ((1, 4, "1 to 4"), (5, 5, "5"), (6, 6, "6"), (7, 7, "7"), (8, 10, "8 to 10"))
    return [
        Slice("Overall quality", text, np.flatnonzero((grade >= low) & (grade <= high)))
        for low, high, text in parts
    ]


def by_strongest_category(rows: Measured) -> list[Slice]:
    """The category that explains most of the target, in a table without neighbourhoods."""
    if NEIGHBOURHOOD in rows.schema.categories:
        return []
    found = [name for name in rows.strongest if name in rows.schema.categories]
    return _levels(rows, found[0]) if found else []


def by_strongest_number(rows: Measured) -> list[Slice]:
    """The number that explains most of the target, in a table without an overall grade."""
    if QUALITY in rows.schema.numbers:
        return []
    found = [name for name in rows.strongest if name in rows.schema.numbers]
    if not found:
        return []
    return _thirds(found[0], _numbers(rows, found[0]), lambda value: f"{value:,.4g}")


WAYS: tuple[Callable[[Measured], list[Slice]], ...] = (
    by_price,
    by_neighbourhood,
    by_age,
    by_quality,
    by_strongest_category,
    by_strongest_number,
)


def _thirds(name: str, values: Array, text: Callable[[float], str]) -> list[Slice]:
    parts = bands(values, len(THIRDS))
    if len(parts) < 2:
        return []
    # Where many values are equal there may be two bands only.
    words = THIRDS if len(parts) == len(THIRDS) else ("lower part", "upper part")
    return [
        Slice(name, f"{word}, {text(values[rows].min())} to {text(values[rows].max())}", rows)
        for word, rows in zip(words, parts, strict=True)
    ]


def _levels(rows: Measured, name: str) -> list[Slice]:
    """The levels with enough rows, the most frequent first, and all the others together."""
    values = rows.frame[name].to_numpy(dtype=object)
    counts = rows.frame[name].value_counts()
    named = sorted(counts.index[counts >= LEAST], key=lambda level: (-counts[level], level))[:MOST]
    parts = [Slice(name, str(level), np.flatnonzero(values == level)) for level in named]
    others = np.flatnonzero(~np.isin(values.astype(str), [str(level) for level in named]))
    return [*parts, Slice(name, "all others", others)] if parts else []


def _numbers(rows: Measured, name: str) -> Array:
    return pd.to_numeric(rows.frame[name], errors="coerce").to_numpy(dtype=np.float64)
