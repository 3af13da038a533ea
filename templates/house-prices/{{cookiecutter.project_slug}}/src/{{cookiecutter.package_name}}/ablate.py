"""Leave out one ingredient of the trained model at a time, and measure what that costs.

The rows, the folds and the seed are those of `train`; the held-out rows stay closed. What has been
fitted is kept in reports/ablation/ until something that it depends on changes, so a run that is
cut off goes on where it was.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console

from . import tracking
from .ablation import Ingredient, Outcome, leave_out, section
from .ablation_cache import Outcomes, code_digest
from .ablation_figure import ablation_figure
from .ablation_summary import show_section
from .artifacts import Manifest, library_versions, read_manifest, write_json
from .config import Params
from .crossvalidation import OutOfFold, fold_numbers
from .data import TableData, load_train
from .eda_figures import Units
from .errors import UserError
from .ingredients import ingredients
from .metrics import headline, rmse
from .metrics_file import METRICS, MODELS, read_again, read_metrics
from .models import BASELINES
from .paired import Metric
from .plotting import save_figure
from .progress import Steps, steps
from .recipes import Bench, Recipe
from .split import row_hashes
from .target import forward
from .train import PICKLED, PROJECT
from .training_rows import trained_rows

Array = npt.NDArray[np.float64]

OUTCOMES = Path("reports/ablation")
FIGURE = Path("reports/figures/ablation.png")
# What predictions depend on beside the code of this package.
LIBRARIES = (*PICKLED, "numpy", "scipy", "pandas")


@dataclass(frozen=True)
class Ablation:
    """What `ablate` found: the sections of reports/metrics.json, and the figure that it drew."""

    metrics: dict[str, Any]
    figure: Path


def ablate(params: Params) -> Ablation:
    """Measure the model without each of its ingredients; writes `ablation` in metrics.json.

    Raises UserError if there is no model, if it was trained on other data or with other settings,
    or if an ingredient is asked for that does not exist.
    """
    manifest = read_manifest(MODELS)
    _check_settings(params, manifest, read_metrics(manifest))
    name = f"ablate {manifest.name}"
    with tracking.start_run(params.tracking, PROJECT, name, {"step": "ablate"}) as run:
        data = trained_rows(manifest, MODELS, load_train(params))
        found = _study(params, data, manifest)
        figure = ablation_figure(found, data.meta.name, _unit(found, data))
        metrics = {**read_again(manifest), "ablation": found}
        write_json(METRICS, metrics)
        save_figure(figure, FIGURE)
        run.log_params({"version": manifest.version, "data_sha256": data.meta.sha256})
        run.log_metrics(
            {
                # Columns may have names that MLflow does not take.
                "ablation/" + re.sub(r"[^\w. -]", "_", each["name"]): each["difference"]
                for each in found["ingredients"]
            }
        )
        run.log_files([METRICS, FIGURE], "reports")
    return Ablation(metrics, FIGURE)


def show(result: Ablation, console: Console) -> None:
    """Print what each ingredient is worth, and how sure that is."""
    show_section(result.metrics["ablation"], result.metrics["data"]["name"], console)
    console.print(f"Wrote {METRICS} and {result.figure}.", highlight=False)


def _study(params: Params, data: TableData, manifest: Manifest) -> dict[str, Any]:
    """Fit what has not been fitted, and compare. Returns the section of metrics.json."""
    outcomes = Outcomes(OUTCOMES, _context(params, data))
    prices = np.asarray(data.target, dtype=np.float64)
    fold_of = fold_numbers(data.duplicate_groups(), params.train.folds, params.data.seed)
    bench = Bench(prices, fold_of, params.data.seed, params.train.n_jobs or -1, outcomes)
    full = Recipe.of(params, data)
    with steps("Complete recipe", len(bench.missing(full)) * bench.folds) as bar:
        complete = bench.measure(full, bar.advance)
    scores = read_metrics(manifest)["cross_validation"]["models"]
    metric = Metric(headline(scores[manifest.name]), rmse)
    target = np.log(prices) if metric.name == "rmse_log" else prices
    _check_figure(metric, target, _outcome(metric, prices, complete), scores[manifest.name])
    every = [(each.ingredient, each.remove) for each in ingredients(full, data, _best(bench, full))]
    recipes, left_out = leave_out(params.ablate.ingredients, every, full)
    found = _measure_all(bench, recipes)
    outcomes.forget_others()
    return section(
        metric,
        target,
        fold_of,
        _outcome(metric, prices, complete),
        {each: _outcome(metric, prices, one) for each, one in found.items()},
        left_out,
        version=manifest.version,
        resamples=params.ablate.bootstrap,
        seed=params.data.seed,
    )


def _measure_all(bench: Bench, recipes: Mapping[Ingredient, Recipe]) -> dict[Ingredient, OutOfFold]:
    """Each recipe's predictions, one recipe after the other, so that each is kept once it is done.

    The bar counts fits, and says which recipe of how many they belong to.
    """
    fits = sum(len(bench.missing(recipe)) for recipe in recipes.values()) * bench.folds
    found = {}
    with steps("Ablation", fits) as bar:
        for number, (ingredient, recipe) in enumerate(recipes.items(), start=1):
            text = f"{number}/{len(recipes)} {ingredient.title}"
            found[ingredient] = bench.measure(recipe, partial(_advance, bar, text))
    return found


def _advance(bar: Steps, text: str, _model: str) -> None:
    bar.advance(text)


def _best(bench: Bench, full: Recipe) -> str:
    """The model of the recipe with the smallest out-of-fold error by itself."""
    target = forward(bench.prices, full.log_target)
    found = bench.single_models(full)
    return min(found, key=lambda name: rmse(target, found[name].prediction))


def _unit(section: Mapping[str, Any], data: TableData) -> str:
    """What the metric is in."""
    target = data.schema.target
    if section["metric"] == "rmse_log":
        return f"log {target}"
    return Units.of(data).names.get(target, target)


def _outcome(metric: Metric, prices: Array, found: OutOfFold) -> Outcome:
    """Predictions as the metric reads them: logarithms for rmse_log.

    Without the logarithm of the target a model may ask for nothing or less, which has none: such a
    prediction is read as the lowest price of the training rows, and a note says so.
    """
    if metric.name != "rmse_log":
        return Outcome(found.prediction, found.seconds)
    positive = found.prediction > 0
    note = None
    if not positive.all():
        note = f"{(~positive).sum()} predictions at or below zero, read as the lowest price"
    prediction = np.log(np.where(positive, found.prediction, prices.min()))
    return Outcome(prediction, found.seconds, note)


def _context(params: Params, data: TableData) -> dict[str, Any]:
    """What every fit depends on beside the recipe."""
    rows = hashlib.sha256(row_hashes(data.frame, data.target).tobytes()).hexdigest()
    return {
        "rows": rows,
        "schema": data.schema.model_dump(mode="json"),
        "folds": params.train.folds,
        "seed": params.data.seed,
        "libraries": library_versions(LIBRARIES),
        "code": code_digest(Path(__file__).parent),
    }


def _check_settings(params: Params, manifest: Manifest, metrics: dict[str, Any]) -> None:
    """Raise UserError if `train` made the model with other settings than these."""
    found = metrics["cross_validation"]
    names = params.train.candidates if params.train.model == "stack" else ()
    transform = "log" if params.train.log_target else "identity"
    for key, was, now in (
        ("train.model", manifest.name, params.train.model),
        (
            "train.candidates",
            sorted(found["models"]),
            sorted({*BASELINES, *names, params.train.model}),
        ),
        ("train.folds", found["folds"], params.train.folds),
        ("train.log_target", manifest.settings["target_transform"], transform),
    ):
        if was != now:
            raise UserError(
                f"{MODELS}: the model was trained with another {key} ({was}, now {now}). "
                "Run `train` again, or restore the setting."
            )


def _check_figure(
    metric: Metric, target: Array, complete: Outcome, score: Mapping[str, Any]
) -> None:
    """Raise UserError if the complete recipe does not come to what `train` measured."""
    now, was = metric.value(target, complete.prediction), score[metric.name]["overall"]
    if not math.isclose(now, was, rel_tol=1e-6):
        raise UserError(
            f"{METRICS}: the model's {metric.name} is {was:.6g}, but its recipe now comes to "
            f"{now:.6g}: a setting, a library or the code has changed since. Run `train` again."
        )
