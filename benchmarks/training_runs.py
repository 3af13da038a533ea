"""A fresh project of a template, trained and measured: what the benchmarks of accuracy share."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cookiecutter.main import cookiecutter

LIBRARY = Path(__file__).resolve().parents[1]


def measured(template: str, settings: Sequence[str]) -> dict[str, Any]:
    """reports/metrics.json after `train` and `evaluate` in a new project.

    With `whole_seconds`: of the whole `train`, from the start of the process to its end.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = str(LIBRARY / "templates" / template)
        project = Path(cookiecutter(source, no_input=True, output_dir=folder))
        given = [part for each in settings for part in ("--set", each)]
        started = time.perf_counter()
        _run(project, template, "train", *given)
        seconds = time.perf_counter() - started
        _run(project, template, "evaluate", *given)
        metrics: dict[str, Any] = json.loads((project / "reports/metrics.json").read_text())
    return {**metrics, "whole_seconds": seconds}


def model_setting(name: str) -> str:
    """`model.name` as a setting: a hub id, or a folder, which is named from here."""
    folder = Path(name)
    return f"model.name={folder.resolve() if folder.is_dir() else name}"


def _run(project: Path, template: str, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONPATH": "src"}
    # A tracking server that is set for something else has no place in a measurement.
    environment.pop("MLFLOW_TRACKING_URI", None)
    command = [sys.executable, "-m", template.replace("-", "_"), *arguments]
    subprocess.run(command, cwd=project, env=environment, check=True, stdout=subprocess.DEVNULL)
