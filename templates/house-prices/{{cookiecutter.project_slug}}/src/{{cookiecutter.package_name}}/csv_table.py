"""CSV in and out: any separator, every value in one spelling, every fault named by its row."""

import csv
import io
from collections.abc import Sequence

import pandas as pd

from .csv_text import SEPARATORS, decoded, read_records
from .errors import UserError
from .schema import MISSING, parse_category


def to_csv(frame: pd.DataFrame) -> str:
    """A frame as CSV text, each value in the one spelling that `parse_category` gives."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(frame.columns)
    columns = [[parse_category(_plain(value)) for value in frame[name]] for name in frame.columns]
    # "NA" rather than nothing: a row of one empty column would be a blank line.
    writer.writerows(["NA" if v is None else v for v in row] for row in zip(*columns, strict=True))
    return out.getvalue()


def _plain(value: object) -> object:
    return None if value is pd.NA or value is pd.NaT else value


def read_table(content: bytes, where: str) -> pd.DataFrame:
    """CSV bytes as texts (None for missing), indexed by line; see RawTable.

    The separator is found from the header: comma, semicolon, tab or bar. UTF-8, with or without a
    byte-order mark. Raises UserError for a file that is not a table, with the row at fault.
    """
    text = _decode(content, where)
    lines = read_records(text, _separator(text), where)
    first = next(lines, None)
    if first is None:
        raise UserError(f"{where}: the file is empty. It needs a header line and rows.")
    header = _header(first[1], where)
    numbers: list[int] = []
    rows: list[list[str]] = []
    for line, fields in lines:
        if len(fields) != len(header):
            raise UserError(
                f"{where}, row {line:,}: {len(fields)} fields, but the header has {len(header)}. "
                "Put texts that hold the separator in double quotes."
            )
        numbers.append(line)
        rows.append(fields)
    if not rows:
        raise UserError(f"{where}: a header but no rows. Add rows to train on.")
    columns = {
        name: [None if (text := value.strip()) in MISSING else text for value in column]
        for name, column in zip(header, zip(*rows, strict=True), strict=True)
    }
    return pd.DataFrame(columns, index=pd.Index(numbers), dtype=object)


def _decode(content: bytes, where: str) -> str:
    if content[:2] == b"PK" or b"\x00" in content[:4096]:
        raise UserError(
            f"{where}: not a text file. Save the table as CSV (UTF-8); Excel can: Save as."
        )
    text = decoded(content, where)
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html")):
        raise UserError(f"{where}: a web page, not a CSV. Use the address of the file itself.")
    return text


def _separator(text: str) -> str:
    """The one that gives the header the most fields."""
    first_line = text.lstrip("\r\n").split("\n", 1)[0]
    widths = {mark: len(next(csv.reader([first_line], delimiter=mark), [])) for mark in SEPARATORS}
    return max(SEPARATORS, key=widths.__getitem__)


def _header(fields: Sequence[str], where: str) -> list[str]:
    names = [field.strip() for field in fields]
    # pandas writes its index as a first column without a name.
    if names[0] == "" and "index" not in names:
        names[0] = "index"
    for position, name in enumerate(names, start=1):
        if not name:
            raise UserError(f"{where}, row 1: column {position} has no name. Give it one.")
        if names.index(name) != position - 1:
            raise UserError(
                f"{where}, row 1: two columns are called {name}. Rename or delete one of them."
            )
    return names
