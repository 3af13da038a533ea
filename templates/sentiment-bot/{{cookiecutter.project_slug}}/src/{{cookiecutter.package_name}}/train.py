"""Train the ladder of models, export the last one, and measure all of them on validation texts."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
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

from . import mlflow_model, model_facts, reference, tracking, training, training_rows
from .api.predictor import ARTIFACTS, TEXT, Prediction, Predictor
from .artifacts import MANIFEST
from .baselines import BASELINES, Baseline, fit_baseline
from .calibration import fit_temperature
from .classifier_training import log_classifier, timed, vouch
from .config import Params
from .contest import contest
from .data import TextData, load_train, load_validation
from .export import export
from .fitting import LIBRARIES as TRAINED_WITH
from .fitting import Name, Transformer, fit_transformer
from .ladder import Ladder
from .metrics_file import METRICS as METRICS
from .metrics_file import MODELS as MODELS
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
ORDER = ("majority", "tfidf", "small", "pretrained")  # of the models, simplest first
BASELINE = "baseline.joblib"
# What baseline.joblib holds objects of.
PICKLED = ("scikit-learn",)
LIBRARIES = (*PICKLED, *TRAINED_WITH, "onnx", "onnxruntime", "numpy")
REQUIREMENTS = ("msgspec", "numpy", "onnxruntime", "pandas", "pydantic", "tokenizers")


@dataclass(frozen=True)
class Built(NewModel):
    """A new model, complete in a folder of its own."""

    example: str
    """A training text."""


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
    example = pd.DataFrame({TEXT: [built.example]})
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
    data: TextData,
    folder: Path,
    processes: Processes = ALONE,
) -> Built:
    """Train the models, measure them on the validation texts, and export the last into `folder`."""
    started = time.perf_counter()
    validation = load_validation(params)
    name = params.trained_model
    trained, seconds = timed(lambda: _fit(name, params, data, validation, processes))
    ladder = Ladder(ORDER, validation.labels, len(data.classes))
    baseline = _compare(params, data, validation, trained, processes, ladder)
    joblib.dump(baseline, folder / BASELINE, compress=3)
    with CONSOLE.status("Exporting to ONNX, and comparing with PyTorch"):
        exported = export(trained, validation.texts, validation.labels, params.export, folder)
    trained.save(folder)
    temperature = fit_temperature(exported.logits, validation.labels)
    metrics = _metrics(params, data, trained)
    metrics |= {
        "calibration": model_facts.calibration(exported, validation, temperature),
        "export": exported.as_dict(),
    }
    example = model_facts.example_text(data)
    settings = model_facts.settings(params, trained, exported, temperature, example)
    # A first manifest, so that the model can be loaded as serving does it.
    vouch(folder, ARTIFACTS, metrics, settings, LIBRARIES)
    answers = Predictor.load(folder).predict(validation.texts)
    ladder.add(name, _numbers(answers, data.classes), seconds)
    metrics["validation"] = {
        "rows": len(validation.texts),
        "seed": params.data.seed,
        "models": ladder.as_dict(),
    }
    reference.write(data, validation, answers, params.data.seed, folder)
    training_rows.write(data, validation, folder)
    drawn = curve_figure(trained.training, name, data.meta.name, "texts")
    figure = save_figure(drawn, folder / FIGURE.name)
    kept = {path.name for path in folder.iterdir()} - {MANIFEST, figure.name}
    manifest = vouch(folder, tuple(sorted(kept)), metrics, settings, LIBRARIES)
    metrics |= {"version": manifest.version, "seconds": time.perf_counter() - started}
    shutil.rmtree(CHECKPOINTS, ignore_errors=True)
    return Built(folder, figure, manifest, metrics, example)


def _metrics(params: Params, data: TextData, trained: Transformer) -> dict[str, Any]:
    """The first sections of reports/metrics.json."""
    return {
        "data": data.meta.model_dump(mode="json"),
        "environment": environment(LIBRARIES),
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": trained.name,
        "classes": model_facts.class_counts(params),
        "tokens": trained.lengths.as_dict(),
        "training": trained.training,
    }


def _numbers(answers: Sequence[Prediction], classes: Sequence[str]) -> npt.NDArray[np.int64]:
    """Each answer's class as a number, shape (n,)."""
    places = {name: place for place, name in enumerate(classes)}
    return np.array([places[each.label] for each in answers], dtype=np.int64)


def _help(params: Params, processes: Processes) -> None:
    """Take part in the trainings of the first process."""
    with processes.first_before_others():
        data, validation = load_train(params), load_validation(params)
    _fit(params.trained_model, params, data, validation, processes)
    if _with_small(params):
        _fit("small", params, data, validation, processes)


def _with_small(params: Params) -> bool:
    return "small" in params.train.compare and params.trained_model != "small"


def _fit(
    name: Name, params: Params, data: TextData, validation: TextData, processes: Processes
) -> Transformer:
    folder = CHECKPOINTS / name
    return fit_transformer(name, params, data, validation, checkpoints=folder, processes=processes)


def _compare(
    params: Params,
    data: TextData,
    validation: TextData,
    trained: Transformer,
    processes: Processes,
    ladder: Ladder,
) -> Pipeline:
    """Put the simpler models on the ladder. Returns TF-IDF's, which later steps compare with."""
    texts, asked = (
        [trained.cleaning.clean(text) for text in part.texts] for part in (data, validation)
    )
    pipelines: dict[Baseline, Pipeline] = {}
    for name in BASELINES:
        with CONSOLE.status(f"Fitting {name}"):
            pipelines[name], seconds = timed(
                partial(
                    fit_baseline,
                    name,
                    texts,
                    data.labels,
                    balanced=params.train.class_weights == "balanced",
                    seed=params.data.seed,
                )
            )
        if name in params.train.compare:
            ladder.add(name, np.asarray(pipelines[name].predict(asked), dtype=np.int64), seconds)
    if _with_small(params):
        small, seconds = timed(lambda: _fit("small", params, data, validation, processes))
        predicted = small.logits(validation.texts).argmax(axis=1)
        ladder.add("small", predicted, seconds)
    return pipelines["tfidf"]
