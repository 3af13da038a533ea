"""From a table to numbers: encode each column, fill what is missing, derive new columns.

Two scikit-learn transformers, fitted on training rows only and stored with the model:

    DataFrame --TableEncoder--> (n, k), one column each, NaN where missing
              --DerivedFeatures--> (n, k + d), no NaN

`views.py` then shapes these for linear models and for trees.
"""

# scikit-learn has no type information of its own.
# mypy: allow-subclassing-any

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from . import ames
from .ames import Derived
from .schema import Column, TableSchema

Array = npt.NDArray[np.float64]
Role = Literal["number", "rank", "code"]

UNKNOWN = -1.0  # code of a level that training has not seen
ABSENT = 0.0  # code of a missing category


def role(column: Column) -> Role:
    """How a column is to be used: as an amount, as a rank on a scale, or as a mere name."""
    if column.kind == "number":
        return "code" if column.name in ames.CODES else "number"
    return "rank" if _scale(column) and column.name not in ames.NAMES else "code"


class TableEncoder(TransformerMixin, BaseEstimator):
    """Canonical table to an array of shape (n, k), one column per schema column, in its order.

    Numbers stay as they are, NaN where missing. A category becomes 0 where missing, 1..m for the
    levels seen in `fit` (most frequent first; on an ordinal scale of `ames.py`, from worst to
    best), -1 for any other.

    columns_ : names, length k.   vocabularies_ : {column: {level: code}} of the categories.
    """

    def __init__(self, schema: TableSchema) -> None:
        self.schema = schema

    def fit(self, frame: pd.DataFrame, y: Any = None) -> Self:
        self.columns_ = list(self.schema.names)
        self.vocabularies_ = {
            column.name: _vocabulary(column, frame[column.name])
            for column in self.schema.columns
            if column.kind == "category"
        }
        return self

    def transform(self, frame: pd.DataFrame) -> Array:
        check_is_fitted(self)
        encoded = np.empty((len(frame), len(self.columns_)), dtype=np.float64)
        for position, name in enumerate(self.columns_):
            vocabulary = self.vocabularies_.get(name)
            if vocabulary is None:
                encoded[:, position] = frame[name].to_numpy(dtype=np.float64)
            else:
                encoded[:, position] = [
                    ABSENT if pd.isna(level) else vocabulary.get(level, UNKNOWN)
                    for level in frame[name]
                ]
        return encoded

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        return np.asarray(self.columns_, dtype=object)


class DerivedFeatures(TransformerMixin, BaseEstimator):
    """Encoded array (n, k) to (n, k + d): fills what is missing, then appends derived columns.

    1. `lowest_`, shape (k,): a value that is NaN or below it is missing, and becomes `fill_`: 0
       where `ames.py` says that missing means none of it, else the training median. A level that
       training has not seen counts as missing on a scale.
    2. `bound_`, shape (k,): the sizes of an unfinished house (see `ames.py`) go no higher.
       `unfinished_`: positions of its area and its sale condition; None where there are none.
    3. Appended: "NAME missing" (0 or 1) per position in `missing_`, the columns in which training
       missed an amount; "Unfinished" (0 or 1); the `derived_` lines of `ames.DERIVED`.

    names_ : names of all k + d columns.

    derived: False leaves out the lines of `ames.DERIVED`, to measure what they are worth.
    """

    def __init__(self, schema: TableSchema, derived: bool = True) -> None:
        self.schema = schema
        self.derived = derived

    def fit(self, encoded: Array, y: Any = None) -> Self:
        columns = self.schema.columns
        names = list(self.schema.names)
        self.lowest_ = np.array([_lowest(column) for column in columns])
        present = encoded >= self.lowest_
        medians = np.array([_median(encoded[present[:, i], i]) for i in range(len(columns))])
        none_of_it = np.array([name in ames.NONE_OF_IT for name in names], dtype=bool)
        self.fill_ = np.where(none_of_it, 0.0, medians)
        self.unfinished_ = _unfinished_positions(self.schema)
        sizes = np.array([name in ames.UNFINISHED_SIZES for name in names], dtype=bool)
        self.bound_ = np.where(sizes, medians, np.inf)
        self.missing_ = np.flatnonzero(~present.all(axis=0) & ~none_of_it)
        flags = [f"{names[position]} missing" for position in self.missing_]
        if self.unfinished_ is not None:
            flags.append("Unfinished")
        self.derived_ = applicable(amounts_of(self.schema)) if self.derived else ()
        self.names_ = [*names, *flags, *(line.name for line in self.derived_)]
        return self

    def transform(self, encoded: Array) -> Array:
        check_is_fitted(self)
        present = encoded >= self.lowest_  # False for NaN
        filled = np.where(present, encoded, self.fill_)
        blocks = [filled, ~present[:, self.missing_]]
        if self.unfinished_ is not None:
            area, sale = self.unfinished_
            unfinished = (filled[:, [area]] > ames.UNFINISHED_ABOVE) & (
                filled[:, [sale]] == ames.PARTIAL
            )
            blocks[0] = np.where(unfinished, np.minimum(filled, self.bound_), filled)
            blocks.append(unfinished)
        known = np.hstack(blocks)
        out = np.empty((len(encoded), len(self.names_)), dtype=np.float64)
        out[:, : known.shape[1]] = known
        position = {name: index for index, name in enumerate(self.names_)}
        for index, line in enumerate(self.derived_, known.shape[1]):
            out[:, index] = _derive(line, out[:, [position[name] for name in line.columns]])
        return out

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        return np.asarray(self.names_, dtype=object)


