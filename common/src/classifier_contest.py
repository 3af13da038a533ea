"""The champion and a new classifier on the same held-out rows, each as serving would run it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from .api.predictor import Predictor
from .classification import macro_f1
from .config import Params
from .errors import UserError
from .paired import Metric
from .promotion import Comparison, compare

Classes = npt.NDArray[np.int64]


class Labelled(Protocol):
    """Rows of one part with their classes."""

    @property
    def labels(self) -> Classes: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    def take(self, rows: Classes) -> Self: ...


D = TypeVar("D", bound=Labelled)
Logits = Callable[[Predictor, D], npt.NDArray[np.floating[Any]]]
"""What a model says of rows, (n, k)."""


def compare_models(
    params: Params,
    champion: Path,
    challenger: Path,
    load_held_out: Callable[[Params], D],
    seen_by: Callable[[D, Path], npt.NDArray[np.bool_]],
    logits: Logits[D],
    noun: str,
) -> Comparison | str:
    """Both models' macro-F1 on the held-out rows, or the reason why they cannot be compared.

    champion, challenger: folders as `train` writes them. seen_by: which rows the model in a folder
    has seen, (n,); those are left out. noun: what the rows are, such as "texts". Opens the held-out
    rows, unless there are none.
    """
    try:
        old, new = (Predictor.load(folder) for folder in (champion, challenger))
        if set(old.classes) != set(new.classes):
            return _other_classes(old.classes, new.classes)
        held_out = load_held_out(params)
        seen = seen_by(held_out, champion) | seen_by(held_out, challenger)
    except UserError as error:
        return f"the champion cannot be measured on these {noun} ({str(error).rstrip('.')})"
    strange = set(held_out.classes) - set(new.classes)
    if strange:
        return (
            f"the held-out {noun} have classes that no model knows ({', '.join(sorted(strange))})"
        )
    rows = np.flatnonzero(~seen)
    if len(rows) < params.registry.min_rows:
        return (
            f"only {len(rows):,} of {len(seen):,} held-out {noun} are new to both models, and "
            f"registry.min_rows is {params.registry.min_rows}"
        )
    unseen, classes = held_out.take(rows), list(new.classes)
    target = np.array([classes.index(unseen.classes[number]) for number in unseen.labels])
    return compare(
        Metric("macro-F1", partial(macro_f1, classes=len(classes)), higher_is_better=True),
        target,
        *(_answers(model, logits(model, unseen), classes) for model in (old, new)),
        resamples=params.evaluate.bootstrap,
        seed=params.data.seed,
        left_out=int(seen.sum()),
    )


def _answers(
    model: Predictor, logits: npt.NDArray[np.floating[Any]], classes: list[str]
) -> Classes:
    """Each row's label as its position in `classes`; two models may have them in other orders."""
    places = np.array([classes.index(name) for name in model.classes])
    found: Classes = places[logits.argmax(axis=1)]
    return found


def _other_classes(champion: tuple[str, ...], challenger: tuple[str, ...]) -> str:
    parts = [
        f"{words} {', '.join(sorted(names))}"
        for words, names in (
            ("it does not know", set(challenger) - set(champion)),
            ("it alone knows", set(champion) - set(challenger)),
        )
        if names
    ]
    return f"the champion has other classes than the new model ({'; '.join(parts)})"
