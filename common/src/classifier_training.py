"""What every `train` of a classifier does: time its models, vouch for its files, log it all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from .artifacts import MANIFEST, Manifest, git_revision, write_manifest
from .tracking import Run
from .training import NewModel

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("macro_f1", "accuracy")
T = TypeVar("T")


def timed(make: Callable[[], T]) -> tuple[T, float]:
    """What `make` gives, and the seconds that it took."""
    started = time.perf_counter()
    return make(), time.perf_counter() - started


def vouch(
    folder: Path,
    artifacts: tuple[str, ...],
    metrics: dict[str, Any],
    settings: dict[str, Any],
    libraries: tuple[str, ...],
) -> Manifest:
    """Write the manifest for these files."""
    models = metrics.get("validation", {}).get("models", {})
    score = models.get(metrics["model"], {})
    return write_manifest(
        folder,
        artifacts,
        name=metrics["model"],
        data=metrics["data"],
        metrics={key: score[key] for key in MEASURES if key in score},
        settings=settings,
        libraries=libraries,
    )


def log_classifier(
    run: Run,
    built: NewModel,
    loader: str,
    artifacts: Sequence[str],
    example: pd.DataFrame,
    answer: Callable[[pd.DataFrame], pd.DataFrame],
    requirements: Sequence[str],
) -> str:
    """Log the run's figures, epoch by epoch, and the model. Returns the model's id.

    loader: the module that MLflow loads the model by, see `Run.log_folder`. artifacts: the files
    that serving reads. answer: the model, from a table such as `example` to its answers.
    """
    metrics = built.metrics
    for name, score in metrics["validation"]["models"].items():
        run.log_metrics({f"{name}/{key}": score[key]["overall"] for key in MEASURES})
    for epoch in metrics["training"]["curve"]:
        figures = {f"curve/{key}": value for key, value in epoch.items() if key != "epoch"}
        run.log_metrics(figures, step=int(epoch["epoch"]))
    run.log_metrics({f"calibration/{key}": each for key, each in metrics["calibration"].items()})
    run.log_params({"data_sha256": metrics["data"]["sha256"], "git_revision": git_revision()})
    with TemporaryDirectory(prefix="model-") as name:
        for each in (*artifacts, MANIFEST):
            shutil.copyfile(built.folder / each, Path(name) / each)
        return run.log_folder(Path(name), loader, example, answer(example), list(requirements))
