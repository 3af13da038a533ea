"""Score a file of texts with the trained model, through the predictor that the API uses too."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from .api.predictor import Prediction, Predictor
from .artifacts import atomic_path
from .errors import UserError
from .progress import steps
from .text_check import is_empty
from .text_table import TextTable, read_table

BATCH = 1_000
LINE = "line"


@dataclass(frozen=True)
class Scored:
    """What `predict` did."""

    output: Path
    rows: int
    cut: int
    """Texts that are longer than what the model reads."""
    max_length: int
    """Tokens that it reads."""


def predict_file(source: Path, output: Path, models: Path, text: str | None = None) -> Scored:
    """Write the label of each text of `source`, and the probability of each class, as CSV.

    text: the column with the texts, or its position in a file without names; None: as in the
    training data. The output has the file's identifier column or, if it has none, each row's line.
    It takes its name when all is complete. Raises UserError for a file that cannot be read, or a
    row without a text.
    """
    if source.resolve() == output.resolve():
        raise UserError(f"{output}: is the input too, and would be lost. Name another --output.")
    predictor = Predictor.load(models)
    column = text if text is not None else str(predictor.manifest.settings["text"])
    table = read_table(source, {column: "--text"}, _identifiers)
    texts = _texts(table, column)
    rows = len(texts)
    cut = 0
    try:
        with (
            atomic_path(output) as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
            steps("Scoring", -(-rows // BATCH)) as progress,
        ):
            writer = csv.writer(file, lineterminator="\n")
            named, names = _names_of_rows(table, column)
            chances = [f"p_{name}" for name in predictor.classes]
            writer.writerow([named, "prediction", "confidence", *chances])
            for start in range(0, rows, BATCH):
                found = predictor.predict(texts[start : start + BATCH])
                writer.writerows(
                    [name, *_cells(prediction)]
                    for name, prediction in zip(names[start : start + BATCH], found, strict=True)
                )
                cut += sum(prediction.truncated for prediction in found)
                progress.advance(f"{min(start + BATCH, rows):,} of {rows:,}")
    except OSError as error:
        # It is written under another name first, which would say nothing to the user.
        raise UserError(f"{output}: {error.strerror}. Name another --output.") from None
    return Scored(output, rows, cut, predictor.max_length)


def show(scored: Scored, console: Console) -> None:
    """Say what was written, and what was noticed on the way."""
    if scored.cut:
        texts = "text is" if scored.cut == 1 else "texts are"
        console.print(
            f"{scored.cut:,} {texts} longer than the {scored.max_length:,} tokens that the model "
            "reads; the rest was not read.",
            markup=False,
            highlight=False,
        )
    console.print(
        f"Wrote {scored.rows:,} predictions to {scored.output}", markup=False, highlight=False
    )


def _identifiers(names: Sequence[str]) -> Sequence[str]:
    """Columns that may name the rows: Id, index, tweet_id and the like."""
    return [
        name
        for name in names
        if name.lower() in {"id", "index"} or name.lower().endswith(("_id", " id"))
    ]


def _names_of_rows(table: TextTable, text: str) -> tuple[str, Sequence[str | int]]:
    """The identifier column and its values; the lines if no column names each row."""
    for name, values in table.cells.items():
        known = [value for value in values if value]
        if name != text and len(set(known)) == len(values):
            return name, known
    return LINE, table.lines


def _texts(table: TextTable, column: str) -> list[str]:
    texts = []
    for line, text in zip(table.lines, table.cells[column], strict=True):
        if text is None or is_empty(text):
            raise UserError(
                f"{table.where}, row {line:,}: {column} is empty, so there is nothing to read. "
                "Fill it, or take the row out."
            )
        texts.append(text)
    return texts


def _cells(prediction: Prediction) -> list[str | float]:
    return [prediction.label, prediction.confidence, *prediction.probabilities.values()]
