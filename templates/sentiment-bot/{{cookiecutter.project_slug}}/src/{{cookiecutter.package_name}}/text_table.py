"""Files of texts: CSV, TSV, JSON lines and Parquet, by their endings; every fault by its row.

Used for the data, for new rows and for `predict` alike. Text files may be packed (.gz). Parquet
needs pyarrow; the rest needs the standard library only.
"""

from __future__ import annotations

import difflib
import gzip
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .csv_text import decoded
from .errors import UserError
from .text_formats import Grid, read_csv, read_json_lines, read_parquet, read_tsv

ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
PACKED = ".gz"

Also = Callable[[Sequence[str]], Sequence[str]]
"""From the names of a file's columns to those that are to be read beside the wanted ones."""


@dataclass(frozen=True)
class TextTable:
    """Columns of one file as they were written.

    where: the file, as messages call it. names: of all its columns, in their order. cells: column
    that was read -> its n values, None for missing. lines: each row's line in the file, or its
    number in a Parquet file, from 1; shape (n,).
    """

    where: str
    names: tuple[str, ...]
    cells: Mapping[str, list[str | None]]
    lines: list[int]


def nothing(names: Sequence[str]) -> Sequence[str]:
    """No further column."""
    return ()


def read_table(path: Path, wanted: Mapping[str, str], also: Also = nothing) -> TextTable:
    """The wanted columns of a file, and those that `also` picks.

    wanted: column -> the setting or option that names it, for messages. If all wanted columns are
    numbers, a CSV or TSV file has no line of names, and they count its columns from 0. Raises
    UserError, in one line with the row at fault, for a file that cannot be read.
    """
    where, ending = str(path), ending_of(path)
    numbered = [name for name in wanted if name.isdecimal()]
    positions = bool(numbered) and ending in (".csv", ".tsv")
    if positions and len(numbered) < len(wanted):
        name = next(name for name in wanted if name not in numbered)
        raise UserError(
            f"{wanted[numbered[0]]} is {numbered[0]}, which counts the columns of a file without "
            f"names, but {wanted[name]} is {name}. Write both as names, or both as numbers."
        )
    grid = _read(path, ending, wanted, positions)
    for name, setting in wanted.items():
        _check_there(name, setting, grid, where, positions)
    if not grid.lines:
        raise UserError(f"{where}: no row with a text. Name a file with rows.")
    picked = list(dict.fromkeys([*wanted, *also(grid.names)]))
    try:
        cells = {name: [_text(value) for value in grid.column(name)] for name in picked}
    except TypeError:
        line, name, kind = next(
            (line, name, type(value).__name__)
            for line, *row in zip(grid.lines, *map(grid.column, picked), strict=True)
            for name, value in zip(picked, row, strict=True)
            if not _readable(value)
        )
        raise UserError(
            f"{where}, row {line:,}: {name} holds a {kind}, not a text. Write it as a text."
        ) from None
    return TextTable(where, grid.names, cells, grid.lines)


def ending_of(path: Path) -> str:
    """The ending that says how a file is written, in lower case, without `.gz`.

    Raises UserError if it is none of ENDINGS.
    """
    name = path.name.lower()
    packed = name.endswith(PACKED)
    ending = Path(name.removesuffix(PACKED)).suffix
    if ending not in ENDINGS or (packed and ending == ".parquet"):
        raise UserError(
            f"{path}: its ending does not say how it is written. Known are {', '.join(ENDINGS)}, "
            "and .gz after those of text files; rename or convert it."
        )
    return ending


def _read(path: Path, ending: str, wanted: Mapping[str, str], positions: bool) -> Grid:
    if path.is_dir():
        raise UserError(f"{path}: a folder, not a file. Name a file in it.")
    try:
        if ending == ".parquet":
            return read_parquet(path)
        content = path.read_bytes()
        if path.name.lower().endswith(PACKED):
            content = gzip.decompress(content)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file. Put it there, or name another.") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(
            f"{path}: not a whole gzip file ({error}). Pack it again, or take .gz off its name."
        ) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Check its rights.") from None
    text = _decode(content, str(path))
    if ending in (".jsonl", ".ndjson"):
        return read_json_lines(text, str(path))
    if ending == ".tsv":
        return read_tsv(text, str(path), named=not positions)
    return read_csv(text, str(path), tuple(wanted), named=not positions)


def _decode(content: bytes, where: str) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UserError(f"{where}: UTF-16, not UTF-8. Save it as UTF-8 (Excel: CSV UTF-8).")
    if content[:2] == b"PK" or content[:4] == b"PAR1":
        raise UserError(f"{where}: not a text file. Give it the ending of what it is, or convert.")
    text = decoded(content, where)
    start = text[:1000].lstrip().lower()
    if not start and not text.strip():
        raise UserError(f"{where}: the file is empty. It needs rows with texts.")
    if start.startswith(("<!doctype", "<html")):
        raise UserError(f"{where}: a web page, not a table. Download the file itself.")
    return text


def _check_there(name: str, setting: str, grid: Grid, where: str, positions: bool) -> None:
    count = grid.names.count(name)
    if count == 1:
        return
    if count > 1:
        raise UserError(f"{where}: {count} columns are called {name}. Rename all but one.")
    if positions:
        raise UserError(
            f"{where}: no column {name} ({setting}); it has {len(grid.names)}, counted from 0. "
            f"Set {setting} to one of them."
        )
    by_case = {known.lower(): known for known in grid.names}
    near = difflib.get_close_matches(name.lower(), list(by_case), n=1)
    shown = ", ".join(repr(_short(known)) for known in grid.names[:20])
    hint = f" Did you mean {by_case[near[0]]}?" if near else ""
    numbers = "" if grid.own_names else " If these are no names, count them: 0 is the first column."
    raise UserError(
        f"{where}: no column {name} ({setting}).{hint} Columns: {shown}. "
        f"Set {setting} to one of them.{numbers}"
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


def _readable(value: object) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _text(value: object) -> str | None:
    """A cell as text; None if it is missing. Raises TypeError for a list and the like."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:  # half a character, which JSON can spell and no file can hold
            return value.encode("utf-8", "replace").decode()
        return value
    if value is None or value != value:  # NaN
        return None
    if not _readable(value):
        raise TypeError
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
