"""What the web page knows by asking the model: which columns matter, and examples to start from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..schema import Column
from .predictor import Predictor
from .requests import example, shortened

Array = npt.NDArray[np.float64]
Row = dict[str, float | str | None]


def importance(predictor: Predictor) -> list[str]:
    """The columns by how far each, alone, moves the prediction of a typical row; most first."""
    start = _encoded(predictor, example(predictor.schema))
    found = []
    for values in predictor.background:
        changed = np.tile(start, (len(start), 1))
        np.fill_diagonal(changed, values)
        found.append(predictor.prices(changed))
    moved = np.ptp(np.array(found), axis=0)
    order = np.argsort(-moved, kind="stable")
    return [predictor.schema.names[i] for i in order]


def examples(predictor: Predictor) -> dict[str, Row]:
    """A typical row, and one from each end of the predictions, as "low", "typical" and "high".

    Those of the ends have, in each column, the middle of the values of several training rows: they
    are like rows of the data, and nobody's row. An end's example is left out if the model does not
    take it for what its name says.
    """
    # Sorted, see export.py: the lowest predictions come first.
    background = predictor.background
    quarter = max(1, len(background) // 4)
    middle = example(predictor.schema)
    low, high = (
        _middle_of(predictor, rows) for rows in (background[:quarter], background[-quarter:])
    )
    low_price, price, high_price = predictor.prices(
        np.array([_encoded(predictor, row) for row in (low, middle, high)])
    )
    rows = {"low": low} if low_price < price else {}
    rows["typical"] = middle
    if high_price > price:
        rows["high"] = high
    return rows


def _middle_of(predictor: Predictor, rows: Array) -> Row:
    """In each column: the median if it is a number, the most frequent level if a category."""
    middle = [
        _median(values) if column.kind == "number" else _most_frequent(values)
        for column, values in zip(predictor.schema.columns, rows.T, strict=True)
    ]
    columns = zip(predictor.schema.columns, predictor.decode(middle), strict=True)
    return {column.name: _readable(column, value) for column, value in columns}


def _median(values: Array) -> float:
    """A middle value that is one of the values: half a car, or a code between two, is none."""
    return float(np.sort(values)[(len(values) - 1) // 2])


def _most_frequent(values: Array) -> float:
    levels, counts = np.unique(values, return_counts=True)
    return float(levels[np.argmax(counts)])


def _readable(column: Column, value: float | str | None) -> float | str | None:
    if not isinstance(value, float):
        return value
    return int(value) if column.integer else shortened(column, value)


def _encoded(predictor: Predictor, row: Row) -> Array:
    return np.array(predictor.encode(row[name] for name in predictor.schema.names))
