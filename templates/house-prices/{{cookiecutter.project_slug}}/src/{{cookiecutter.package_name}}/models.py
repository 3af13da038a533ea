"""The models, their hyperparameters, and the stack.

A model is one scikit-learn pipeline from table to prediction (in model space, see `target.py`):

    encode (TableEncoder) -> derive (DerivedFeatures) -> model (view -> estimator)

The stack shares the first two steps and averages its members with fixed weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor, VotingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import Pipeline
from xgboost import XGBRegressor

from .errors import UserError
from .estimators import HuberLGBMRegressor, ScaledElasticNet, ScaledSVR
from .features import Array, DerivedFeatures, TableEncoder
from .schema import TableSchema
from .views import LinearView, TreeView

if TYPE_CHECKING:
    import optuna

Hyperparameters = dict[str, Any]

BASELINES = ("mean", "linear")
CANDIDATES = ("ridge", "elastic_net", "svr", "random_forest", "xgboost", "lightgbm")
TREES = ("random_forest", "xgboost", "lightgbm")

# Found on the Ames training set (1,460 rows) with Optuna and by hand, as the mean RMSE of log price
# over 5 folds with fold seeds 0, 1 and 2; figures are reported for seed 42. Kept small to serve one
# row fast: trees are few, and with epsilon 0.1 about 690 of 1,168 training rows are support vectors
# (with 0.05, which is 0.0002 better, 910).
# Penalties and tolerances are in units of the target's spread, see `estimators.py`.
DEFAULTS: dict[str, Hyperparameters] = {
    "mean": {},
    "linear": {},
    "ridge": {"alpha": 5.0},
    "elastic_net": {"alpha": 0.0008, "l1_ratio": 0.9},
    "svr": {"C": 100.0, "epsilon": 0.1, "gamma": 0.02},
    "random_forest": {"n_estimators": 150, "max_features": 0.3, "min_samples_leaf": 2},
    "xgboost": {
        "n_estimators": 500,
        "max_depth": 3,
        "learning_rate": 0.03,
        "subsample": 0.85,
        "colsample_bytree": 0.15,
        "min_child_weight": 1.5,
        "reg_lambda": 0.1,
    },
    "lightgbm": {
        "n_estimators": 500,
        "num_leaves": 8,
        "max_depth": 4,
        "learning_rate": 0.07,
        "alpha": 0.3,
        "subsample": 0.7,
        "colsample_bytree": 0.27,
        "min_child_samples": 7,
        "reg_lambda": 3.0,
    },
}

# A tree that sees one or two columns of a narrow table cannot learn how two act together.
FEWEST_COLUMNS = 8

# A member with less weight than this costs more time per prediction than it brings.
SMALLEST_WEIGHT = 0.02


def build_model(
    name: str,
    schema: TableSchema,
    hyperparameters: Mapping[str, Any],
    seed: int,
    *,
    derived: bool = True,
) -> Pipeline:
    """An unfitted pipeline: canonical table in, model-space prediction out.

    name: one of BASELINES or CANDIDATES.   hyperparameters: what differs from DEFAULTS[name].
    derived: see `DerivedFeatures`.
    Raises UserError for a name or a hyperparameter that does not exist.
    """
    model = _member(name, schema, hyperparameters, seed)
    return Pipeline([*_shared_steps(schema, derived), ("model", model)])


def build_stack(
    members: Mapping[str, Mapping[str, Any]],
    weights: Sequence[float],
    schema: TableSchema,
    seed: int,
) -> Pipeline:
    """An unfitted pipeline whose last step is the weighted mean of several models.

    members: {name: hyperparameters that differ from DEFAULTS}.   weights: one per member, in the
    same order, not negative, not all 0 (see `blend_weights`).
    """
    share = np.asarray(weights, dtype=np.float64)
    if share.shape != (len(members),) or (share < 0).any() or share.sum() <= 0:
        raise ValueError(f"one weight per member, none negative: {share} for {list(members)}")
    estimators = [
        (name, _member(name, schema, hyperparameters, seed))
        for name, hyperparameters in members.items()
    ]
    stack = VotingRegressor(estimators, weights=share / share.sum())
    return Pipeline([*_shared_steps(schema), ("model", stack)])


def blend_weights(oof: Array, y: Array) -> Array:
    """Weights, not negative and adding up to 1, of the mean with the least squared error.

    oof: out-of-fold predictions, shape (n, m), one column per model.   y: shape (n,).
    Stacked regressions by non-negative least squares (Breiman 1996): models that are alike share
    one weight, and none is subtracted, so the blend cannot leave the range of its members. Weights
    under SMALLEST_WEIGHT are set to 0 and the rest fitted again.
    """
    kept = np.arange(oof.shape[1])
    while True:
        found = _weights_on_the_simplex(oof[:, kept] - np.asarray(y)[:, None])
        enough = found >= SMALLEST_WEIGHT
        if enough.all():
            weights = np.zeros(oof.shape[1])
            weights[kept] = found
            return weights
        kept = kept[enough]


def cross_fitted_blend(oof: Array, y: Array, fold_of: npt.NDArray[np.int64]) -> Array:
    """The blend's out-of-fold predictions, shape (n,), to score it by.

    fold_of: number of the fold that each row was held out in, shape (n,). The weights for one fold
    come from the predictions on the others, so no row is weighed by its own target. The models of
    those others have seen it, though: cross-validating them anew without the fold would take five
    times as long, and makes the error on the Ames sales 0.1120 where it is 0.1117 (RMSE of the log
    price; 1,168 rows, 5 folds, seed 42).
    """
    blended = np.empty(len(y))
    for fold in np.unique(fold_of):
        held_out = fold_of == fold
        blended[held_out] = oof[held_out] @ blend_weights(oof[~held_out], y[~held_out])
    return blended


def search_space(name: str, trial: optuna.Trial) -> Hyperparameters:
    """One trial's hyperparameters. The ranges keep a model small enough to serve one row fast."""
    match name:
        case "ridge":
            return {"alpha": trial.suggest_float("alpha", 0.1, 300.0, log=True)}
        case "elastic_net":
            return {
                "alpha": trial.suggest_float("alpha", 1e-5, 1e-1, log=True),
                "l1_ratio": trial.suggest_float("l1_ratio", 0.05, 1.0),
            }
        case "svr":
            return {
                "C": trial.suggest_float("C", 1.0, 300.0, log=True),
                # Below 0.1 nearly every training row becomes a support vector to multiply with.
                "epsilon": trial.suggest_float("epsilon", 0.05, 0.5, log=True),
                "gamma": trial.suggest_float("gamma", 0.003, 1.0, log=True),
            }
        case "random_forest":
            return {
                "n_estimators": trial.suggest_int("n_estimators", 100, 400, step=50),
                "max_features": trial.suggest_float("max_features", 0.1, 0.8),
                "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 10),
            }
        case "xgboost":
            return {
                "n_estimators": trial.suggest_int("n_estimators", 200, 800, step=50),
                "max_depth": trial.suggest_int("max_depth", 2, 5),
                "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.15, log=True),
                "subsample": trial.suggest_float("subsample", 0.4, 1.0),
                "colsample_bytree": trial.suggest_float("colsample_bytree", 0.05, 0.8),
                "min_child_weight": trial.suggest_float("min_child_weight", 1.0, 20.0, log=True),
                "reg_lambda": trial.suggest_float("reg_lambda", 1e-2, 30.0, log=True),
            }
        case "lightgbm":
            return {
                "n_estimators": trial.suggest_int("n_estimators", 200, 800, step=50),
                "num_leaves": trial.suggest_int("num_leaves", 4, 24),
                "max_depth": trial.suggest_int("max_depth", 2, 6),
                "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.15, log=True),
                "alpha": trial.suggest_float("alpha", 0.1, 2.0, log=True),
                "subsample": trial.suggest_float("subsample", 0.4, 1.0),
                "colsample_bytree": trial.suggest_float("colsample_bytree", 0.05, 0.8),
                "min_child_samples": trial.suggest_int("min_child_samples", 1, 30),
                "reg_lambda": trial.suggest_float("reg_lambda", 1e-2, 30.0, log=True),
            }
    raise UserError(
        f"tune.model is {name}, which has nothing to tune; use one of {', '.join(CANDIDATES)}"
    )


