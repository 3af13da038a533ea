"""Leave out one ingredient of the trained model at a time, and measure what that costs.

The texts are training texts, each predicted by a model that has not seen it; the validation texts
say when a training stops, as in `train`, and the held-out texts stay closed. What has been fitted
is kept in reports/ablation/ until something that it depends on changes, so a run that is cut off
goes on where it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from sklearn.model_selection import StratifiedGroupKFold

from . import tracking
from .ablation import Ingredient, Outcome, leave_out, section
from .ablation_cache import Outcomes, code_digest
from .ablation_figure import ablation_figure
from .ablation_summary import show_section
from .artifacts import Manifest, library_versions, read_manifest, write_json
from .classification import macro_f1
from .config import Params
from .data import TextData, load_train, load_validation
from .errors import UserError
from .fitting import LIBRARIES
from .ingredients import ingredients
from .metrics_file import METRICS, MODELS, read_again, read_metrics
from .paired import Metric
from .plotting import save_figure
from .progress import CONSOLE
from .recipes import Bench, Recipe, rows_of
from .report import PROJECT
from .training_rows import chosen_rows, trained_rows

Classes = npt.NDArray[np.int64]

OUTCOMES = Path("reports/ablation")
FIGURE = Path("reports/figures/ablation.png")


@dataclass(frozen=True)
class Ablation:
    """What `ablate` found: the sections of reports/metrics.json, and the figure that it drew."""

    metrics: dict[str, Any]
    figure: Path


def ablate(params: Params) -> Ablation:
    """Measure the model without each of its ingredients; writes `ablation` in metrics.json.

    Raises UserError if there is no model, if it was trained on other data or with another model
    named, or if an ingredient is asked for that does not exist.
    """
    manifest = read_manifest(MODELS)
    metrics = read_metrics(manifest)
    _check_model(params, manifest)
    name = f"ablate {manifest.name}"
    with tracking.start_run(params.tracking, PROJECT, name, {"step": "ablate"}) as run:
        train = trained_rows(manifest, MODELS, load_train(params))
        validation = chosen_rows(manifest, MODELS, load_validation(params))
        full = Recipe.of(params)
        listed = ingredients(metrics["tokens"]["max_length"])
        every = [(each.ingredient, each.remove) for each in listed]
        recipes, left_out = leave_out(params.ablate.ingredients, every, full)
        found = _study(params, train, validation, full, recipes, left_out, manifest.version)
        figure = ablation_figure(found, train.meta.name, "1 is perfect", "macro-F1", "texts")
        metrics = {**read_again(manifest), "ablation": found}
        write_json(METRICS, metrics)
        save_figure(figure, FIGURE)
        run.log_params({"version": manifest.version, "data_sha256": train.meta.sha256})
        run.log_metrics(
            {f"ablation/{each['name']}": each["difference"] for each in found["ingredients"]}
        )
        run.log_files([METRICS, FIGURE], "reports")
    return Ablation(metrics, FIGURE)


def show(result: Ablation, console: Console) -> None:
    """Print what each ingredient is worth, and how sure that is."""
    show_section(result.metrics["ablation"], result.metrics["data"]["name"], console)
    console.print(f"Wrote {METRICS} and {result.figure}.", highlight=False)


def fold_numbers(train: TextData, folds: int, seed: int) -> Classes:
    """The fold in which each text is held out, (n,); duplicates share one, classes are balanced.

    Raises UserError if a class has fewer texts than there are folds.
    """
    fewest = int(np.bincount(train.labels, minlength=len(train.classes)).min())
    if fewest < folds:
        raise UserError(
            f"ablate: a class has {fewest} of the texts, and ablate.folds is {folds}. Set "
            "ablate.rows higher, or ablate.folds lower."
        )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    found = np.empty(len(train.labels), dtype=np.int64)
    parts = splitter.split(train.texts, train.labels, train.duplicate_groups())
    for fold, (_, rows) in enumerate(parts):
        found[rows] = fold
    return found


def _study(
    params: Params,
    train: TextData,
    validation: TextData,
    full: Recipe,
    recipes: Mapping[Ingredient, Recipe],
    left_out: Mapping[Ingredient, str],
    version: str,
) -> dict[str, Any]:
    """Fit what has not been fitted, and compare. Returns the section of metrics.json."""
    random = np.random.default_rng(params.data.seed)
    count = min(params.ablate.rows, len(train.texts))
    texts = rows_of(train, np.sort(random.choice(len(train.texts), count, replace=False)))
    fold_of = fold_numbers(texts, params.ablate.folds, params.data.seed)
    outcomes = Outcomes(OUTCOMES, _context(params, texts, validation))
    bench = Bench(texts, validation, fold_of, outcomes)
    complete = bench.measure(full, partial(_announce, "The complete recipe"))
    without: dict[Ingredient, Outcome] = {}
    for number, (ingredient, recipe) in enumerate(recipes.items(), start=1):
        told = f"{number}/{len(recipes)} Without: {ingredient.title}"
        without[ingredient] = bench.measure(recipe, partial(_announce, told))
    outcomes.forget_others()
    with CONSOLE.status("Comparing them on resamples of the texts"):
        return section(
            Metric("macro_f1", partial(macro_f1, classes=len(texts.classes)), True),
            texts.labels,
            fold_of,
            complete,
            without,
            left_out,
            version=version,
            resamples=params.ablate.bootstrap,
            seed=params.data.seed,
        )


def _announce(text: str) -> None:
    # A line, not a bar: the training that follows shows one of its own.
    CONSOLE.print(text, highlight=False, markup=False)


def _context(params: Params, texts: TextData, validation: TextData) -> dict[str, Any]:
    """What every fit depends on beside the recipe."""
    seen = hashlib.sha256()
    for part in (texts, validation):
        seen.update("\0".join(part.texts).encode("utf-8", "surrogatepass"))
        seen.update(part.labels.tobytes())
    return {
        "texts": seen.hexdigest(),
        "classes": list(texts.classes),
        "folds": params.ablate.folds,
        "seed": params.data.seed,
        "libraries": library_versions((*LIBRARIES, "scikit-learn", "numpy")),
        "code": code_digest(Path(__file__).parent),
    }


def _check_model(params: Params, manifest: Manifest) -> None:
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
