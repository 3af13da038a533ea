"""Which columns moved one prediction, and by how much, in the target's unit.

Shapley values over the columns, estimated by permutation sampling (Strumbelj and Kononenko 2014)
with each permutation walked in both directions (Mitchell et al. 2022). The container has no shap:
it would bring scikit-learn, pandas and a compiler of its own; the tests hold the two together.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from .predictor import Predictor

Array = npt.NDArray[np.float64]

PERMUTATIONS = 2  # each in both directions, for each background row


class Contribution(msgspec.Struct, frozen=True):
    """What one column's value adds to the prediction, in the target's unit."""

    column: str
    value: Any
    contribution: float


def shapley_values(predictor: Predictor, encoded: Array, seed: int = 0) -> tuple[float, Array]:
    """Base value, and one Shapley value per column, shape (k,), of an encoded row, shape (k,).

    The base value is the mean prediction of the background rows. Along a permutation the columns
    change, one by one, from the background's values to the row's; what a column's change adds is
    its share. Each walk's shares add up to the whole difference, so base + sum is the prediction.
    """
    background, width = predictor.background, len(encoded)
    random = np.random.default_rng(seed)
    orders = []
    for _ in range(PERMUTATIONS * len(background)):
        order = random.permutation(width)
        orders += [order, order[::-1]]
    starts = np.repeat(background, 2 * PERMUTATIONS, axis=0)
    # Step s of walk w: the first s columns of its order are the row's, the others the background's.
    rank = np.argsort(np.array(orders), axis=1)
    taken = rank[:, None, :] < np.arange(width + 1)[None, :, None]
    rows = np.where(taken, encoded, starts[:, None, :])
    prices = predictor.prices(rows.reshape(-1, width)).reshape(len(orders), width + 1)
    steps = np.diff(prices, axis=1)
    shares = np.take_along_axis(steps, rank, axis=1).mean(axis=0)
    return float(prices[:, 0].mean()), shares


def explain(
    predictor: Predictor, values: tuple[Any, ...], encoded: list[float]
) -> tuple[float, list[Contribution]]:
    """Base value, and every column's contribution, largest first.

    values: the row as it was sent, in the schema's column order.
    """
    base, shares = shapley_values(predictor, np.array(encoded))
    found = [
        Contribution(name, None if _is_nan(value) else value, float(share))
        for name, value, share in zip(predictor.schema.names, values, shares, strict=True)
    ]
    return base, sorted(found, key=lambda each: -abs(each.contribution))


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
