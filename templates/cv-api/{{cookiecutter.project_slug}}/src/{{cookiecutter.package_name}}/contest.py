"""The champion and a new model on the same held-out pictures, each as serving would run it."""

from __future__ import annotations

from pathlib import Path

from .classifier_contest import compare_models
from .config import Params
from .data import load_test
from .pixel_cache import pixels_of
from .promotion import Comparison
from .training_rows import seen


def contest(params: Params, champion: Path, challenger: Path) -> Comparison | str:
    """Both models' macro-F1 on the held-out pictures, or the reason why they cannot be compared.

    champion, challenger: folders as `train` writes them. Pictures that either has seen are left
    out.
    """
    return compare_models(
        params,
        champion,
        challenger,
        load_test,
        seen,
        lambda model, held_out: model.logits(pixels_of(held_out, model.preprocessing)),
        "pictures",
    )
