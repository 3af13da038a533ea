"""What every `ablate` of a classifier does: predict rows out of fold, compare, write it down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from .ablation import Ingredient, Outcome, section
from .ablation_cache import Outcomes
from .ablation_figure import ablation_figure
from .artifacts import Manifest, write_json
from .classification import macro_f1
from .config import Params
from .errors import UserError
from .metrics_file import METRICS, MODELS, read_again
from .paired import Metric
from .plotting import save_figure
from .progress import CONSOLE
from .tracking import Run

Classes = npt.NDArray[np.int64]

OUTCOMES = Path("reports/ablation")
FIGURE = Path("reports/figures/ablation.png")


class Fitted(Protocol):
    """A recipe, as far as outcomes are kept of it."""

    def fit_of(self, fold: int) -> dict[str, Any]:
        """What one fit depends on, given the rows: equal values, equal fits."""
        ...


R = TypeVar("R", bound=Fitted)


@dataclass(frozen=True)
class Bench(Generic[R]):
    """Out-of-fold predictions of recipes over one set of folds; no fit is made twice."""

    fold_of: Classes
    """(n,) the fold in which each row is held out."""
    fit: Callable[[R, Classes], tuple[Classes, float]]
    """From a recipe and the numbers of the held-out rows to their classes, predicted by what was
    fitted to the others, and the seconds of the fit."""
    outcomes: Outcomes

    def measure(self, recipe: R, on_fit: Callable[[], None] = lambda: None) -> Outcome:
        """The recipe's classes, (n,), and the seconds of its fits; fitted where not kept.

        on_fit: called before each fit.
        """
        predicted = np.empty(len(self.fold_of), dtype=np.int64)
        seconds = 0.0
        for fold in np.unique(self.fold_of).tolist():
            held_out = np.flatnonzero(self.fold_of == fold)
            kept = self.outcomes.get(recipe.fit_of(fold))
            if kept is None:
                on_fit()
                classes, took = self.fit(recipe, held_out)
                kept = {"predicted": classes.astype(np.int64), "seconds": np.array(took)}
                self.outcomes.put(recipe.fit_of(fold), kept)
            predicted[held_out] = kept["predicted"]
            seconds += float(kept["seconds"])
        return Outcome(predicted, seconds)


def drawn_rows(count: int, params: Params) -> Classes:
    """The numbers of the training rows that are used: `ablate.rows` of `count` at most, sorted."""
    random = np.random.default_rng(params.data.seed)
    return np.sort(random.choice(count, min(params.ablate.rows, count), replace=False))


def fold_numbers(
    labels: Classes, groups: Classes, classes: int, folds: int, seed: int, noun: str
) -> Classes:
    """The fold in which each row is held out, (n,); groups stay together, classes are balanced.

    labels, groups: shape (n,). noun: what the rows are, such as "texts". Raises UserError if a
    class has fewer rows than there are folds.
    """
    fewest = int(np.bincount(labels, minlength=classes).min())
    if fewest < folds:
        raise UserError(
            f"ablate: a class has {fewest} of the {noun}, and ablate.folds is {folds}. Set "
            "ablate.rows higher, or ablate.folds lower."
        )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    found = np.empty(len(labels), dtype=np.int64)
    for fold, (_, rows) in enumerate(splitter.split(labels, labels, groups)):
        found[rows] = fold
    return found


def study(
    params: Params,
    bench: Bench[R],
    labels: Classes,
    classes: int,
    full: R,
    recipes: Mapping[Ingredient, R],
    left_out: Mapping[Ingredient, str],
    *,
    version: str,
    noun: str,
) -> dict[str, Any]:
    """Fit what has not been fitted, and compare by macro-F1. Returns the section of metrics.json.

    labels: the rows' true classes, (n,). left_out: ingredients that are not used, and why.
    """
    complete = bench.measure(full, partial(_announce, "The complete recipe"))
    without: dict[Ingredient, Outcome] = {}
    for number, (ingredient, recipe) in enumerate(recipes.items(), start=1):
        told = f"{number}/{len(recipes)} Without: {ingredient.title}"
        without[ingredient] = bench.measure(recipe, partial(_announce, told))
    bench.outcomes.forget_others()
    with CONSOLE.status(f"Comparing them on resamples of the {noun}"):
        return section(
            Metric("macro_f1", partial(macro_f1, classes=classes), True),
            labels,
            bench.fold_of,
            complete,
            without,
            left_out,
            version=version,
            resamples=params.ablate.bootstrap,
            seed=params.data.seed,
        )


def write(found: dict[str, Any], manifest: Manifest, run: Run, noun: str) -> dict[str, Any]:
    """Draw the section, write it into metrics.json, and log both. Returns all of metrics.json."""
    data = manifest.data
    figure = ablation_figure(found, data["name"], "1 is perfect", "macro-F1", noun)
    metrics = {**read_again(manifest), "ablation": found}
    write_json(METRICS, metrics)
    save_figure(figure, FIGURE)
    run.log_params({"version": manifest.version, "data_sha256": data["sha256"]})
    run.log_metrics(
        {f"ablation/{each['name']}": each["difference"] for each in found["ingredients"]}
    )
    run.log_files([METRICS, FIGURE], "reports")
    return metrics


def check_model(params: Params, manifest: Manifest) -> None:
    """Raise UserError if `train` made another model than these settings name."""
    now = {
        "train.model": params.trained_model,
        "model.name": params.model.name if params.trained_model == "pretrained" else None,
    }
    was = {"train.model": manifest.name, "model.name": manifest.settings["model"]}
    for key, value in now.items():
        if was[key] != value:
            raise UserError(
                f"{MODELS}: the model was trained with another {key} ({was[key]}, now {value}). "
                "Run `train` again, or restore the setting."
            )


def _announce(text: str) -> None:
    # A line, not a bar: the training that follows shows one of its own.
    CONSOLE.print(text, highlight=False, markup=False)
