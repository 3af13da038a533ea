"""What `train` makes a model from, as a value: change one thing, and measure what that does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from .ablation_cache import Outcomes
from .config import Params
from .crossvalidation import OutOfFold, cross_validate
from .data import TableData
from .models import Hyperparameters, build_model, cross_fitted_blend
from .schema import TableSchema
from .target import forward, inverse

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Recipe:
    """Everything that out-of-fold predictions depend on, but for the folds and the seed."""

    model: str
    """As train.model: one model's name, or stack."""
    candidates: tuple[str, ...]
    """What a stack may weigh."""
    hyperparameters: Mapping[str, Hyperparameters]
    """Per model, what differs from the defaults in models.py."""
    log_target: bool
    derived: bool
    """Whether the lines of `ames.DERIVED` are added."""
    schema: TableSchema
    frame: pd.DataFrame
    """(n, columns) in the schema's columns."""

    @classmethod
    def of(cls, params: Params, data: TableData) -> Recipe:
        """The complete recipe: what `train` makes with these settings."""
        names = params.train.candidates if params.train.model == "stack" else (params.train.model,)
        return cls(
            model=params.train.model,
            candidates=params.train.candidates,
            hyperparameters={name: params.hyperparameters(name) for name in names},
            log_target=params.train.log_target,
            derived=True,
            schema=data.schema,
            frame=data.frame,
        )

    @property
    def models(self) -> tuple[str, ...]:
        """The models that have to be fitted."""
        return self.candidates if self.model == "stack" else (self.model,)

    def fit_of(self, name: str) -> dict[str, Any]:
        """What one model's predictions depend on, given the rows: equal values, equal fits."""
        return {
            "model": name,
            "hyperparameters": dict(self.hyperparameters.get(name, {})),
            "log_target": self.log_target,
            "derived": self.derived,
            "columns": self.schema.names,
        }


class Bench:
    """Out-of-fold predictions of recipes over one set of folds; no fit is made twice.

    prices: (n,) in the target's unit. fold_of: (n,) the fold in which each row is held out.
    """

    def __init__(
        self,
        prices: Array,
        fold_of: npt.NDArray[np.int64],
        seed: int,
        n_jobs: int,
        outcomes: Outcomes,
    ) -> None:
        self.prices = prices
        self.fold_of = fold_of
        self._seed = seed
        self._n_jobs = n_jobs
        self._outcomes = outcomes

    @property
    def folds(self) -> int:
        return len(np.unique(self.fold_of))

    def missing(self, recipe: Recipe) -> list[str]:
        """The recipe's models of which no outcome is kept yet."""
        return [name for name in recipe.models if self._outcomes.get(recipe.fit_of(name)) is None]

    def single_models(
        self, recipe: Recipe, on_fit: Callable[[str], None] = lambda name: None
    ) -> dict[str, OutOfFold]:
        """Each of the recipe's models by itself, in model space; fitted where not kept.

        on_fit: called with a model's name after each fit.
        """
        missing = self.missing(recipe)
        builders: dict[str, Callable[[], Pipeline]] = {
            name: partial(
                build_model,
                name,
                recipe.schema,
                recipe.hyperparameters.get(name, {}),
                self._seed,
                derived=recipe.derived,
            )
            for name in missing
        }
        target = forward(self.prices, recipe.log_target)
        fitted = cross_validate(builders, recipe.frame, target, self.fold_of, self._n_jobs, on_fit)
        for name, found in fitted.items():
            arrays = {"prediction": found.prediction, "seconds": np.array(found.seconds)}
            self._outcomes.put(recipe.fit_of(name), arrays)
        return {name: fitted.get(name) or self._kept(recipe, name) for name in recipe.models}

    def measure(
        self, recipe: Recipe, on_fit: Callable[[str], None] = lambda name: None
    ) -> OutOfFold:
        """The recipe's predictions in the target's unit, and the seconds of all its fits."""
        found = self.single_models(recipe, on_fit)
        raw = next(iter(found.values())).prediction
        if recipe.model == "stack":
            target = forward(self.prices, recipe.log_target)
            oof = np.column_stack([found[name].prediction for name in recipe.candidates])
            raw = cross_fitted_blend(oof, target, self.fold_of)
        seconds = sum(each.seconds for each in found.values())
        return OutOfFold(inverse(raw, recipe.log_target), seconds)

    def _kept(self, recipe: Recipe, name: str) -> OutOfFold:
        arrays = self._outcomes.get(recipe.fit_of(name))
        if arrays is None:
            raise FileNotFoundError(f"the outcome of {name} was removed while it was being used")
        return OutOfFold(arrays["prediction"], float(arrays["seconds"]))