def library_defaults(name: str) -> Hyperparameters:
    """What the library itself would take for each hyperparameter in DEFAULTS[name]."""
    base = type(_ESTIMATORS[name](0))().get_params()
    return {key: _UNSCALED.get((name, key), base.get(key)) for key in DEFAULTS[name]}


def _shared_steps(schema: TableSchema, derived: bool = True) -> list[tuple[str, BaseEstimator]]:
    return [("encode", TableEncoder(schema)), ("derive", DerivedFeatures(schema, derived))]


def _member(
    name: str, schema: TableSchema, hyperparameters: Mapping[str, Any], seed: int
) -> Pipeline:
    """View and estimator of one model."""
    if name not in DEFAULTS:
        raise UserError(f"train.model is {name}; use one of {', '.join(DEFAULTS)} or stack")
    estimator = _ESTIMATORS[name](seed)
    settings = {**_defaults(name, len(schema.columns)), **hyperparameters}
    for key in settings:
        if key not in estimator.get_params():
            raise UserError(
                f"models.{name}.{key} in params.yaml is not a hyperparameter of "
                f"{type(estimator).__name__}; remove it or correct its name"
            )
    estimator.set_params(**settings)
    return Pipeline([("view", _view(name, schema, seed)), ("estimator", estimator)])


