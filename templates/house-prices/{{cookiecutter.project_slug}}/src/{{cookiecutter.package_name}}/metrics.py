"""What is measured of a price prediction, in log price and in money."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import mean_absolute_error, r2_score

Array = npt.NDArray[np.float64]


def rmse(target: Array, prediction: Array) -> float:
    """Root of the mean squared error; both arrays have shape (n,)."""
    return float(np.sqrt(np.mean((target - prediction) ** 2)))


def regression_metrics(target: Array, prediction: Array) -> dict[str, float]:
    """The metrics of one set of predictions; both arrays have shape (n,), in the target's unit.

    rmse_log, mae_log: errors of the natural logarithm, Kaggle's measure on the Ames set; absent
        where a price or a prediction is not positive.
    r2_log: share of the variance of the log price that is explained; likewise.
    rmse, mae: errors in the target's unit.      r2: share of the variance that is explained.
    """
    found = {
        "rmse": rmse(target, prediction),
        "mae": float(mean_absolute_error(target, prediction)),
        "r2": float(r2_score(target, prediction)),
    }
    if (target > 0).all() and (prediction > 0).all():
        logs = np.log(target), np.log(prediction)
        found |= {
            "rmse_log": rmse(*logs),
            "mae_log": float(mean_absolute_error(*logs)),
            "r2_log": float(r2_score(*logs)),
        }
    return found


def over_folds(
    target: Array, prediction: Array, fold_of: npt.NDArray[np.int64]
) -> dict[str, dict[str, Any]]:
    """Each metric over all out-of-fold predictions at once, and its spread over the folds.

    fold_of: shape (n,), the fold in which each row was held out. Returns, per metric, `overall`,
    `folds` (one figure per fold), their `mean` and their standard deviation `std` (n - 1).
    """
    folds = [
        regression_metrics(target[fold_of == fold], prediction[fold_of == fold])
        for fold in np.unique(fold_of)
    ]
    found = {}
    for name, value in regression_metrics(target, prediction).items():
        values = [fold[name] for fold in folds]
        found[name] = {
            "overall": value,
            "mean": float(np.mean(values)),
            "std": float(np.std(values, ddof=1)),
            "folds": values,
        }
    return found


def headline(metrics: dict[str, Any]) -> str:
    """The metric that models are ranked by: rmse_log where it exists, else rmse."""
    return "rmse_log" if "rmse_log" in metrics else "rmse"
