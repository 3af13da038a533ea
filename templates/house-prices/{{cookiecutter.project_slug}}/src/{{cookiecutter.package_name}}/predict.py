"""Score CSV files with the trained model, through the encoder that the API uses too."""

from __future__ import annotations

import csv
import glob
import io
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from rich.console import Console

from .api.predictor import Predictor
from .csv_text import SEPARATORS
from .errors import UserError
from .schema import TableSchema, parse_category, parse_number

BATCH = 2_000

Record = Mapping[str, str]


@dataclass(frozen=True)
class Batch:
    """Rows of one file that are scored together."""

    source: Path
    first: bool
    """Whether they are the file's first ones."""
    columns: tuple[str, ...]
    """The file's header."""
    rows: list[tuple[int, Record]]
    """Row number (the header is row 1) and cells of each."""


@dataclass(frozen=True)
class ScoredBatch:
    """What the model says of a batch."""

    text: str
    """CSV lines, those of a file's first batch with a header."""
    rows: int
    unused: tuple[str, ...]
    unseen: Mapping[str, int]


@dataclass(frozen=True)
class Scored:
    """What `predict` did."""

    output: Path
    files: int
    rows: int
    unused: tuple[str, ...]
    """Columns of the input that the model does not read."""
    unseen: Mapping[str, int]
    """Column -> rows with a category that training has not seen; it counts as unknown."""


Engine = Callable[[Sequence[Path]], Iterator[tuple[Path, ScoredBatch]]]
"""Scores files: (file, batch) in the order of the files and their rows. Raises UserError."""


def predict_file(source: Path, output: Path, models: Path) -> Scored:
    """Write identifier, prediction, lower and upper of each row of `source`, in this process.

    See `predict_with`.
    """
    return predict_with(plain_engine(models), source, output)


def predict_with(engine: Engine, source: Path, output: Path) -> Scored:
    """Score one file into the file `output`, or a folder or pattern of files into a folder.

    In a folder, each file of predictions has the name of the file that it is for. Columns may come
    in any order. Nothing takes its name until all is complete. Raises UserError for a file that
    cannot be read, a column that is missing, or a bad cell.
    """
    targets = _targets(source, output)
    rows = 0
    unused: dict[str, None] = {}
    unseen: Counter[str] = Counter()
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{output.name}.", dir=output.parent) as name:
            for path, batch in engine(list(targets)):
                with (Path(name) / path.name).open("a", newline="", encoding="utf-8") as part:
                    part.write(batch.text)
                rows += batch.rows
                unused |= dict.fromkeys(batch.unused)
                unseen.update(batch.unseen)
            for path, target in targets.items():
                target.parent.mkdir(exist_ok=True)
                (Path(name) / path.name).replace(target)
    except OSError as error:
        # It is written under another name first, which would say nothing to the user.
        raise UserError(f"{output}: {error.strerror}. Name another --output.") from None
    return Scored(output, len(targets), rows, tuple(unused), dict(unseen))


def plain_engine(models: Path) -> Engine:
    """One batch after the other, in this process."""
    predictor = Predictor.load(models)

    def run(files: Sequence[Path]) -> Iterator[tuple[Path, ScoredBatch]]:
        for path in files:
            for batch in read_batches(path, predictor.schema):
                yield path, score_batch(predictor, batch)

    return run


def read_batches(source: Path, schema: TableSchema, folder: Path = Path()) -> Iterator[Batch]:
    """The rows of a CSV file in their order. Raises UserError that names the file and the row.

    folder: what `source`, if it is relative, is relative to; messages do without it.
    """
    try:
        with (folder / source).open(newline="", encoding="utf-8-sig") as file:
            header, records = _read(file, source)
            _check_header(header, schema, source)
            first = True
            while rows := list(islice(records, BATCH)):
                yield Batch(source, first, tuple(header), rows)
                first = False
            if first:
                raise UserError(f"{source}: no row below the header. Name a file with rows.")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{source}: not UTF-8 text (byte {error.start:,}). Save it as UTF-8 and try again."
        ) from None
    except csv.Error as error:
        raise UserError(f"{source}: not valid CSV ({error}). Check its quotes.") from None
    except OSError as error:
        raise UserError(f"{source}: {error.strerror}. Name another file.") from None


def score_batch(predictor: Predictor, batch: Batch) -> ScoredBatch:
    """Identifier, prediction and interval of each row. Raises UserError for a bad cell."""
    schema = predictor.schema
    named = [schema.identifier] if schema.identifier in batch.columns else []
    encoded = [_encode(predictor, number, cells, batch.source) for number, cells in batch.rows]
    unseen = Counter(name for row in encoded for name in predictor.unknown(row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if batch.first:
        writer.writerow([*named, "prediction", "lower", "upper"])
    for (_, cells), found in zip(batch.rows, predictor.predict(encoded), strict=True):
        name = [cells[column] for column in named]
        writer.writerow([*name, found.prediction, found.lower, found.upper])
    used = {*schema.names, schema.identifier}
    unused = tuple(name for name in batch.columns if name not in used)
    return ScoredBatch(text.getvalue(), len(batch.rows), unused, dict(unseen))


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
    files = f" ({scored.files:,} files)" if scored.files > 1 else ""
    console.print(f"Wrote {scored.rows:,} predictions to {scored.output}{files}", markup=False)


def _targets(source: Path, output: Path) -> dict[Path, Path]:
    """Input file -> where its predictions go."""
    several = source.is_dir() or (glob.has_magic(str(source)) and not source.exists())
    if not several:
        targets = {source: output}
    else:
        pattern = str(source / "*.csv") if source.is_dir() else str(source)
        files = [Path(name) for name in sorted(glob.glob(pattern))]
        if not files:
            raise UserError(f"{pattern}: no such file. Name a CSV file or a folder with some.")
        if output.exists() and not output.is_dir():
            raise UserError(f"{output}: a file, but the input may be several. Name a folder.")
        twice = [name for name, n in Counter(path.name for path in files).items() if n > 1]
        if twice:
            raise UserError(f"{pattern}: two files are called {twice[0]}. Score them apart.")
        targets = {path: output / path.name for path in files}
    for path, target in targets.items():
        if path.resolve() == target.resolve():
            raise UserError(
                f"{target}: is the input too, and would be lost. Name another --output."
            )
    return targets


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
