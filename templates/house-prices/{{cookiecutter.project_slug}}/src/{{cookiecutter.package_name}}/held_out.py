"""How well prices and intervals fit rows that the model has not seen, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from .house_slices import Measured, slices
from .metrics import regression_metrics
from .slices import Rows, measure_slices

Array = npt.NDArray[np.float64]

CONFIDENCE = 0.95
BANDS = 3  # equal shares of the rows, by predicted price
LARGEST_RESAMPLE = 2_000_000  # figures held at once while resampling


def with_confidence(
    target: Array, prediction: Array, resamples: int, seed: int
) -> dict[str, dict[str, float]]:
    """Each metric of `regression_metrics` as {value, low, high}.

    target, prediction: shape (n,), in the target's unit. low, high: the 95 % interval of the
    percentile bootstrap over rows (Efron 1979): the spread to expect from another sample of
    houses, not from another training run.
    """
    found = {}
    for name, value in regression_metrics(target, prediction).items():
        logs = name.endswith("_log")
        pair = (np.log(target), np.log(prediction)) if logs else (target, prediction)
        interval = stats.bootstrap(
            pair,
            _STATISTICS[name.removesuffix("_log")],
            paired=True,
            vectorized=True,
            n_resamples=resamples,
            batch=max(1, LARGEST_RESAMPLE // len(target)),
            confidence_level=CONFIDENCE,
            method="percentile",
            rng=np.random.default_rng(seed),
        ).confidence_interval
        found[name] = {"value": value, "low": float(interval.low), "high": float(interval.high)}
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


def _rmse(target: Array, prediction: Array, axis: int = -1) -> Any:
    return np.sqrt(((target - prediction) ** 2).mean(axis=axis))


def _mae(target: Array, prediction: Array, axis: int = -1) -> Any:
    return np.abs(target - prediction).mean(axis=axis)


def _r2(target: Array, prediction: Array, axis: int = -1) -> Any:
    residual = ((target - prediction) ** 2).sum(axis=axis)
    total = ((target - target.mean(axis=axis, keepdims=True)) ** 2).sum(axis=axis)
    # A resample of one value alone has no variance to explain.
    return 1.0 - residual / np.where(total > 0, total, np.nan)


# The same figures as `regression_metrics`, for many resamples at once.
_STATISTICS: dict[str, Callable[..., Any]] = {"rmse": _rmse, "mae": _mae, "r2": _r2}
