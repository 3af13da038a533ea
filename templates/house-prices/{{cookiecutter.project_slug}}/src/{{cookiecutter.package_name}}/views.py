"""What each family of models sees of the filled and derived columns.

LinearView: bounded, unskewed, scaled columns and one indicator per frequent level.
TreeView: the columns as they are, and mean targets in place of arbitrary codes.
"""

# scikit-learn has no type information of its own.
# mypy: allow-subclassing-any

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import KFold
from sklearn.utils.validation import check_is_fitted

from .features import Array, Role, role
from .schema import TableSchema


class LinearView(TransformerMixin, BaseEstimator):
    """Filled array (n, p) to (n, q): amounts and ranks bounded, unskewed and standardised, then
    an indicator for each level that at least `min_count` training rows have. Where that leaves
    nothing, the commonest level has one.

    Bounding at the training quantiles `tail` and 1 - `tail` keeps one absurd size from moving a
    price without limit. log(1 + |x|) with x's sign is taken where it was skewed in training.

    amounts_ : positions of amounts and ranks.   low_, high_, log_, center_, scale_ : per amount.
    level_columns_, level_values_ : position and code of each indicator.
    """

    def __init__(
        self,
        schema: TableSchema,
        tail: float = 0.0,
        skew: float = 0.75,
        min_count: int = 5,
        indicator_scale: float = 0.6,
    ) -> None:
        self.schema = schema
        self.tail = tail
        self.skew = skew
        self.min_count = min_count
        self.indicator_scale = indicator_scale

    def fit(self, filled: Array, y: Any = None) -> Self:
        roles = column_roles(self.schema, filled.shape[1])
        self.amounts_ = np.array([i for i, r in enumerate(roles) if r != "code"], dtype=np.intp)
        amounts = filled[:, self.amounts_]
        self.low_, self.high_ = np.quantile(amounts, [self.tail, 1.0 - self.tail], axis=0)
        self.log_ = np.abs(_skewness(self._bounded(amounts))) > self.skew
        unskewed = self._unskewed(self._bounded(amounts))
        self.center_ = unskewed.mean(axis=0)
        spread = unskewed.std(axis=0)
        # A column that is constant, up to rounding, carries nothing: its scaled value is then 0.
        constant = spread <= 1e-9 * np.maximum(np.abs(self.center_), 1.0)
        self.scale_ = np.where(constant, 0.0, 1.0 / np.where(constant, 1.0, spread))
        levels = [
            (position, value)
            for position, r in enumerate(roles)
            if r == "code"
            for value in _frequent(filled[:, position], self.min_count)
        ]
        if not levels and not len(self.amounts_):
            levels = [_commonest(filled)]  # no model can be fitted to no column at all
        self.level_columns_ = np.array([position for position, _ in levels], dtype=np.intp)
        self.level_values_ = np.array([value for _, value in levels], dtype=np.float64)
        return self

    def transform(self, filled: Array) -> Array:
        check_is_fitted(self)
        amounts = self._unskewed(self._bounded(filled[:, self.amounts_]))
        indicators = filled[:, self.level_columns_] == self.level_values_
        return np.hstack(
            [(amounts - self.center_) * self.scale_, indicators * self.indicator_scale]
        )

    def _bounded(self, amounts: Array) -> Array:
        return np.clip(amounts, self.low_, self.high_)

    def _unskewed(self, amounts: Array) -> Array:
        return np.where(self.log_, np.sign(amounts) * np.log1p(np.abs(amounts)), amounts)


class TreeView(TransformerMixin, BaseEstimator):
    """Filled array (n, p) to (n, p): codes of categories become the mean target of their level.

    A mean is shrunk towards the overall mean as if `smoothing` more rows had that (Micci-Barreca
    2001). In `fit_transform` each row's means come from the other folds, so that a rare level
    does not tell the trees its own target.

    coded_ : positions of the codes.   tables_ : per code column, target means by code + 1, so that
    [0] is for unknown, [1] for missing.
    """

    def __init__(
        self, schema: TableSchema, smoothing: float = 5.0, folds: int = 5, seed: int = 0
    ) -> None:
        self.schema = schema
        self.smoothing = smoothing
        self.folds = folds
        self.seed = seed

    def fit(self, filled: Array, y: Array) -> Self:
        kinds = [column.kind for column in self.schema.columns]
        roles = column_roles(self.schema, filled.shape[1])
        self.coded_ = np.array(
            [i for i, kind in enumerate(kinds) if kind == "category" and roles[i] == "code"],
            dtype=np.intp,
        )
        self.tables_ = [
            _level_means(filled[:, position], np.asarray(y), self.smoothing, size)
            for position, size in zip(self.coded_, self._sizes(filled), strict=True)
        ]
        return self

    def transform(self, filled: Array) -> Array:
        check_is_fitted(self)
        out = filled.copy()
        for position, table in zip(self.coded_, self.tables_, strict=True):
            out[:, position] = _look_up(table, filled[:, position])
        return out

    def fit_transform(self, filled: Array, y: Array) -> Array:
        self.fit(filled, y)
        out = filled.copy()
        target = np.asarray(y)
        parts = KFold(min(self.folds, len(filled)), shuffle=True, random_state=self.seed)
        for others, rows in parts.split(filled):
            for position, size in zip(self.coded_, self._sizes(filled), strict=True):
                column = filled[:, position]
                table = _level_means(column[others], target[others], self.smoothing, size)
                out[rows, position] = _look_up(table, column[rows])
        return out

    def _sizes(self, filled: Array) -> list[int]:
        return [int(filled[:, position].max()) + 2 for position in self.coded_]


def column_roles(schema: TableSchema, width: int) -> list[Role]:
    """The role of each of `DerivedFeatures`' columns: what it appends are amounts."""
    roles = [role(column) for column in schema.columns]
    return roles + ["number"] * (width - len(roles))


def _frequent(codes: Array, min_count: int) -> Array:
    values, counts = np.unique(codes, return_counts=True)
    kept: Array = values[counts >= min_count]
    return kept if len(values) > 1 else kept[:0]


def _commonest(codes: Array) -> tuple[int, float]:
    """Position and code of the level that most rows have; codes: (n, p), of levels alone."""
    found: list[tuple[int, int, float]] = []
    for position in range(codes.shape[1]):
        values, counts = np.unique(codes[:, position], return_counts=True)
        found.append((int(counts.max()), position, float(values[counts.argmax()])))
    _, position, value = max(found, key=lambda each: each[0])
    return position, value


def _level_means(codes: Array, target: Array, smoothing: float, size: int) -> Array:
    """Smoothed mean target by code + 1, shape (size,); levels without a row get the mean."""
    positions = codes.astype(np.intp) + 1
    counts = np.bincount(positions, minlength=size)
    sums = np.bincount(positions, weights=target, minlength=size)
    mean = float(target.mean())
    means: Array = (sums + smoothing * mean) / (counts + smoothing)
    return means


def _look_up(table: Array, codes: Array) -> Array:
    """The table's value for each code; a code beyond the table counts as unknown (-1)."""
    positions = codes.astype(np.intp) + 1
    found: Array = table[np.where(positions < len(table), positions, 0)]
    return found


def _skewness(values: Array) -> Array:
    centered = values - values.mean(axis=0)
    spread = centered.std(axis=0)
    cubes = (centered**3).mean(axis=0)
    skewness: Array = np.divide(cubes, spread**3, out=np.zeros_like(cubes), where=spread > 1e-12)
    return skewness
