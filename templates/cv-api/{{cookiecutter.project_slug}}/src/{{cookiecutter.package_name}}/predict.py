"""Score pictures with the trained model, through the predictor that the API uses too."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rich.console import Console

from .api.predictor import Prediction, Predictor
from .artifacts import atomic_path
from .errors import UserError
from .picture import PictureError, Reading
from .pictures_to_score import Found, find
from .progress import steps

BATCH = 64
AT_ONCE = min(8, os.cpu_count() or 1)  # threads that decode, which Pillow does beside others


@dataclass(frozen=True)
class Scored:
    """What `predict` did."""

    output: Path
    rows: int
    unsure: int
    """Pictures of which the model is not sure."""
    unreadable: tuple[str, ...]
    """What cannot be read, with the reason."""


def predict_files(source: Path, output: Path, models: Path, image: str | None = None) -> Scored:
    """Write the label of each picture of `source`, and the probability of each class, as CSV.

    source: a folder, a picture, or a Parquet file, of which `image` names the column; None: the
    only one with pictures. What cannot be read has a row too, which says why and has no label. The
    output takes its name when all is complete. Raises UserError if there is nothing to score, or
    nothing that can be read.
    """
    if source.resolve() == output.resolve():
        raise UserError(f"{output}: is the input too, and would be lost. Name another --output.")
    predictor = Predictor.load(models)
    pictures = find(source, image)
    rows = unsure = 0
    unreadable: list[str] = []
    try:
        with (
            atomic_path(output) as temporary,
            temporary.open("w", newline="", encoding="utf-8", errors="replace") as file,
            steps("Scoring", -(-pictures.count // BATCH)) as progress,
        ):
            writer = csv.writer(file, lineterminator="\n")
            chances = [f"p_{name}" for name in predictor.classes]
            writer.writerow([pictures.named, "prediction", "sure", "confidence", *chances, "error"])
            for batch in _batches(pictures.each):
                for name, said in _scored(predictor, batch):
                    rows += 1
                    if isinstance(said, str):
                        unreadable.append(f"{name}: {said}")
                        writer.writerow([name, *[""] * (3 + len(chances)), said])
                    else:
                        unsure += not said.sure
                        writer.writerow([name, *_cells(said), ""])
                progress.advance(f"{rows:,} of {pictures.count:,}")
            if len(unreadable) == rows:
                raise UserError(
                    f"{source}: none of its {rows:,} pictures can be read. The first is "
                    f"{unreadable[0]}."
                )
    except OSError as error:
        # It is written under another name first, which would say nothing to the user.
        raise UserError(f"{output}: {error.strerror}. Name another --output.") from None
    return Scored(output, rows, unsure, tuple(unreadable))


def show(scored: Scored, console: Console) -> None:
    """Say what was written, and what was noticed on the way."""
    lines = []
    if scored.unreadable:
        count = len(scored.unreadable)
        what = "1 file is no picture" if count == 1 else f"{count:,} files are no pictures"
        lines.append(
            f"{what} that can be read; the column error says why. The first is "
            f"{scored.unreadable[0]}."
        )
    if scored.unsure:
        pictures = "1 picture" if scored.unsure == 1 else f"{scored.unsure:,} pictures"
        lines.append(f"Of {pictures} the model is not sure.")
    lines.append(f"Wrote {scored.rows:,} predictions to {scored.output}")
    for line in lines:
        console.print(line, markup=False, highlight=False)


def _batches(pictures: Iterator[Found]) -> Iterator[list[Found]]:
    while batch := list(islice(pictures, BATCH)):
        yield batch


def _scored(predictor: Predictor, batch: list[Found]) -> Iterator[tuple[str, Prediction | str]]:
    """Each picture's name, and what it shows or why it cannot be read."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        read = list(pool.map(lambda found: _read(predictor, found), batch))
    readings = [each for each in read if isinstance(each, Reading)]
    predictions = iter(predictor.predict_group(readings) if readings else [])
    for found, each in zip(batch, read, strict=True):
        yield found.name, each if isinstance(each, str) else next(predictions)


def _read(predictor: Predictor, found: Found) -> Reading | str:
    try:
        return predictor.read(found.read())
    except PictureError as error:
        # What to do about it is for whoever sends a picture to the service.
        return str(error).split(". ")[0]
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _cells(prediction: Prediction) -> list[str | float]:
    return [
        prediction.label,
        "yes" if prediction.sure else "no",
        prediction.confidence,
        *prediction.probabilities.values(),
    ]
