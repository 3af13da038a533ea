"""Leave out one ingredient of the trained model at a time, and measure what that costs.

The pictures are training pictures, each predicted by a model that has not seen it or a near
duplicate of it; the held-out pictures stay closed. What has been fitted is kept in
reports/ablation/ until something that it depends on changes, so a run that is cut off goes on where
it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from . import tracking
from .ablation import leave_out
from .ablation_cache import Outcomes, code_digest
from .ablation_summary import show_section
from .artifacts import library_versions, read_manifest
from .classifier_ablation import (
    FIGURE,
    OUTCOMES,
    Bench,
    check_model,
    drawn_rows,
    fold_numbers,
    study,
    write,
)
from .config import Params
from .data import ImageData, load_train, load_validation
from .fitting import LIBRARIES
from .ingredients import ingredients
from .metrics_file import METRICS, MODELS, read_metrics
from .recipes import Recipe, bench_of
from .report import PROJECT
from .training_rows import chosen_rows, trained_rows


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
    check_model(params, manifest)
    name = f"ablate {manifest.name}"
    with tracking.start_run(params.tracking, PROJECT, name, {"step": "ablate"}) as run:
        train = trained_rows(manifest, MODELS, load_train(params))
        validation = chosen_rows(manifest, MODELS, load_validation(params))
        full = Recipe.of(_as_trained(params, metrics["training"]))
        listed = ingredients(metrics["image"]["size"], metrics["training"]["augmentation"])
        every = [(each.ingredient, each.remove) for each in listed]
        recipes, left_out = leave_out(params.ablate.ingredients, every, full)
        pictures = train.take(drawn_rows(len(train.labels), params))
        found = study(
            params,
            _bench(params, pictures, validation),
            pictures.labels,
            len(pictures.classes),
            full,
            recipes,
            left_out,
            version=manifest.version,
            noun="pictures",
        )
        metrics = write(found, manifest, run, "pictures")
    return Ablation(metrics, FIGURE)


def show(result: Ablation, console: Console) -> None:
    """Print what each ingredient is worth, and how sure that is."""
    show_section(result.metrics["ablation"], result.metrics["data"]["name"], console)
    console.print(f"Wrote {METRICS} and {result.figure}.", highlight=False)


def _as_trained(params: Params, training: Mapping[str, Any]) -> Params:
    """The settings, with what `train` chose by the number of pictures: here there are fewer."""
    augment = {"augment": training["augmentation"]["kind"]}
    return params.model_copy(
        update={
            "train": params.train.model_copy(update=augment),
            "model": params.model.model_copy(update={"width": training["width"]}),
        }
    )


def _bench(params: Params, pictures: ImageData, validation: ImageData) -> Bench[Recipe]:
    """Where the recipes are measured; near duplicates are in one fold."""
    fold_of = fold_numbers(
        pictures.labels,
        pictures.duplicate_groups(),
        len(pictures.classes),
        params.ablate.folds,
        params.data.seed,
        "pictures",
    )
    outcomes = Outcomes(OUTCOMES, _context(params, pictures, validation))
    return bench_of(pictures, validation, fold_of, outcomes)


def _context(params: Params, pictures: ImageData, validation: ImageData) -> dict[str, Any]:
    """What every fit depends on beside the recipe."""
    seen = hashlib.sha256()
    for part in (pictures, validation):
        seen.update(part.hashes.tobytes())
        seen.update(part.labels.tobytes())
    return {
        "pictures": seen.hexdigest(),
        "classes": list(pictures.classes),
        "folds": params.ablate.folds,
        "seed": params.data.seed,
        "libraries": library_versions((*LIBRARIES, "pillow", "numpy")),
        "code": code_digest(Path(__file__).parent),
    }
