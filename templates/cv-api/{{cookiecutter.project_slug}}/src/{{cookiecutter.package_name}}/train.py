"""Train the ladder of models, export the last one, and measure all on validation pictures."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from . import examples, mlflow_model, model_facts, reference, tracking, training, training_rows
from .abstention import answer_threshold
from .api.predictor import ARTIFACTS, Predictor
from .artifacts import MANIFEST
from .baselines import BASELINES, Baseline, fit_baseline
from .calibration import fit_temperature, probabilities
from .classifier_training import log_classifier, timed, vouch
from .components import MOST_PICTURES, Components, fit_components
from .config import Network, Params
from .contest import contest
from .data import ImageData, load_train, load_validation
from .defaults import for_another, is_balanced
from .energy import energy_threshold
from .export import NAME as ONNX
from .export import Exported, export
from .export import run as run_exported
from .fitting import LIBRARIES as TRAINED_WITH
from .fitting import Trained, fit_network
from .ladder import Ladder
from .metrics_file import METRICS as METRICS
from .metrics_file import MODELS as MODELS
from .picture import Pixels
from .pixel_cache import pixels_of
from .plotting import save_figure
from .progress import CONSOLE
from .registry import Registry
from .torch_processes import ALONE, Processes, joined
from .train_facts import environment
from .train_figures import curve_figure
from .train_summary import show as show
from .training import NewModel, TrainingResult, register_model

FIGURE = Path("reports/figures/training-curve.png")
PROJECT = Path(__file__).parent.name.replace("_", "-")
CHECKPOINTS = MODELS / ".checkpoints"
# Of the models, simplest first.
ORDER: tuple[Baseline | Network, ...] = ("majority", "logistic", "cnn", "resnet", "pretrained")
NETWORKS: tuple[Network, ...] = ("cnn", "resnet", "pretrained")
BASELINE = "baseline.joblib"
# What baseline.joblib holds objects of.
PICKLED = ("scikit-learn",)
LIBRARIES = (*PICKLED, *TRAINED_WITH, "onnx", "onnxruntime", "pillow", "numpy")
REQUIREMENTS = ("msgspec", "numpy", "onnxruntime", "pandas", "pillow", "pydantic")


@dataclass(frozen=True)
class Built(NewModel):
    """A new model, complete in a folder of its own."""

    example: str
    """A validation picture's file, in base64."""


@dataclass(frozen=True)
class _Part:
    """Pictures, and their pixels as the trained model sees them."""

    data: ImageData
    pixels: Pixels


