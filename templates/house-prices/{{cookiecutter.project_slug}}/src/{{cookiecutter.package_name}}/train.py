"""Cross-validate the models, fit the chosen one on every training row, and export it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import joblib
import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from . import export, reference, tracking, training, training_rows
from .artifacts import Manifest, git_revision, write_manifest
from .config import Params
from .contest import contest
from .crossvalidation import OutOfFold, cross_validate, fold_numbers
from .data import TableData, load_train
from .eda_figures import Units
from .evaluate_figures import Look, predictions_figure
from .intervals import conformal_halfwidth
from .metrics import headline, over_folds
from .metrics_file import METRICS as METRICS
from .metrics_file import MODELS as MODELS
from .models import (
    BASELINES,
    blend_weights,
    build_model,
    build_stack,
    cross_fitted_blend,
)
from .plotting import save_figure
from .progress import CONSOLE, steps
from .registry import Registry
from .target import forward, inverse
from .target_facts import target_facts
from .train_facts import environment
from .train_summary import show as show
from .training import NewModel, TrainingResult, register_model

Array = npt.NDArray[np.float64]

FIGURE = Path("reports/figures/out-of-fold-predictions.png")
PROJECT = Path(__file__).parent.name.replace("_", "-")
# What model.joblib holds objects of.
PICKLED = ("scikit-learn", "xgboost-cpu", "xgboost", "lightgbm")
LIBRARIES = (*PICKLED, "onnx", "onnxruntime", "numpy")
REQUIREMENTS = ["scikit-learn", "pandas", "xgboost", "lightgbm", "scipy"]


@dataclass(frozen=True)
class Built(NewModel):
    """A new model, complete in a folder of its own; its figure is of out-of-fold predictions."""

    model: Pipeline
    data: TableData


def train(params: Params) -> TrainingResult:
    """Cross-validate, fit, export to models/, write reports/metrics.json, and register the model.

    The old model stays in place until the new one is complete; from then on the new one is kept,
    whatever becomes of the tracking server. Raises UserError.
    """
    name = f"train {params.train.model}"
    with tracking.start_run(params.tracking, PROJECT, name, {"step": "train"}) as run:
        data = load_train(params)
        run.log_params(params.model_dump(mode="json"))
        return training.train_in_place(
            run,
            lambda folder: build(params, data, folder),
            lambda uri, built: register(run, uri, params, built),
            FIGURE,
        )


def put_in_place(built: Built) -> None:
    """Make a new model the one in models/, with its figures in reports/."""
    training.put_in_place(built, FIGURE)


def register(run: tracking.Run, uri: str, params: Params, built: Built) -> dict[str, Any]:
    """Log a new model, register it and let it challenge the champion.

    Returns its metrics, with how that went. Raises UserError if the server cannot be used.
    """
    return register_model(
        run,
        Registry(params.registry.name or PROJECT, uri),
        built,
        _log(run, built),
        params.registry.promote,
        lambda champion: contest(params, champion, built.folder),
    )


def build(params: Params, data: TableData, folder: Path) -> Built:
    """Cross-validate, fit on every training row, and export into `folder`."""
    started = time.perf_counter()
    target = forward(data.target.to_numpy(), params.train.log_target)
    fold_of = fold_numbers(data.duplicate_groups(), params.train.folds, params.data.seed)
    found = _cross_validate(params, data, target, fold_of)
    weights: dict[str, float] = {}
    if params.train.model == "stack":
        candidates = list(params.train.candidates)
        oof = np.column_stack([found[name].prediction for name in candidates])
        found["stack"] = OutOfFold(
            cross_fitted_blend(oof, target, fold_of),
            sum(found[name].seconds for name in candidates),
        )
        shares = blend_weights(oof, target)
        weights = {
            each: float(share) for each, share in zip(candidates, shares, strict=True) if share > 0
        }
    scores = _scores(params, data, found, fold_of)
    halfwidth = conformal_halfwidth(
        found[params.train.model].prediction, target, params.train.coverage
    )
    with CONSOLE.status(f"Fitting {params.train.model} on all {len(target):,} training rows"):
        model = _fit(params, data, target, weights)
    metrics: dict[str, Any] = {
        "data": data.meta.model_dump(mode="json"),
        "target": target_facts(data),
        "environment": environment(LIBRARIES),
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": params.train.model,
        "weights": weights,
        "cross_validation": {
            "folds": params.train.folds,
            "seed": params.data.seed,
            "rows": len(target),
            "models": scores,
        },
        "interval": {"coverage": params.train.coverage, "halfwidth": halfwidth},
    }
    chosen = found[params.train.model]
    with CONSOLE.status("Exporting to ONNX and comparing the two on every row"):
        manifest = _write(params, data, model, metrics, halfwidth, chosen.prediction, folder)
    figure = _draw(data, chosen, metrics, params.train.log_target, folder)
    metrics |= {"version": manifest.version, "seconds": time.perf_counter() - started}
    return Built(folder, figure, manifest, metrics, model, data)


def _cross_validate(
    params: Params, data: TableData, target: Array, fold_of: npt.NDArray[np.int64]
) -> dict[str, OutOfFold]:
    """Out-of-fold predictions of the baselines, and of the chosen model or all candidates."""
    chosen = params.train.candidates if params.train.model == "stack" else (params.train.model,)
    names = list(dict.fromkeys([*BASELINES, *chosen]))
    builders: dict[str, Callable[[], Pipeline]] = {
        name: partial(
            build_model, name, data.schema, params.hyperparameters(name), params.data.seed
        )
        for name in names
    }
    with steps("Cross-validation", len(names) * params.train.folds) as bar:
        return cross_validate(
            builders, data.frame, target, fold_of, params.train.n_jobs or -1, bar.advance
        )


def _scores(
    params: Params, data: TableData, found: dict[str, OutOfFold], fold_of: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Per model: each metric with its spread, the lift over the baselines, the fits' seconds."""
    prices = np.asarray(data.target, dtype=np.float64)
    scores: dict[str, Any] = {}
    for name, out_of_fold in found.items():
        predicted = inverse(out_of_fold.prediction, params.train.log_target)
        scores[name] = over_folds(prices, predicted, fold_of)
    # What one model lacks ranks none: a price below zero, say, has no logarithm.
    shared = set.intersection(*(set(score) for score in scores.values()))
    scores = {
        name: {key: score[key] for key in score if key in shared} for name, score in scores.items()
    }
    metric = headline(scores["mean"])
    for name, score in scores.items():
        score["lift"] = {
            baseline: 1.0 - score[metric]["overall"] / scores[baseline][metric]["overall"]
            for baseline in BASELINES
        }
        score["seconds"] = found[name].seconds
    return scores


