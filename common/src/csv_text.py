"""CSV as bytes, as text and as records; each fault is named with its row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from .errors import UserError

SEPARATORS = ",;\t|"


def decoded(content: bytes, where: str) -> str:
    """UTF-8 text, with or without a byte-order mark. Raises UserError for a byte that is none."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A row is a line here: one that goes over several lines is found by its first bad one.
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{where}, row {line:,}: byte 0x{content[error.start]:02x} is not UTF-8. Save the file "
            "as UTF-8, or convert it: iconv -f latin1 -t utf-8 OLD > NEW."
        ) from None


def read_records(text: str, separator: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """(line on which it begins, cells) of each record; blank lines are passed over.

    Raises UserError with the row of one that is not valid CSV.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UserError(
                f"{where}, row {line:,}: not valid CSV ({error}). Check the quotes of that row; "
                "one within a text is doubled, and the text put in quotes."
            ) from None
        if len(cells) > 1 or any(cell.strip() for cell in cells):
            yield line, cells