def train(params: Params) -> TrainingResult:
    """Train, measure and export to models/, write reports/metrics.json, and register the model.

    The old model stays in place until the new one is complete; from then on the new one is kept,
    whatever becomes of the tracking server. Under `torchrun` the first process does all this; the
    others take their share of the training and leave. Raises UserError.
    """
    with joined() as processes:
        if not processes.first:
            _help(params, processes)
            raise SystemExit(0)
        name = f"train {params.trained_model}"
        with tracking.start_run(params.tracking, PROJECT, name, {"step": "train"}) as run:
            with processes.first_before_others():
                data = load_train(params)
            run.log_params(params.model_dump(mode="json"))
            return training.train_in_place(
                run,
                lambda folder: build(params, data, folder, processes),
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
    model = mlflow_model.Classifier(Predictor.load(built.folder))
    example = pd.DataFrame({mlflow_model.IMAGE: [built.example]})
    loader = mlflow_model.__name__
    return register_model(
        run,
        Registry(params.registry.name or PROJECT, uri),
        built,
        log_classifier(run, built, loader, ARTIFACTS, example, model.predict, REQUIREMENTS),
        params.registry.promote,
        lambda champion: contest(params, champion, built.folder),
    )


def build(
    params: Params,
    data: ImageData,
    folder: Path,
    processes: Processes = ALONE,
) -> Built:
    """Train the models, measure them on validation pictures, and export the last into `folder`."""
    started = time.perf_counter()
    validation = load_validation(params)
    name = params.trained_model
    trained, seconds = timed(lambda: _fit(name, params, data, validation, processes))
    seen, chosen = (
        _Part(part, pixels_of(part, trained.preprocessing)) for part in (data, validation)
    )
    ladder = Ladder(ORDER, validation.labels, len(data.classes))
    joblib.dump(_compare_baselines(params, seen, chosen, ladder), folder / BASELINE, compress=3)
    _compare_networks(params, data, validation, processes, ladder)
    with CONSOLE.status("Exporting to ONNX, and comparing with PyTorch"):
        exported = export(trained, chosen.pixels, params.export, folder)
        components = _write_components(seen, params.data.seed, folder)
    trained.save(folder)
    temperature = fit_temperature(exported.logits, validation.labels)
    energies = model_facts.energies(exported, components, temperature)
    passing = {
        "threshold": energy_threshold(energies, params.answer.kept),
        "kept": params.answer.kept,
    }
    familiar = energies <= passing["threshold"]
    shown = _write_examples(validation, exported, familiar, folder)
    threshold = answer_threshold(
        probabilities(exported.logits, temperature), validation.labels, params.answer.precision
    )
    metrics = _metrics(params, data, trained)
    metrics |= {
        "calibration": model_facts.calibration(exported, validation.labels, temperature),
        "export": exported.as_dict(),
        "answer": {"asked": params.answer.precision, **threshold.as_dict()},
    }
    settings = model_facts.settings(
        params, trained, exported, temperature, threshold, passing, shown
    )
    # A first manifest, so that the model can be loaded as serving does it.
    vouch(folder, ARTIFACTS, metrics, settings, LIBRARIES)
    predictor = Predictor.load(folder)
    ladder.add(name, predictor.logits(chosen.pixels).argmax(axis=1), seconds)
    metrics["validation"] = {
        "rows": len(validation.labels),
        "seed": params.data.seed,
        "models": ladder.as_dict(),
    }
    reference.write(data, validation, predictor, params.data.seed, folder)
    training_rows.write(data, validation, folder)
    drawn = curve_figure(trained.training, name, data.meta.name, "pictures")
    figure = save_figure(drawn, folder / FIGURE.name)
    kept = {path.name for path in folder.iterdir()} - {MANIFEST, figure.name}
    manifest = vouch(folder, tuple(sorted(kept)), metrics, settings, LIBRARIES)
    metrics |= {"version": manifest.version, "seconds": time.perf_counter() - started}
    shutil.rmtree(CHECKPOINTS, ignore_errors=True)
    return Built(folder, figure, manifest, metrics, shown[0].image)


def _metrics(params: Params, data: ImageData, trained: Trained) -> dict[str, Any]:
    """The first sections of reports/metrics.json."""
    return {
        "data": data.meta.model_dump(mode="json"),
        "environment": environment(LIBRARIES),
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": trained.name,
        "classes": model_facts.class_counts(params),
        "image": trained.preprocessing.as_dict(),
        "training": trained.training,
    }


def _help(params: Params, processes: Processes) -> None:
    """Take part in the trainings of the first process."""
    with processes.first_before_others():
        data, validation = load_train(params), load_validation(params)
    _fit(params.trained_model, params, data, validation, processes)
    for name in _compared_networks(params):
        _fit(name, for_another(params), data, validation, processes)


def _fit(
    name: Network, params: Params, data: ImageData, validation: ImageData, processes: Processes
) -> Trained:
    folder = CHECKPOINTS / name
    return fit_network(name, params, data, validation, checkpoints=folder, processes=processes)


def _compare_baselines(params: Params, seen: _Part, chosen: _Part, ladder: Ladder) -> Pipeline:
    """Put the baselines on the ladder. Returns the last, which later steps compare with."""
    for name in BASELINES:
        with CONSOLE.status(f"Fitting {name}"):
            fit = partial(
                fit_baseline,
                name,
                seen.pixels,
                seen.data.labels,
                balanced=is_balanced(params, seen.data.labels),
                seed=params.data.seed,
            )
            pipeline, seconds = timed(fit)
        if name in params.train.compare:
            predicted = np.asarray(pipeline.predict(chosen.pixels), dtype=np.int64)
            ladder.add(name, predicted, seconds)
    return pipeline


def _compared_networks(params: Params) -> list[Network]:
    """The networks to compare with: those that are simpler than the trained one."""
    simpler = NETWORKS[: NETWORKS.index(params.trained_model)]
    return [name for name in simpler if name in params.train.compare]


def _compare_networks(
    params: Params, data: ImageData, validation: ImageData, processes: Processes, ladder: Ladder
) -> None:
    """Put the simpler networks on the ladder."""
    own = for_another(params)
    for name in _compared_networks(params):
        fitted, seconds = timed(partial(_fit, name, own, data, validation, processes))
        logits = fitted.logits(pixels_of(validation, fitted.preprocessing))
        ladder.add(name, logits.argmax(axis=1), seconds)


def _write_components(seen: _Part, seed: int, folder: Path) -> Components:
    """Write the directions in which the model's features of training pictures vary most."""
    count = min(len(seen.pixels), MOST_PICTURES)
    rows = np.random.default_rng(seed).choice(len(seen.pixels), count, replace=False)
    logits, features = run_exported(folder / ONNX, seen.pixels[np.sort(rows)])
    found = fit_components(features, highest=float(logits.max(axis=1).mean()))
    found.save(folder)
    return found


def _write_examples(
    validation: ImageData,
    exported: Exported,
    familiar: npt.NDArray[np.bool_],
    folder: Path,
) -> list[examples.Example]:
    """Write a few validation pictures to show."""
    candidates = examples.Candidates(
        validation.pictures,
        validation.names,
        validation.labels,
        exported.logits.argmax(axis=1),
        familiar,
        validation.classes,
    )
    chosen = examples.choose(candidates)
    examples.write(chosen, folder)
    return chosen