def _defaults(name: str, columns: int) -> Hyperparameters:
    """DEFAULTS[name], with its share of columns per tree raised for a narrow table."""
    settings = dict(DEFAULTS[name])
    for key in ("colsample_bytree", "max_features"):
        if key in settings:
            settings[key] = max(settings[key], min(1.0, FEWEST_COLUMNS / max(columns, 1)))
    return settings


def _view(name: str, schema: TableSchema, seed: int) -> LinearView | TreeView:
    if name in TREES:
        return TreeView(schema, seed=seed)
    if name == "linear":
        # Without a penalty, a coefficient that five rows decide can be anything: the baseline
        # sees no value beyond the 1 % quantiles and no level with fewer than 25 rows.
        return LinearView(schema, tail=0.01, min_count=25)
    return LinearView(schema)


# Defaults that the classes do not name, or name in words: LightGBM's parameter list has alpha 0.9,
# and gamma "scale" is 1 in the units of `ScaledSVR`.
_UNSCALED: dict[tuple[str, str], float] = {("lightgbm", "alpha"): 0.9, ("svr", "gamma"): 1.0}

# One thread each: `train` runs the folds side by side, and threads of their own would fight them.
_ESTIMATORS: dict[str, Callable[[int], Any]] = {
    "mean": lambda seed: DummyRegressor(),
    "linear": lambda seed: LinearRegression(),
    "ridge": lambda seed: Ridge(),
    "elastic_net": lambda seed: ScaledElasticNet(max_iter=20_000),
    "svr": lambda seed: ScaledSVR(kernel="rbf"),
    "random_forest": lambda seed: RandomForestRegressor(random_state=seed, n_jobs=1),
    "xgboost": lambda seed: XGBRegressor(random_state=seed, n_jobs=1, tree_method="hist"),
    "lightgbm": lambda seed: HuberLGBMRegressor(
        objective="huber",
        alpha=0.25,  # LightGBM knows a parameter of this kind only once it is given
        random_state=seed,
        n_jobs=1,
        subsample_freq=1,
        deterministic=True,
        force_row_wise=True,
        verbosity=-1,
    ),
}


def _weights_on_the_simplex(errors: Array) -> Array:
    """Least squares of errors @ w with w >= 0 and sum(w) = 1, shape (m,)."""
    # The condition on the sum is one more equation, heavy enough to hold to rounding.
    heavy = 1e3 * max(float(np.abs(errors).max()), 1e-12) * np.sqrt(len(errors))
    left = np.vstack([errors, np.full((1, errors.shape[1]), heavy)])
    right = np.append(np.zeros(len(errors)), heavy)
    weights: Array = np.asarray(nnls(left, right)[0])
    weights /= weights.sum()
    return weights
