"""Per template: settings with which its commands take seconds, and what its service is asked.

A new template needs an entry here before the tests that train it can run.
"""

from dataclasses import dataclass, field
from typing import Any

Settings = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Small:
    """How a template is tried out."""

    train: Settings
    """Over the template's own settings, for `train` and, if at all, `evaluate`."""
    portfolio: Settings
    """Over the template's own settings, for all of `make portfolio`."""
    request: dict[str, Any]
    """A body of POST /predict."""
    batch: dict[str, Any]
    """Two of them, as a body of POST /predict/batch."""
    not_for_serving: tuple[str, ...] = field(default=())
    """Modules of training alone, beside those of every template."""
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Further routes that its metrics count, with a body each."""


UNTRACKED = {"tracking": {"enabled": False}}

# 16 x 16 grey PNG files, in base64: a white stroke on black, upright and lying.
UPRIGHT = (
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAAAAAA6mKC9AAAAF0lEQVR42mNgIBv8/w9lMKHLDBYBMgAAsgYCEQornuUA"
    "AAAASUVORK5CYII="
)
LYING = (
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAAAAAA6mKC9AAAAF0lEQVR42mNgGBDAyMDA8B+Zx8QwOAAAl68BBIE2NnAA"
    "AAAASUVORK5CYII="
)

SMALL = {
    "cv-api": Small(
        train={
            "data": {"max_rows": 300},
            "model": {"width": 4},
            "train": {"compare": ["majority"], "epochs": 2},
            "evaluate": {"bootstrap": 100, "errors": 10, "corrupted": 40},
            **UNTRACKED,
        },
        # Few pictures, a narrow network, few epochs, two ingredients.
        portfolio={
            "data": {"max_rows": 400},
            "model": {"width": 8},
            "train": {"epochs": 3},
            "evaluate": {"bootstrap": 200, "errors": 10, "corrupted": 40},
            "explain": {"pictures": 6},
            "ablate": {
                "rows": 200,
                "epochs": 2,
                "bootstrap": 500,
                "ingredients": ["augmentation", "averaging"],
            },
            **UNTRACKED,
        },
        request={"image": UPRIGHT},
        batch={"images": [UPRIGHT, LYING]},
        not_for_serving=("torch", "transformers", "datasets", "accelerate"),
    ),
    "house-prices": Small(
        train={
            "data": {"sample_rows": 300},
            "train": {"model": "ridge", "folds": 3},
            "evaluate": {"bootstrap": 100},
            **UNTRACKED,
        },
        # Few rows, two small models, short explanations.
        portfolio={
            "data": {"sample_rows": 300},
            "train": {"candidates": ["ridge", "xgboost"], "folds": 3},
            "models": {"xgboost": {"n_estimators": 60}},
            "evaluate": {"bootstrap": 200},
            "explain": {"rows": 12, "background": 10},
            "ablate": {"bootstrap": 500},
            **UNTRACKED,
        },
        request={"OverallQual": 7, "GrLivArea": 1710, "Neighborhood": "CollgCr"},
        batch={"rows": [{}, {"OverallQual": 3}]},
        not_for_serving=("shap", "xgboost", "lightgbm"),
    ),
    "sentiment-bot": Small(
        train={
            "data": {"sample_rows": 300},
            "model": {"dimension": 32, "layers": 1, "heads": 2},
            "train": {"epochs": 2},
            "evaluate": {"bootstrap": 100, "errors": 10},
            **UNTRACKED,
        },
        # Few texts, one narrow layer, two ingredients.
        portfolio={
            "data": {"sample_rows": 400},
            "model": {"dimension": 32, "layers": 1, "heads": 2},
            "train": {"epochs": 3},
            "evaluate": {"bootstrap": 200, "errors": 10, "behaviour_texts": 20},
            "explain": {"texts": 12, "top": 5},
            "ablate": {"rows": 200, "bootstrap": 500},
            **UNTRACKED,
        },
        request={"text": "Not bad at all, I would come again :)"},
        batch={"texts": ["I love it", "Never again."]},
        not_for_serving=("torch", "transformers", "datasets", "peft", "accelerate"),
        others={"/chat": {"session": None, "message": "The room was dirty"}},
    ),
}
