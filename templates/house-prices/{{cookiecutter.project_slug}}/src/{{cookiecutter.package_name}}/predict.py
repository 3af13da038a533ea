"""Score a CSV file with the trained model, through the encoder that the API uses too."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from rich.console import Console

from .api.predictor import Predictor
from .artifacts import atomic_path
from .errors import UserError
from .schema import TableSchema, parse_category, parse_number

BATCH = 2_000
SEPARATORS = ",;\t|"

Record = Mapping[str, str]


@dataclass(frozen=True)
class Scored:
    """What `predict_file` did."""

    output: Path
    rows: int
    unused: tuple[str, ...]
    """Columns of the input that the model does not read."""
    unseen: Mapping[str, int]
    """Column -> rows with a category that training has not seen; it counts as unknown."""


def predict_file(source: Path, output: Path, models: Path) -> Scored:
    """Write identifier, prediction, lower and upper of each row of `source` to `output`.

    Columns may come in any order. The output takes its name only once it is complete. Raises
    UserError for a file that cannot be read, a column that is missing, or a bad cell.
    """
    predictor = Predictor.load(models)
    if source.resolve() == output.resolve():
        raise UserError(f"{output}: is the input too, and would be lost. Name another --output.")
    try:
        with source.open(newline="", encoding="utf-8-sig") as file:
            header, records = _read(file, source)
            _check_header(header, predictor.schema, source)
            with atomic_path(output) as part:
                rows, unseen = _score(predictor, header, records, source, part)
    except UnicodeDecodeError as error:
        raise UserError(
            f"{source}: not UTF-8 text (byte {error.start:,}). Save it as UTF-8 and try again."
        ) from None
    except csv.Error as error:
        raise UserError(f"{source}: not valid CSV ({error}). Check its quotes.") from None
    except OSError as error:
        # The output is written under another name first, which would say nothing to the user.
        where = source if error.filename == str(source) else output
        raise UserError(f"{where}: {error.strerror}. Name another file.") from None
    used = {*predictor.schema.names, predictor.schema.identifier}
    return Scored(output, rows, tuple(name for name in header if name not in used), unseen)


def show(scored: Scored, console: Console) -> None:
    """Say what was written, and what was noticed on the way."""
    for column, count in scored.unseen.items():
        console.print(
            f"{column}: {count:,} rows have a category that training has not seen; "
            "it counts as unknown.",
            markup=False,
            highlight=False,
        )
    if scored.unused:
        console.print(f"Not used: {', '.join(scored.unused)}.", markup=False, highlight=False)
    console.print(f"Wrote {scored.rows:,} predictions to {scored.output}", markup=False)


def _read(file: TextIO, source: Path) -> tuple[list[str], Iterator[tuple[int, Record]]]:
    """The header, and the records with their row numbers (the header is row 1)."""
    first = file.readline()
    file.seek(0)
    reader = csv.reader(file, delimiter=max(SEPARATORS, key=first.count))
    header = [name.strip() for name in next(reader, [])]
    if not header:
        raise UserError(f"{source}: empty. Name a CSV file with a header and rows.")
    return header, _records(reader, header, source)


def _records(
    reader: Iterator[list[str]], header: list[str], source: Path
) -> Iterator[tuple[int, Record]]:
    for number, cells in enumerate(reader, start=2):
        if not cells:  # a blank line
            continue
        if len(cells) != len(header):
            raise UserError(
                f"{source}, row {number:,}: {len(cells)} cells, but the header has {len(header)}. "
                "Check its quotes and separators."
            )
        yield number, dict(zip(header, cells, strict=True))


def _check_header(header: list[str], schema: TableSchema, source: Path) -> None:
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        raise UserError(f"{source}: the header has {', '.join(twice)} twice. Rename one of them.")
    absent = [name for name in schema.names if name not in header]
    if absent:
        more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
        raise UserError(
            f"{source}: no column {', '.join(absent[:5])}{more}, which the model was trained on. "
            "Add them; a cell may be empty."
        )


def _score(
    predictor: Predictor,
    header: list[str],
    records: Iterator[tuple[int, Record]],
    source: Path,
    part: Path,
) -> tuple[int, dict[str, int]]:
    """Write all predictions to `part`. Returns the number of rows, and the unseen categories."""
    identifier = predictor.schema.identifier
    named = [identifier] if identifier in header else []
    unseen: Counter[str] = Counter()
    rows = 0
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*named, "prediction", "lower", "upper"])
        while batch := list(islice(records, BATCH)):
            encoded = [_encode(predictor, number, cells, source) for number, cells in batch]
            for row in encoded:
                unseen.update(predictor.unknown(row))
            for (_, cells), found in zip(batch, predictor.predict(encoded), strict=True):
                name = [cells[column] for column in named]
                writer.writerow([*name, found.prediction, found.lower, found.upper])
            rows += len(batch)
    if rows == 0:
        raise UserError(f"{source}: no row below the header. Name a file with rows.")
    return rows, dict(unseen)


def _encode(predictor: Predictor, number: int, cells: Record, source: Path) -> list[float]:
    values: list[float | str | None] = []
    for column in predictor.schema.columns:
        cell = cells[column.name]
        try:
            parse = parse_number if column.kind == "number" else parse_category
            values.append(parse(cell))
        except ValueError:
            raise UserError(
                f"{source}, row {number:,}: {column.name} is {cell[:40]!r}, which is not a number. "
                "Mend the cell, or leave it empty."
            ) from None
    return predictor.encode(values)