def amounts_of(schema: TableSchema) -> list[str]:
    """The columns that new ones can be derived from: numbers, and ranks on a scale."""
    return [c.name for c in schema.columns if c.kind == "number" or role(c) == "rank"]


def applicable(amounts: list[str]) -> tuple[Derived, ...]:
    """The lines of `ames.DERIVED` whose columns are all amounts or ranks of this table."""
    known = set(amounts)
    lines = []
    for line in ames.DERIVED:
        if line.name not in known and known.issuperset(line.columns):
            known.add(line.name)
            lines.append(line)
    return tuple(lines)


def _derive(line: Derived, values: Array) -> Array:
    """One derived column, shape (n,), from the columns it names, shape (n, len(columns))."""
    first: Array = values[:, 0]
    match line.operation:
        case "sum":
            weights = np.array(line.weights or (1.0,) * values.shape[1])
            return np.asarray(values @ weights)
        case "excess":
            return np.maximum(first - line.value, 0.0)
        case "above":
            return (first > line.value).astype(np.float64)
        case "product":
            return first * values[:, 1]


def _lowest(column: Column) -> float:
    """The least encoded value that is not to be read as missing."""
    if role(column) != "rank":
        return -np.inf  # of a code, missing and unknown are levels of their own
    return 0.0 if column.name in ames.NONE_OF_IT_SCALES else 1.0


def _median(values: Array) -> float:
    return float(np.median(values)) if values.size else 0.0


def _unfinished_positions(schema: TableSchema) -> tuple[int, int] | None:
    """Where the area and the sale condition stand, if the table has both in Ames' form."""
    names = schema.names
    if ames.UNFINISHED_AREA not in names or ames.UNFINISHED_SALE not in names:
        return None
    area, sale = names.index(ames.UNFINISHED_AREA), names.index(ames.UNFINISHED_SALE)
    if schema.columns[area].kind != "number" or not _scale(schema.columns[sale]):
        return None
    return area, sale


def _vocabulary(column: Column, values: pd.Series[Any]) -> dict[str, int]:
    levels = _scale(column)
    if not levels:
        counts = Counter(level for level in values if not pd.isna(level))
        levels = tuple(sorted(counts, key=lambda level: (-counts[level], level)))
    return {level: code for code, level in enumerate(levels, start=1)}


def _scale(column: Column) -> tuple[str, ...]:
    """The column's scale; empty if it has none, or if its levels are not those of the scale."""
    if column.kind != "category":
        return ()
    scale = ames.SCALES.get(column.name, ())
    return scale if set(column.categories) <= set(scale) else ()
