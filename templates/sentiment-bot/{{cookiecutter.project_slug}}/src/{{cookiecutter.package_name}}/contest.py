"""The champion and a new model on the same held-out texts, each as serving would run it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from . import training_rows
from .api.predictor import Predictor
from .classification import macro_f1
from .config import Params
from .data import load_test
from .errors import UserError
from .paired import Metric
from .promotion import Comparison, compare

Classes = npt.NDArray[np.int64]


def contest(params: Params, champion: Path, challenger: Path) -> Comparison | str:
    """Both models' macro-F1 on the held-out texts, or the reason why they cannot be compared.

    champion, challenger: folders as `train` writes them. Texts that either has seen are left out.
    Opens the held-out texts, unless there are none.
    """
    try:
        old, new = (Predictor.load(folder) for folder in (champion, challenger))
        if set(old.classes) != set(new.classes):
            return _other_classes(old.classes, new.classes)
        held_out = load_test(params)
        seen = training_rows.seen(held_out, champion) | training_rows.seen(held_out, challenger)
    except UserError as error:
        return f"the champion cannot be measured on these texts ({str(error).rstrip('.')})"
    strange = set(held_out.classes) - set(new.classes)
    if strange:
        return f"the held-out texts have classes that no model knows ({', '.join(sorted(strange))})"
    rows = np.flatnonzero(~seen)
    if len(rows) < params.registry.min_rows:
        return (
            f"only {len(rows):,} of {len(seen):,} held-out texts are new to both models, and "
            f"registry.min_rows is {params.registry.min_rows}"
        )
    texts = [held_out.texts[row] for row in rows]
    classes = list(new.classes)
    target = np.array([classes.index(held_out.classes[i]) for i in held_out.labels[rows]])
    return compare(
        Metric("macro-F1", partial(macro_f1, classes=len(classes)), higher_is_better=True),
        target,
        *(_answers(model, texts, classes) for model in (old, new)),
        resamples=params.evaluate.bootstrap,
        seed=params.data.seed,
        left_out=int(seen.sum()),
    )


def _answers(model: Predictor, texts: list[str], classes: list[str]) -> Classes:
    """Each text's label as its position in `classes`; two models may have them in other orders."""
    places = np.array([classes.index(name) for name in model.classes])
    found: Classes = places[model.logits(texts).argmax(axis=1)]
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
