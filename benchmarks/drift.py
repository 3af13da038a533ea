"""False alarms of `drift` and the shifts that it finds, on made-up house sales and on real ones.

Usage: python benchmarks/drift.py [--resamples 200] [--shifted 20] [--ames TRAIN.csv]

Unchanged: models are trained on samples of ten seeds (960 rows each) and answer fresh rows of the
same generator. The rows of Kaggle's Ames file, if given, are split into two random halves instead,
so that reference and log are both drawn anew. An alarm is exit code 3 with default settings.

Shifted: the same with one change in the log. It counts as named if the changed column is among
those that drifted, or among the first three of the classifier.

Intervals are Clopper and Pearson's (95 %).
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from cookiecutter.main import cookiecutter
from drift_counts import HEADER, SHIFTED_HEADER, print_quiet, print_shifted

PACKAGE = "house_prices"
LIBRARY = Path(__file__).resolve().parents[1]
SIZES = (100, 300, 1000)
TRAININGS = 10
FRESH = 10_000  # seeds of logged rows begin here, far from those of training rows

Shift = Callable[[pd.DataFrame, np.random.Generator], tuple[str, Any]]


def longer(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[str, Any]:
    """Every house has a tenth more living area."""
    return "GrLivArea", rows["GrLivArea"] * 1.1


def moved(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[str, Any]:
    """A fifth of the rows come from one neighbourhood."""
    return "Neighborhood", rows["Neighborhood"].mask(rng.random(len(rows)) < 0.2, "OldTown")


def missing(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[str, Any]:
    """A fifth of the years are not sent."""
    return "YearBuilt", rows["YearBuilt"].mask(rng.random(len(rows)) < 0.2)


def new_level(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[str, Any]:
    """A level that training has not seen, in a sixth of the rows."""
    return "KitchenQual", rows["KitchenQual"].mask(rng.random(len(rows)) < 1 / 6, "Superb")


def unrelated(rows: pd.DataFrame, rng: np.random.Generator) -> tuple[str, Any]:
    """Each area belongs to another house: its own distribution is the same, the joint one is not.

    The sum of the floors no longer is the living area, and rooms do not go with it.
    """
    return "GrLivArea", rng.permutation(rows["GrLivArea"].to_numpy())


SHIFTS: dict[str, Shift] = {
    "GrLivArea + 10 %": longer,
    "Neighborhood: 20 % moved": moved,
    "YearBuilt: 20 % gone": missing,
    "KitchenQual: 17 % a new level": new_level,
    "GrLivArea shuffled": unrelated,
}


@dataclass(frozen=True)
class Trained:
    """What `drift` and `serve` read of one training."""

    reference: Any
    predictor: Any


def main() -> None:
    """Render a project, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resamples", type=int, default=200, help="unchanged logs of each size")
    parser.add_argument("--shifted", type=int, default=20, help="of each shift and size")
    parser.add_argument("--ames", type=Path, help="Kaggle's train.csv")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        template = str(LIBRARY / "templates" / "house-prices")
        project = Path(cookiecutter(template, no_input=True, output_dir=folder))
        sys.path.insert(0, str(project / "src"))
        print(HEADER)
        if arguments.ames:
            source = ("data.source=csv", f"data.path={arguments.ames.resolve()}")
            whole = train(project, 42, *source, "data.test_size=0")
            print_quiet(PACKAGE, "Ames, two halves", halves(whole, arguments.resamples))
        trained = [train(project, seed) for seed in range(TRAININGS)]
        for size in SIZES:
            print_quiet(PACKAGE, "sample", logs(trained, size, arguments.resamples))
        print(f"\n{SHIFTED_HEADER}")
        for title, shift in SHIFTS.items():
            for size in SIZES:
                print_shifted(PACKAGE, title, logs(trained, size, arguments.shifted, shift))


def train(project: Path, seed: int, *settings: str) -> Trained:
    """Train in the project, and load what came of it."""
    from house_prices import reference
    from house_prices.api.predictor import Predictor

    chosen = ("tracking.enabled=false", f"data.seed={seed}", *settings)
    command = [sys.executable, "-m", "house_prices", "train"]
    command += [part for setting in chosen for part in ("--set", setting)]
    environment = {**os.environ, "PYTHONPATH": "src"}
    subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True)
    models = project / "models"
    return Trained(reference.read(models), Predictor.load(models))


def logs(
    trained: list[Trained], size: int, runs: int, shift: Shift | None = None
) -> Iterator[tuple[Any, list[Any], str]]:
    """(reference, records, changed column) of each run."""
    from house_prices.sample import make_sample

    for run in range(runs):
        model = trained[run % len(trained)]
        rows = make_sample(size, FRESH + run)
        changed = ""
        if shift:
            changed, values = shift(rows, np.random.default_rng(run))
            rows[changed] = values
        yield model.reference, answered(model.predictor, rows), changed


def answered(predictor: Any, rows: pd.DataFrame) -> list[Any]:
    """The rows as the log holds them, with the model's predictions."""
    asked = rows[list(predictor.schema.names)].astype(object)
    inputs = asked.where(asked.notna(), None).to_dict("records")
    found = predictor.predict([predictor.encode(row.values()) for row in inputs])
    predictions = [each.prediction for each in found]
    return records(inputs, predictions, predictor.manifest.version)


def halves(whole: Trained, runs: int) -> Iterator[tuple[Any, list[Any], str]]:
    """The training rows in two random parts of equal size: one as the reference, one as the log."""
    frame = whole.reference.sample.frame
    for run in range(runs):
        order = np.random.default_rng(run).permutation(len(frame))
        first, second = np.array_split(order, 2)
        rows = frame.iloc[second].astype(object)
        inputs = rows.where(rows.notna(), None).to_dict("records")
        predictions = [row.pop("prediction") for row in inputs]
        sample = replace(whole.reference.sample, frame=frame.iloc[first].reset_index(drop=True))
        reference = replace(whole.reference, sample=sample)
        yield reference, records(inputs, predictions, reference.version), ""


def records(inputs: list[dict[str, Any]], predictions: list[float], version: str) -> list[Any]:
    """Rows of a prediction log."""
    from house_prices.prediction_log import Record

    now = datetime.now(UTC)
    return [
        Record(now, str(i), version, row, {"prediction": value})
        for i, (row, value) in enumerate(zip(inputs, predictions, strict=True))
    ]


if __name__ == "__main__":
    main()
