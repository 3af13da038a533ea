"""What `train` makes a model from, as a value: change one thing, and measure what that does."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .ablation_cache import Outcomes
from .baselines import fit_baseline
from .classifier_ablation import Bench
from .config import Params
from .data import TextData
from .fitting import fit_transformer
from .tokenization import cleaning_for

Classes = npt.NDArray[np.int64]

# Settings that a training depends on; `data` is in the context of what is kept.
SECTIONS = ("clean", "tokens", "model", "train")


@dataclass(frozen=True)
class Recipe:
    """Everything that out-of-fold predictions depend on, but for the texts, folds and seed."""

    model: Literal["tfidf", "small", "pretrained"]
    params: Params
    ordered: bool = True
    """Whether the words stay in their order."""

    @classmethod
    def of(cls, params: Params) -> Recipe:
        """The complete recipe: what `train` makes with these settings."""
        return cls(params.trained_model, params)

    def change(self, section: str, **values: Any) -> Recipe:
        """The recipe with other values in one section of the settings."""
        changed = getattr(self.params, section).model_copy(update=values)
        return replace(self, params=self.params.model_copy(update={section: changed}))

    def fit_of(self, fold: int) -> dict[str, Any]:
        """What one fit depends on, given the texts: equal values, equal fits."""
        settings = self.params.model_dump(mode="json")
        return {
            "recipe": self.model,
            "ordered": self.ordered,
            "fold": fold,
            "settings": {section: settings[section] for section in SECTIONS},
        }


def bench_of(
    train: TextData, validation: TextData, fold_of: Classes, outcomes: Outcomes
) -> Bench[Recipe]:
    """Where recipes are measured on texts, each predicted by what was fitted to the other folds.

    train: n texts. validation: those that say when a training stops, the same for every fold; the
    folds have none of them. fold_of: (n,) the fold in which each text is held out.
    """
    return Bench(fold_of, partial(_out_of_fold, train, validation), outcomes)


def _out_of_fold(
    every: TextData, validation: TextData, recipe: Recipe, held_out: Classes
) -> tuple[Classes, float]:
    """The classes of the held-out texts by what was fitted to the others, and its seconds."""
    train = every.take(np.setdiff1d(np.arange(len(every.labels)), held_out))
    texts = [every.texts[row] for row in held_out]
    if not recipe.ordered:
        train, validation = (
            replace(part, texts=shuffled(part.texts)) for part in (train, validation)
        )
        texts = shuffled(texts)
    started = time.perf_counter()
    if recipe.model == "tfidf":
        return _count_words(recipe.params, train, texts)
    fitted = fit_transformer(recipe.model, recipe.params, train, validation)
    seconds = time.perf_counter() - started
    return fitted.logits(texts).argmax(axis=1), seconds


def _count_words(params: Params, train: TextData, texts: list[str]) -> tuple[Classes, float]:
    """The baseline's classes of the texts, and the seconds of its fit."""
    cleaning = cleaning_for(params.clean, lower=True)
    started = time.perf_counter()
    model = fit_baseline(
        "tfidf",
        [cleaning.clean(text) for text in train.texts],
        train.labels,
        balanced=params.train.class_weights == "balanced",
        seed=params.data.seed,
    )
    seconds = time.perf_counter() - started
    predicted: Classes = model.predict([cleaning.clean(text) for text in texts])
    return predicted, seconds


def shuffled(texts: list[str]) -> list[str]:
    """Each text with its words in an order drawn by chance, the same at each call."""
    found = []
    for text in texts:
        words = text.split()
        random.Random(text).shuffle(words)
        found.append(" ".join(words))
    return found
