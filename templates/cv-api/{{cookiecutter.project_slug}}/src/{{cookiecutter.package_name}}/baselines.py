"""The models to beat: the most frequent class, and a logistic regression on the bare pixels."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from .picture import Pixels

Baseline = Literal["majority", "logistic"]
BASELINES: tuple[Baseline, ...] = ("majority", "logistic")
# Pixels of a side that are looked at: a straight line through thousands of pixels learns noise.
SIDE = 16
PENALTY = 0.003  # scikit-learn's C: the smaller, the less a single pixel may say
MOST_ITERATIONS = 100


class Coarse(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Pixels of 8 bits, (n, size, size, 3), as rows of numbers: the means of small squares."""

    def fit(self, pixels: Pixels, labels: object = None) -> Coarse:
        """Nothing is learned."""
        return self

    def transform(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        """(n, side * side * 3), from 0 to 1; the side is that of the pictures, SIDE at most."""
        count, size = len(pixels), pixels.shape[1]
        edges = np.linspace(0, size, min(size, SIDE) + 1).round().astype(int)
        areas = np.diff(edges)
        # A batch at a time: all sums at once would take several times the pictures' memory.
        rows = [_means(some, edges, areas) for some in np.array_split(pixels, -(-count // 1000))]
        return np.concatenate(rows).reshape(count, -1)


def fit_baseline(
    name: Baseline,
    pixels: Pixels,
    labels: npt.NDArray[np.int64],
    *,
    balanced: bool,
    seed: int,
) -> Pipeline:
    """A pipeline from pixels, (n, size, size, 3), to class numbers.

    labels: shape (n,). balanced: whether rare classes count as much as frequent ones.
    """
    pipeline = _unfitted(name, "balanced" if balanced else None, seed)
    with warnings.catch_warnings():
        # After that many iterations the last digits change, and nothing that is compared.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return pipeline.fit(pixels, labels)


def _unfitted(name: Baseline, class_weight: str | None, seed: int) -> Pipeline:
    if name == "majority":
        return Pipeline([("model", DummyClassifier(strategy="most_frequent"))])
    model = LogisticRegression(
        C=PENALTY, class_weight=class_weight, max_iter=MOST_ITERATIONS, random_state=seed
    )
    return Pipeline([("pixels", Coarse()), ("scale", StandardScaler()), ("model", model)])


def _means(
    pixels: Pixels, edges: npt.NDArray[Any], areas: npt.NDArray[Any]
) -> npt.NDArray[np.float32]:
    sums = np.add.reduceat(pixels, edges[:-1], axis=1, dtype=np.float32)
    sums = np.add.reduceat(sums, edges[:-1], axis=2)
    found: npt.NDArray[np.float32] = sums / (areas[:, None] * areas)[..., None] / 255
    return found.astype(np.float32)
