"""How well predicted classes fit rows that the model has not seen, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

from .calibration import expected_calibration_error, probabilities, reliability_bins
from .classification import (
    accuracy_of,
    confusion,
    f1_of,
    macro_f1_of,
    mcnemar,
    per_class,
)
from .slices import Rows, Slice, measure_slices, resampled

Array = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]
Score = Callable[[Rows], Array]

CONFIDENCE = 0.95
ENDS = (1.0 - CONFIDENCE) / 2.0, (1.0 + CONFIDENCE) / 2.0
FEWEST = 5  # rows of a class in a slice: with fewer, its F1 there is noise
HEADLINE = "macro_f1"


def with_confidence(
    target: Classes, predicted: Classes, classes: int, resamples: int, seed: int
) -> dict[str, dict[str, float]]:
    """Macro-F1 and accuracy as {value, low, high}.

    target, predicted: (n,). low, high: the 95 % interval of the percentile bootstrap over rows
    (Efron 1979): the spread to expect from other rows, not from another training run.
    """
    return {
        name: _interval(partial(_score, of, target, predicted, classes), target, resamples, seed)
        for name, of in (("macro_f1", macro_f1_of), ("accuracy", accuracy_of))
    }


def by_class(
    target: Classes, predicted: Classes, names: tuple[str, ...], resamples: int, seed: int
) -> list[dict[str, Any]]:
    """`classification.per_class`, with the ends of the interval of each F1, `low` and `high`."""
    count = len(names)
    lines = per_class(confusion(target, predicted, count), names)
    for place, line in enumerate(lines):
        if line["f1"] is None:
            continue

        def of(counts: npt.NDArray[np.int64], place: int = place) -> Array:
            found: Array = f1_of(counts)[..., place]
            return found

        score = partial(_score, of, target, predicted, count)
        found = _interval(score, target, resamples, seed)
        line |= {"low": found["low"], "high": found["high"]}
    return lines


def against(
    target: Classes, own: Classes, other: Classes, classes: int, resamples: int, seed: int
) -> dict[str, Any]:
    """The model against a baseline on the same rows: McNemar's test, and the lift in macro-F1.

    target, own, other: (n,). low, high: of the lift, by the paired bootstrap: both models answer
    for the rows of each resample.
    """
    test = mcnemar(target, own, other)

    def difference(rows: Rows) -> Array:
        first, second = (_score(macro_f1_of, target, each, classes, rows) for each in (own, other))
        return first - second

    return {
        "only_model_right": test.only_first,
        "only_baseline_right": test.only_second,
        "p_value": test.p_value,
        "lift": _interval(difference, target, resamples, seed),
    }


def calibration(logits: Array, target: Classes, temperature: float) -> dict[str, Any]:
    """Confidence against accuracy before and after temperature scaling. logits: (n, k)."""
    stages = {"before": probabilities(logits), "after": probabilities(logits, temperature)}
    return {
        "temperature": temperature,
        **{f"ece_{key}": expected_calibration_error(each, target) for key, each in stages.items()},
        **{key: reliability_bins(each, target) for key, each in stages.items()},
    }


def average_precision(target: Classes, found: Array, names: tuple[str, ...]) -> dict[str, float]:
    """The area under each class's precision-recall curve; of classes with rows. found: (n, k)."""
    return {
        name: float(average_precision_score(target == place, found[:, place]))
        for place, name in enumerate(names)
        if (target == place).any()
    }


def slice_scores(
    parts: Iterable[Slice], target: Classes, found: Array, resamples: int, seed: int
) -> list[dict[str, Any]]:
    """The macro-F1 of each slice, over the classes with at least FEWEST rows in it.

    found: probabilities, (n, k). A slice with fewer than two such classes is left out: to be right
    about a part that is all of one class tells little. bias: mean confidence less accuracy; above
    0 the model is surer there than it should be.
    """
    classes = found.shape[1]
    predicted = found.argmax(axis=1)
    signed = found.max(axis=1) - (predicted == target)
    lines = []
    for part in parts:
        kept = np.flatnonzero(np.bincount(target[part.rows], minlength=classes) >= FEWEST)
        if len(kept) < 2:
            continue

        def of(counts: npt.NDArray[np.int64], kept: Rows = kept) -> Array:
            mean: Array = np.nanmean(f1_of(counts)[..., kept], axis=-1)
            return mean

        lines += measure_slices(
            [part],
            partial(_score, of, target, predicted, classes),
            signed,
            HEADLINE,
            resamples=resamples,
            confidence=CONFIDENCE,
            seed=seed,
        )
    return lines


def _interval(score: Score, target: Classes, resamples: int, seed: int) -> dict[str, float]:
    rows = np.arange(len(target))
    low, high = np.nanquantile(resampled(rows, score, resamples, np.random.default_rng(seed)), ENDS)
    return {"value": float(score(rows[None, :])[0]), "low": float(low), "high": float(high)}


def _score(
    of: Callable[[npt.NDArray[np.int64]], Array],
    target: Classes,
    predicted: Classes,
    classes: int,
    rows: Rows,
) -> Array:
    """A figure of confusion matrices for many sets of rows: (b, n) -> (b,)."""
    return of(confusion(target[rows], predicted[rows], classes))
