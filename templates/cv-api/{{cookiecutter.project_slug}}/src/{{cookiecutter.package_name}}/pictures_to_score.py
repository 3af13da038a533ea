"""The pictures that `predict` is given: a folder's files, one file, or the rows of a Parquet file.

Files need the standard library alone; Parquet needs pyarrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import UserError

PARQUET = b"PAR1"
FILE, ROW = "file", "row"
BYTES, PATH = "bytes", "path"  # of the hub's struct for a picture


@dataclass(frozen=True)
class Found:
    """A picture on its way to the model."""

    name: str
    read: Callable[[], bytes]
    """The file's content. Raises OSError."""


@dataclass(frozen=True)
class Pictures:
    """All that are to be scored, in their order."""

    named: str
    """What the names are: FILE or ROW."""
    count: int
    each: Iterator[Found]


def find(source: Path, column: str | None) -> Pictures:
    """The pictures of `source`. column: of a Parquet file; None: the only one that holds some.

    Raises UserError if there is nothing to score.
    """
    if source.is_dir():
        paths = sorted(_files(source))
        if not paths:
            raise UserError(f"{source}: holds no file. Put pictures there, or name another folder.")
        return Pictures(FILE, len(paths), (_file(path, source) for path in paths))
    try:
        with source.open("rb") as file:
            beginning = file.read(len(PARQUET))
    except OSError as error:
        raise UserError(
            f"{source}: cannot be read ({error.strerror}). Name a folder of pictures, a picture or "
            "a Parquet file (--input)."
        ) from None
    if beginning == PARQUET:
        return _rows(source, column)
    return Pictures(FILE, 1, iter([_file(source, source.parent)]))


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, but for hidden ones."""
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _file(path: Path, folder: Path) -> Found:
    return Found(path.relative_to(folder).as_posix(), path.read_bytes)


def _rows(source: Path, column: str | None) -> Pictures:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise UserError(
            f"{source}: a Parquet file, and pyarrow is not installed. Install the project's extra "
            "`train`: pip install '.[train]'. Or give a folder of pictures."
        ) from None
    try:
        file = parquet.ParquetFile(source)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:200].rstrip(".")
        raise UserError(f"{source}: not a Parquet file ({reason}). Write it anew.") from None
    chosen = _column(source, {field.name: field.type for field in file.schema_arrow}, column)
    named = _has_paths(file, chosen)
    return Pictures(FILE if named else ROW, file.metadata.num_rows, _cells(file, chosen, named))


def _column(source: Path, types: dict[str, Any], wanted: str | None) -> str:
    fit = [name for name, kind in types.items() if _holds_files(kind)]
    if wanted is not None and wanted in fit:
        return wanted
    if wanted is None and len(fit) == 1:
        return fit[0]
    listed = ", ".join(fit) or "none"
    asked = "which column has the pictures?" if wanted is None else f"no pictures in {wanted}."
    raise UserError(
        f"{source}: {asked} Name it: --image. Columns of bytes, or of structs with bytes: {listed}."
    )


def _holds_files(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        index = kind.get_field_index(BYTES)
        return index >= 0 and _holds_files(kind.field(index).type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _has_paths(file: Any, column: str) -> bool:
    """Whether each row names the file that it was made from, and none twice."""
    kind = file.schema_arrow.field(column).type
    # A column of bytes alone has no fields; and the paths are read without the pictures.
    if not getattr(kind, "num_fields", 0) or kind.get_field_index(PATH) < 0:
        return False
    paths: list[str] = []
    for batch in file.iter_batches(columns=[f"{column}.{PATH}"]):
        paths += batch.column(0).field(0).to_pylist()
    return all(paths) and len(set(paths)) == len(paths)


def _cells(file: Any, column: str, named: bool) -> Iterator[Found]:
    row = 0
    for batch in file.iter_batches(batch_size=256, columns=[column]):
        for cell in batch.column(0).to_pylist():
            row += 1
            content = cell[BYTES] if isinstance(cell, dict) else cell
            yield Found(cell[PATH] if named else str(row), _constant(content or b""))


def _constant(content: bytes) -> Callable[[], bytes]:
    return lambda: content
