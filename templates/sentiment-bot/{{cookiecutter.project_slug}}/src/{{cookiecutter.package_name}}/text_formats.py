"""The formats that texts come in, each read into the same grid of cells."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .csv_text import SEPARATORS, read_records
from .errors import UserError

LOOKED_AT = 20  # rows from which the separator of a file without names is found


@dataclass(frozen=True)
class Grid:
    """All rows of a file.

    names: of the columns; numbers from 0 if the file has none. lines: of the n rows.
    column: a name to the n cells of that column. own_names: whether the format itself names the
    columns, so that nothing can be mistaken for names.
    """

    names: tuple[str, ...]
    lines: list[int]
    column: Callable[[str], Sequence[Any]]
    own_names: bool = False


def read_csv(text: str, where: str, wanted: Sequence[str], *, named: bool) -> Grid:
    """CSV with any of the SEPARATORS; texts with a separator, a quote or a line end are quoted.

    The separator is the one by which the wanted names are found; without names, the one that gives
    the first rows the same number of cells.
    """
    # The limit of csv, 131,072 characters, guards against a lost quote; here it is found by the
    # quote that never ends, and a text may be longer.
    csv.field_size_limit(sys.maxsize)
    separator = _by_names(text, wanted) if named else _by_widths(text)
    return _grid(read_records(text, separator, where), where, named)


def read_tsv(text: str, where: str, *, named: bool) -> Grid:
    """Tab-separated texts, whether their quotes mean something or not.

    In most data sets of texts a row is a line, and a quote at the beginning of a text is just that.
    pandas and spreadsheets put a text with a quote in it into quotes, with the inner ones doubled,
    and such a text may hold line ends. Which of the two it is shows in the file: if every line has
    the same number of cells, a row is a line; the quotes are taken off if all that begin a cell
    also end it, with only doubled ones between.
    """
    lines = [(number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), start=1)]
    records = [(number, line.split("\t")) for number, line in lines if line.strip()]
    if len({len(cells) for _, cells in records}) > 1 and '"' in text:
        csv.field_size_limit(sys.maxsize)
        try:
            quoted = list(read_records(text, "\t", where))
        except UserError:
            quoted = []
        if len({len(cells) for _, cells in quoted}) == 1:
            return _grid(iter(quoted), where, named)
    opened = [cell for _, cells in records for cell in cells if cell.startswith('"')]
    if opened and all(map(_is_quoted, opened)):
        records = [(number, [_unquoted(cell) for cell in cells]) for number, cells in records]
    return _grid(iter(records), where, named)


def read_json_lines(text: str, where: str) -> Grid:
    """One JSON object per line. A key that a line does not have is a missing cell."""
    lines: list[int] = []
    rows: list[dict[str, Any]] = []
    names: dict[str, None] = {}
    # Not splitlines, which also ends lines at characters that may stand within a JSON text.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
            raise UserError(
                f"{where}, row {number:,}: not JSON ({reason}). Write one object per line."
            ) from None
        if not isinstance(row, dict):
            raise UserError(
                f"{where}, row {number:,}: a {type(row).__name__}, not an object with a text and "
                "a label. Write one object per line."
            )
        lines.append(number)
        rows.append(row)
        names |= dict.fromkeys(row)
    return Grid(tuple(names), lines, lambda name: [row.get(name) for row in rows], own_names=True)


def read_parquet(path: Path) -> Grid:
    """Columns are read when they are asked for, so that others cost nothing."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise UserError(
            f"{path}: Parquet needs pyarrow, which is not installed. Install the extra `train`, or "
            "convert the file to CSV."
        ) from None
    try:
        file = parquet.ParquetFile(path)
    except pa.ArrowException as error:
        raise UserError(
            f"{path}: not a Parquet file ({_first_line(error)}). Write it anew."
        ) from None
    lines = list(range(1, file.metadata.num_rows + 1))
    names = tuple(map(str, file.schema_arrow.names))

    def column(name: str) -> Sequence[Any]:
        try:
            cells: list[Any] = parquet.read_table(path, columns=[name]).column(name).to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise UserError(
                f"{path}: column {name} cannot be read ({_first_line(error)}). Write the file anew."
            ) from None
        return cells

    return Grid(names, lines, column, own_names=True)


def to_csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV text below their names."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue()


def _grid(records: Iterator[tuple[int, list[str]]], where: str, named: bool) -> Grid:
    """A grid of records of which the first holds the names, or none does."""
    first = next(records)
    names = [name.strip() for name in first[1]] if named else list(map(str, range(len(first[1]))))
    if named and names[0] == "":
        names[0] = "index"  # pandas writes its index so
    lines, rows = ([], []) if named else ([first[0]], [first[1]])
    for line, cells in records:
        if len(cells) != len(names):
            like = "line of names has" if named else "first row has"
            raise UserError(
                f"{where}, row {line:,}: {len(cells)} cells, but the {like} {len(names)}. "
                "Put a text that holds the separator in double quotes, or mend its quotes."
            )
        lines.append(line)
        rows.append(cells)
    return Grid(tuple(names), lines, lambda name: [row[names.index(name)] for row in rows])


def _by_names(text: str, wanted: Sequence[str]) -> str:
    """The separator by which the first line has most of the wanted names, then most names."""
    first = text.lstrip("\r\n").split("\n", 1)[0]

    def found(separator: str) -> tuple[int, int]:
        names = [name.strip() for name in next(csv.reader([first], delimiter=separator), [])]
        return sum(name in names for name in wanted), len(names)

    return max(SEPARATORS, key=found)


def _by_widths(text: str) -> str:
    """The separator that gives the first rows one number of cells, two at least, else the comma."""
    for separator in SEPARATORS:
        records = read_records(text, separator, "")
        try:
            widths = {len(cells) for _, (_, cells) in zip(range(LOOKED_AT), records, strict=False)}
        except UserError:
            continue
        if len(widths) == 1 and widths.pop() > 1:
            return separator
    return SEPARATORS[0]


def _first_line(error: Exception) -> str:
    """What a library says of a fault, in short."""
    return next(iter(str(error).splitlines()), type(error).__name__)[:200].rstrip(".")


def _is_quoted(cell: str) -> bool:
    return len(cell) > 1 and cell.endswith('"') and '"' not in cell[1:-1].replace('""', "")


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell
