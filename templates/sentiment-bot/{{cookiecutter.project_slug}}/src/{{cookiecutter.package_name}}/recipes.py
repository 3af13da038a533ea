"""What `train` makes a model from, as a value: change one thing, and measure what that does."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .ablation import Outcome
from .ablation_cache import Outcomes
from .baselines import fit_baseline
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


class Bench:
    """Out-of-fold predictions of recipes over one set of folds; no fit is made twice.

    train: n texts. validation: those that say when a training stops, the same for every fold; the
    folds have none of them. fold_of: (n,) the fold in which each text is held out.
    """

    def __init__(
        self, train: TextData, validation: TextData, fold_of: Classes, outcomes: Outcomes
    ) -> None:
        self._train = train
        self._validation = validation
        self._fold_of = fold_of
        self._outcomes = outcomes

    def measure(self, recipe: Recipe, on_fit: Callable[[], None] = lambda: None) -> Outcome:
        """The recipe's classes, (n,), and the seconds of its fits; fitted where not kept.

        on_fit: called before each fit.
        """
        predicted = np.empty(len(self._train.labels), dtype=np.int64)
        seconds = 0.0
        for fold in np.unique(self._fold_of).tolist():
            held_out = np.flatnonzero(self._fold_of == fold)
            kept = self._outcomes.get(recipe.fit_of(fold))
            if kept is None:
                on_fit()
                kept = self._fit(recipe, fold, held_out)
                self._outcomes.put(recipe.fit_of(fold), kept)
            predicted[held_out] = kept["predicted"]
            seconds += float(kept["seconds"])
        return Outcome(predicted, seconds)

    def _fit(self, recipe: Recipe, fold: int, held_out: Classes) -> dict[str, npt.NDArray[Any]]:
        """One fold's predictions, and what their fit took."""
        train, validation = (
            rows_of(self._train, np.flatnonzero(self._fold_of != fold)),
            self._validation,
        )
        texts = [self._train.texts[row] for row in held_out]
        if not recipe.ordered:
            train, validation = (
                replace(part, texts=shuffled(part.texts)) for part in (train, validation)
            )
            texts = shuffled(texts)
        started = time.perf_counter()
        if recipe.model == "tfidf":
            predicted, seconds = _count_words(recipe.params, train, texts)
        else:
            fitted = fit_transformer(recipe.model, recipe.params, train, validation)
            seconds = time.perf_counter() - started
            predicted = fitted.logits(texts).argmax(axis=1)
        return {"predicted": predicted.astype(np.int64), "seconds": np.array(seconds)}


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


def rows_of(data: TextData, rows: Classes) -> TextData:
    """Some of the texts."""
    return replace(
        data,
        texts=[data.texts[row] for row in rows],
        labels=data.labels[rows],
        lines=data.lines[rows],
    )


def shuffled(texts: list[str]) -> list[str]:
    """Each text with its words in an order drawn by chance, the same at each call."""
    found = []
    for text in texts:
        words = text.split()
        random.Random(text).shuffle(words)
        found.append(" ".join(words))
    return found
