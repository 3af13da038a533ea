"""How good predicted classes are, and how sure the difference of two models is.

Classes are numbers from 0. Everything is counted from confusion matrices, so that a metric of many
bootstrap resamples at once is the same code as that of one set of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Classes = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]


def confusion(target: Classes, predicted: Classes, classes: int) -> Counts:
    """Rows of each true class by predicted class: shape (..., classes, classes), true class first.

    target, predicted: shape (..., n). What stands before n, such as resamples, is kept.
    """
    cells = target * classes + predicted
    before = cells.shape[:-1]
    sets = int(np.prod(before))
    offset = np.arange(sets).reshape(*before, 1) * classes**2
    counts = np.bincount((cells + offset).ravel(), minlength=sets * classes**2)
    return counts.reshape(*before, classes, classes)


def accuracy(target: Classes, predicted: Classes) -> float:
    """Share of rows, shape (n,), of which the class is right."""
    return float((target == predicted).mean())


def macro_f1(target: Classes, predicted: Classes, classes: int) -> float:
    """The mean of the classes' F1; rare classes count as much as frequent ones.

    target, predicted: shape (n,). A class that is neither true nor predicted anywhere has no F1 and
    is left out of the mean, as scikit-learn's `f1_score` does it.
    """
    return float(macro_f1_of(confusion(target, predicted, classes)))


def accuracy_of(counts: Counts) -> Array:
    """The accuracy of each confusion matrix: (..., k, k) -> (...)."""
    right = np.trace(counts, axis1=-2, axis2=-1)
    found: Array = right / counts.sum(axis=(-2, -1))
    return found


def macro_f1_of(counts: Counts) -> Array:
    """The macro-F1 of each confusion matrix: (..., k, k) -> (...)."""
    found: Array = np.nanmean(f1_of(counts), axis=-1)
    return found


def f1_of(counts: Counts) -> Array:
    """The F1 of each class: (..., k, k) -> (..., k); NaN for a class that occurs nowhere."""
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    return _share(2 * right, counts.sum(axis=-1) + counts.sum(axis=-2))


def precision_of(counts: Counts) -> Array:
    """Of the rows predicted to be of a class, the share that is: (..., k, k) -> (..., k).

    NaN for a class that is never predicted.
    """
    return _share(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-2))


def recall_of(counts: Counts) -> Array:
    """Of the rows of a class, the share that is found: (..., k, k) -> (..., k).

    NaN for a class without rows.
    """
    return _share(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1))


def per_class(counts: Counts, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """A line per class, as reports/metrics.json holds it: precision, recall, F1 and true rows.

    counts: one confusion matrix, (k, k). A figure that does not exist is None.
    """
    columns = {
        "precision": precision_of(counts),
        "recall": recall_of(counts),
        "f1": f1_of(counts),
    }
    return [
        {
            "class": name,
            **{key: _or_none(float(values[place])) for key, values in columns.items()},
            "support": int(counts[place].sum()),
        }
        for place, name in enumerate(names)
    ]


@dataclass(frozen=True)
class McNemar:
    """Two models on the same rows."""

    only_first: int
    """Rows that only the first model has right."""
    only_second: int
    p_value: float


def mcnemar(target: Classes, first: Classes, second: Classes) -> McNemar:
    """McNemar's test (1947) that two models are wrong equally often, in its mid-p form.

    target, first, second: shape (n,). Only rows that one model has right and the other wrong tell
    the two apart; under the hypothesis each such row is a fair coin. The mid-p value counts what
    was observed half (Fagerland, Lydersen and Laake 2013): the exact test's is too high for few
    rows. It is a test of accuracy, not of F1.
    """
    only_first = int(((first == target) & (second != target)).sum())
    only_second = int(((first != target) & (second == target)).sum())
    fewer, split = min(only_first, only_second), only_first + only_second
    coin = stats.binom(split, 0.5)
    p_value = 2.0 * coin.cdf(fewer) - coin.pmf(fewer)
    return McNemar(only_first, only_second, min(1.0, float(p_value)))


def _share(part: Counts, whole: Counts) -> Array:
    found: Array = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return found


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
