"""How well prices and intervals fit rows that the model has not seen, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from .house_slices import Measured, slices
from .metrics import regression_metrics
from .slices import Rows, measure_slices, resampled

Array = npt.NDArray[np.float64]

CONFIDENCE = 0.95
BANDS = 3  # equal shares of the rows, by predicted price


def with_confidence(
    target: Array, prediction: Array, resamples: int, seed: int
) -> dict[str, dict[str, float]]:
    """Each metric of `regression_metrics` as {value, low, high}.

    target, prediction: shape (n,), n > 1, in the target's unit. low, high: the 95 % interval of
    the percentile bootstrap over rows (Efron 1979): the spread to expect from another sample of
    houses, not from another training run. Of few rows, some resamples are one value again and
    again, which has no variance to explain: R2's interval is over the others, and where there are
    none, R2 is absent.
    """
    ends = (1.0 - CONFIDENCE) / 2.0, (1.0 + CONFIDENCE) / 2.0
    found = {}
    for name, value in regression_metrics(target, prediction).items():
        logs = name.endswith("_log")
        pair = (np.log(target), np.log(prediction)) if logs else (target, prediction)
        score = partial(_score, _STATISTICS[name.removesuffix("_log")], *pair)
        spread = resampled(np.arange(len(target)), score, resamples, np.random.default_rng(seed))
        if np.isfinite(spread).any():
            low, high = np.nanquantile(spread, ends)
            found[name] = {"value": value, "low": float(low), "high": float(high)}
    return found


def coverage(target: Array, lower: Array, upper: Array) -> dict[str, float]:
    """Share of outcomes inside their intervals, with its exact 95 % interval, and the mean width.

    All arrays have shape (n,), in the target's unit. low, high: Clopper and Pearson (1934).
    """
    inside = int(((target >= lower) & (target <= upper)).sum())
    exact = stats.binomtest(inside, len(target)).proportion_ci(CONFIDENCE, method="exact")
    return {
        "rows": len(target),
        "measured": inside / len(target),
        "low": float(exact.low),
        "high": float(exact.high),
        "mean_width": float((upper - lower).mean()),
    }


def coverage_by_price(
    target: Array, prediction: Array, lower: Array, upper: Array
) -> list[dict[str, float]]:
    """`coverage` in each third of the rows, cheapest predictions first, with the third's bounds.

    By predicted price: that is what is known when an interval is given. By true price the outer
    bands would be covered less even by perfect intervals, since surprises make a price extreme.
    """
    order = np.argsort(prediction, kind="stable")
    return [
        {
            "from": float(prediction[rows[0]]),
            "to": float(prediction[rows[-1]]),
            **coverage(target[rows], lower[rows], upper[rows]),
        }
        for rows in np.array_split(order, BANDS)
        if len(rows)
    ]


def slice_errors(
    rows: Measured, target: Array, metric: str, resamples: int, seed: int
) -> list[dict[str, Any]]:
    """`metric`, rmse_log or rmse, of each slice of the rows; target: (n,), in its own unit.

    bias: the mean of predicted minus true (log) price; above 0 the model asks too much.
    """
    if metric == "rmse_log":
        errors = np.log(rows.prediction) - np.log(target)
    else:
        errors = rows.prediction - target

    def score(numbers: Rows) -> Array:
        found: Array = np.sqrt((errors[numbers] ** 2).mean(axis=-1))
        return found

    return measure_slices(
        slices(rows),
        score,
        errors,
        metric,
        resamples=resamples,
        confidence=CONFIDENCE,
        seed=seed,
    )


def _score(
    statistic: Callable[[Array, Array], Array], target: Array, prediction: Array, rows: Rows
) -> Array:
    return statistic(target[rows], prediction[rows])


def _rmse(target: Array, prediction: Array) -> Array:
    found: Array = np.sqrt(((target - prediction) ** 2).mean(axis=-1))
    return found


def _mae(target: Array, prediction: Array) -> Array:
    found: Array = np.abs(target - prediction).mean(axis=-1)
    return found


def _r2(target: Array, prediction: Array) -> Array:
    residual = ((target - prediction) ** 2).sum(axis=-1)
    total = ((target - target.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    # A resample of one value alone has no variance to explain.
    found: Array = 1.0 - residual / np.where(total > 0, total, np.nan)
    return found


# The same figures as `regression_metrics`, for many resamples at once.
_STATISTICS: dict[str, Callable[[Array, Array], Array]] = {"rmse": _rmse, "mae": _mae, "r2": _r2}
