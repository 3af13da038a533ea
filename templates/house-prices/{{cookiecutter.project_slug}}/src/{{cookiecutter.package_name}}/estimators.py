"""Estimators whose hyperparameters are in units of the target's spread and the inputs' spread.

Their base classes take a penalty or a tolerance in the target's own units, so that a default found
on log prices (spread 0.4) is nonsense for prices in dollars (spread 80,000). Here the same default
means the same thing on any table. What is fitted is the base class's own model: its attributes,
and what exports or explains them, stay as they are.
"""

# scikit-learn has no type information of its own.
# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from lightgbm import LGBMRegressor
from sklearn.base import BaseEstimator
from sklearn.linear_model import ElasticNet
from sklearn.svm import SVR


class ScaledElasticNet(ElasticNet):
    """Elastic net with the penalty that `alpha` and `l1_ratio` name for a target of spread 1."""

    def fit(self, X: Any, y: Any, *args: Any, **kwargs: Any) -> Self:
        # A target times s has coefficients times s: squares then grow as the loss does, absolute
        # values need s times the penalty.
        first = self.alpha * self.l1_ratio * _spread(y)
        second = self.alpha * (1.0 - self.l1_ratio)
        alpha = first + second
        with _settings(self, alpha=alpha, l1_ratio=first / alpha if alpha > 0 else 0.0):
            super().fit(X, y, *args, **kwargs)
        return self


class ScaledSVR(SVR):
    """Support vector regression (RBF) with `C` and `epsilon` for a target of spread 1.

    `gamma` is a multiple of scikit-learn's "scale", 1 / (columns * variance of the inputs).
    """

    def fit(self, X: Any, y: Any, *args: Any, **kwargs: Any) -> Self:
        spread = _spread(y)
        gamma = self.gamma / (X.shape[1] * max(float(np.var(X)), 1e-12))
        with _settings(self, C=self.C * spread, epsilon=self.epsilon * spread, gamma=gamma):
            super().fit(X, y, *args, **kwargs)
        return self


class HuberLGBMRegressor(LGBMRegressor):
    """LightGBM under Huber's loss, which grows linearly beyond `alpha` times the target's spread.

    Sales between relatives or after a foreclosure are far off the market: with squared errors a
    few of them would pull whole leaves along.
    """

    def fit(self, X: Any, y: Any, *args: Any, **kwargs: Any) -> Self:
        with _settings(self, alpha=self.get_params()["alpha"] * _spread(y)):
            super().fit(X, y, *args, **kwargs)
        return self


def _spread(y: Any) -> float:
    """Standard deviation of the target; 1 if it is constant."""
    return float(np.std(y)) or 1.0


@contextmanager
def _settings(estimator: BaseEstimator, **settings: float) -> Iterator[None]:
    """Sets hyperparameters for the time of one fit: afterwards they read as they were given."""
    given = {key: estimator.get_params()[key] for key in settings}
    estimator.set_params(**settings)
    try:
        yield
    finally:
        estimator.set_params(**given)