def _fit(params: Params, data: TableData, target: Array, weights: dict[str, float]) -> Pipeline:
    """The chosen model, fitted on every training row."""
    name, seed = params.train.model, params.data.seed
    if name == "stack":
        members = {member: params.hyperparameters(member) for member in weights}
        model = build_stack(members, list(weights.values()), data.schema, seed)
    else:
        model = build_model(name, data.schema, params.hyperparameters(name), seed)
    with threadpool_limits(limits=1):
        return model.fit(data.frame, target)


def _write(
    params: Params,
    data: TableData,
    model: Pipeline,
    metrics: dict[str, Any],
    halfwidth: float,
    out_of_fold: Array,
    folder: Path,
) -> Manifest:
    """Write every artifact into `folder`, and the manifest that vouches for them."""
    transform: Literal["log", "identity"] = "log" if params.train.log_target else "identity"
    joblib.dump(model, folder / "model.joblib", compress=3)
    difference = export.export(model, data.schema, data.frame, transform, folder)
    training_rows.write(data, folder)
    prediction = inverse(out_of_fold, params.train.log_target)
    reference.write(data, prediction, params.data.seed, folder)
    artifacts = tuple(sorted(path.name for path in folder.iterdir()))
    score = metrics["cross_validation"]["models"][params.train.model]
    return write_manifest(
        folder,
        artifacts,
        name=params.train.model,
        data=metrics["data"],
        metrics={
            key: {"overall": value["overall"], "std": value["std"]}
            for key, value in score.items()
            if key not in {"lift", "seconds"}
        },
        settings={
            "target": data.schema.target,
            "target_transform": transform,
            "interval_halfwidth": halfwidth,
            "coverage": params.train.coverage,
            "onnx_difference": difference,
            "target_range": [float(data.target.min()), float(data.target.max())],
        },
        libraries=LIBRARIES,
    )


def _draw(
    data: TableData,
    out_of_fold: OutOfFold,
    metrics: dict[str, Any],
    log_target: bool,
    folder: Path,
) -> Path:
    """Draw the chosen model's out-of-fold predictions into `folder`."""
    raw, width = out_of_fold.prediction, metrics["interval"]["halfwidth"]
    figure = predictions_figure(
        np.asarray(data.target, dtype=np.float64),
        inverse(raw, log_target),
        inverse(raw - width, log_target),
        inverse(raw + width, log_target),
        Look(Units.of(data), data.schema.target, data.meta.name),
        rows="out-of-fold rows",
    )
    return save_figure(figure, folder / FIGURE.name)


def _log(run: tracking.Run, built: Built) -> str:
    """Log the run's figures, fold by fold, and the model. Returns the model's id."""
    metrics, data = built.metrics, built.data
    for name, score in metrics["cross_validation"]["models"].items():
        figures = {key: value for key, value in score.items() if key not in {"lift", "seconds"}}
        for fold in range(metrics["cross_validation"]["folds"]):
            run.log_metrics(
                {f"{name}/fold/{key}": value["folds"][fold] for key, value in figures.items()},
                step=fold,
            )
        run.log_metrics({f"{name}/{key}": value["overall"] for key, value in figures.items()})
    run.log_params({"data_sha256": data.meta.sha256, "git_revision": git_revision()})
    example = data.frame.head(3)
    return run.log_model(built.model, example, built.model.predict(example), REQUIREMENTS)
