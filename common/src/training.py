"""What every `train` does around a new model: put it in place once it is complete, register it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from .artifacts import (
    MANIFEST,
    Manifest,
    atomic_path,
    json_text,
    publish,
    staging_folder,
    write_json,
)
from .challenge import Candidate, Contest, challenge
from .errors import UserError
from .metrics_file import METRICS, MODELS
from .progress import CONSOLE
from .promotion import Policy
from .registry import Registry
from .tracking import Run


@dataclass(frozen=True)
class TrainingResult:
    """What `train` found and wrote."""

    manifest: Manifest
    metrics: dict[str, Any]
    """As written to reports/metrics.json."""


@dataclass(frozen=True)
class NewModel:
    """A new model, complete in a folder of its own."""

    folder: Path
    figure: Path
    """The picture of its training."""
    manifest: Manifest
    metrics: dict[str, Any]


Built = TypeVar("Built", bound=NewModel)


def train_in_place(
    run: Run,
    build: Callable[[Path], Built],
    register: Callable[[str, Built], dict[str, Any]],
    figure: Path,
) -> TrainingResult:
    """Build a model in a folder of its own, make it the one in models/, and register it.

    build: writes all of it to the folder given. register: takes the tracking server's address.
    figure: where the picture of the training belongs. The old model stays in place until the new
    one is complete; from then on the new one is kept, whatever becomes of the tracking server.
    Raises UserError.
    """
    with staging_folder(MODELS) as staging:
        built = build(staging)
        put_in_place(built, figure)
    if run.uri is None:
        return TrainingResult(built.manifest, built.metrics)
    try:
        metrics = register(run.uri, replace(built, folder=MODELS, figure=figure))
        write_json(METRICS, metrics)
        run.log_files([METRICS, MODELS / MANIFEST], "reports")
    except UserError as error:
        raise UserError(
            f"The new model is in {MODELS}/ (version {built.manifest.version}) and can be "
            f"served, but not all of it is in MLflow: {error}"
        ) from None
    return TrainingResult(built.manifest, metrics)


def put_in_place(built: NewModel, figure: Path) -> None:
    """Make a new model the one in models/, with its figure and its figures in reports/."""
    # All is written first and renamed last, so that a full disk leaves everything as it was.
    with atomic_path(figure) as drawn, atomic_path(METRICS) as report:
        shutil.copyfile(built.figure, drawn)
        report.write_text(json_text(built.metrics), encoding="utf-8")
        publish(built.folder, MODELS)


def register_model(
    run: Run, registry: Registry, built: NewModel, model_id: str, policy: Policy, contest: Contest
) -> dict[str, Any]:
    """Register a model that the run has logged, and let it challenge the champion.

    Returns its metrics, with how that went. Raises UserError if the server cannot be used.
    """
    run.log_files([built.figure], "reports/figures")
    candidate = Candidate(model_id, built.folder, built.manifest, built.metrics, [built.figure])
    with CONSOLE.status("Registering the model and comparing it with the champion"):
        return challenge(run, registry, candidate, policy, contest)
