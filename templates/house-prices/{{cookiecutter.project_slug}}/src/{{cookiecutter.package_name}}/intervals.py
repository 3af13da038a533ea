"""Prediction intervals by conformal prediction."""

# scikit-learn has no type information of its own.
# mypy: allow-subclassing-any

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from mapie.regression import SplitConformalRegressor
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import NotFittedError

from .errors import UserError

Array = npt.NDArray[np.float64]


class _AsGiven(RegressorMixin, BaseEstimator):
    """A fitted regressor whose one feature is the prediction itself."""

    is_fitted = True  # what MAPIE looks for

    def fit(self, X: Any, y: Any) -> Self:
        raise NotFittedError("made to be used as it is")

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: Array) -> Array:
        return X[:, 0]


def conformal_halfwidth(out_of_fold: Array, target: Array, coverage: float) -> float:
    """Half-width of a conformal interval (Lei et al. 2018), constant in model space.

    out_of_fold, target: shape (n,), in model space. coverage: wanted share of outcomes inside.

    A calibration set of its own would cost the model a fifth of its rows. Out-of-fold residuals
    calibrate on every row instead, as the cross-conformal method does (Vovk 2015); MAPIE takes
    their quantile, with its correction for a finite sample. The final model has seen a little more
    data than the folds' models, so its intervals are, if anything, a little too wide.
    Raises UserError if there are too few rows for the coverage.
    """
    needed = int(np.ceil(1.0 / (1.0 - coverage)))
    if len(target) < needed:
        raise UserError(
            f"train.coverage = {coverage}: {len(target)} rows are too few to calibrate it; "
            f"it takes at least {needed}. Lower it, or bring more rows."
        )
    conformal = SplitConformalRegressor(_AsGiven(), confidence_level=coverage, prefit=True)
    conformal.conformalize(out_of_fold[:, None], target)
    bounds = conformal.predict_interval(np.zeros((1, 1)))[1]
    return float(bounds[0, 1, 0])
