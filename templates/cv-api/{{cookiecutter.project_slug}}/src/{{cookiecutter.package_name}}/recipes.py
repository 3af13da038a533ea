"""What `train` makes a model from, as a value: change one thing, and measure what that does."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from .ablation_cache import Outcomes
from .classifier_ablation import Bench
from .config import Network, Params
from .data import ImageData
from .fitting import fit_network
from .pixel_cache import pixels_of

Classes = npt.NDArray[np.int64]

# Settings that a training depends on; `data` is in the context of what is kept.
SECTIONS = ("image", "model", "train")


@dataclass(frozen=True)
class Recipe:
    """Everything that out-of-fold predictions depend on, but for the pictures, folds and seed."""

    model: Network
    params: Params

    @classmethod
    def of(cls, params: Params) -> Recipe:
        """The complete recipe: what `train` makes with these settings, in `ablate.epochs`."""
        recipe = cls(params.trained_model, params)
        return recipe.change("train", epochs=params.ablate.epochs or params.train.epochs)

    def change(self, section: str, **values: Any) -> Recipe:
        """The recipe with other values in one section of the settings."""
        changed = getattr(self.params, section).model_copy(update=values)
        return replace(self, params=self.params.model_copy(update={section: changed}))

    def fit_of(self, fold: int) -> dict[str, Any]:
        """What one fit depends on, given the pictures: equal values, equal fits."""
        settings = self.params.model_dump(mode="json")
        return {
            "recipe": self.model,
            "fold": fold,
            "settings": {section: settings[section] for section in SECTIONS},
        }


def bench_of(
    train: ImageData, validation: ImageData, fold_of: Classes, outcomes: Outcomes
) -> Bench[Recipe]:
    """Where recipes are measured on pictures, each predicted by what was fitted to other folds.

    train: n pictures. validation: those that a training's curve is drawn on; the folds have none of
    them. fold_of: (n,) the fold in which each picture is held out.
    """
    return Bench(fold_of, partial(_out_of_fold, train, validation), outcomes)


def _out_of_fold(
    every: ImageData, validation: ImageData, recipe: Recipe, held_out: Classes
) -> tuple[Classes, float]:
    """The classes of the held-out pictures by what was fitted to the others, and its seconds."""
    train = every.take(np.setdiff1d(np.arange(len(every.labels)), held_out))
    started = time.perf_counter()
    fitted = fit_network(recipe.model, recipe.params, train, validation)
    seconds = time.perf_counter() - started
    logits = fitted.logits(pixels_of(every.take(held_out), fitted.preprocessing))
    return logits.argmax(axis=1), seconds
