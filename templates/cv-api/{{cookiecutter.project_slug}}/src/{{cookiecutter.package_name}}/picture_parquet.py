"""Pictures in a Parquet file, in the form of the Hugging Face hub or as plain bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .artifacts import sha256_of
from .errors import UserError
from .raw_files import combined_sha256
from .raw_pictures import RawPictures
from .split import PARTS, Part

if TYPE_CHECKING:
    import pyarrow as pa

    from .config import DataParams

BYTES = "bytes"  # of the hub's struct for a picture: {bytes, path}


@dataclass(frozen=True)
class Columns:
    """What is read of a file."""

    pictures: list[bytes]
    labels: list[str]
    image: str
    classes: tuple[str, ...] | None


def read_parquet(params: DataParams) -> RawPictures:
    """The pictures of `data.path`, and of `data.test_path` if there is one. Raises UserError."""
    paths: list[tuple[Part, Path]] = [("train", Path(params.path or ""))]
    if params.test_path:
        paths.append(("test", Path(params.test_path)))
    read: list[Columns] = []
    for _, path in paths:
        first = read[0] if read else None
        read.append(_columns(path, params, first))
    counts = [len(each.pictures) for each in read]
    base, *more = (sha256_of(path) for _, path in paths)
    return RawPictures(
        pictures=[picture for each in read for picture in each.pictures],
        labels=[label for each in read for label in each.labels],
        names=[
            f"row {row:,}" if part == "train" else f"{path.name} row {row:,}"
            for (part, path), count in zip(paths, counts, strict=True)
            for row in range(1, count + 1)
        ],
        parts=np.repeat([PARTS.index(part) for part, _ in paths], counts).astype(np.int8),
        official=frozenset(part for part, _ in paths if part != "train"),
        classes=read[0].classes,
        title=paths[0][1].name,
        where=str(paths[0][1]),
        image=read[0].image,
        label=params.label,
        sha256=combined_sha256(base, more),
    )


def _columns(path: Path, params: DataParams, first: Columns | None) -> Columns:
    """Pictures and labels of one file; names of classes come from the first one."""
    file = _opened(path)
    schema = file.schema_arrow
    image = _image_column(schema, params.image or (first.image if first else None), path)
    if params.label not in schema.names:
        others = ", ".join(name for name in schema.names if name != image) or "none"
        raise UserError(
            f"{path}: no column {params.label} (data.label). Set data.label to the column with the "
            f"classes: {others}."
        )
    table = _read(file, path, [image, params.label])
    classes = params.classes or (first.classes if first else _class_names(schema, params.label))
    labels = _labels(table.column(params.label), classes, f"{path}, column {params.label}")
    if not labels:
        raise UserError(f"{path}: no row. Write pictures with their classes into it.")
    return Columns(_pictures(table.column(image)), labels, image, classes)


def _opened(path: Path) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    if path.is_dir():
        raise UserError(
            f"{path}: a folder, not a Parquet file. Name the file, or use --set data.source=folder "
            "if it holds a folder of pictures for each class."
        )
    if not path.is_file():
        raise UserError(
            f"{path}: no such file. Put it there, or name another in the settings "
            "(data.path, data.test_path)."
        )
    try:
        return parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise UserError(
            f"{path}: not a Parquet file ({_first_line(error)}). Write it anew, or name another."
        ) from None


def _read(file: Any, path: Path, columns: list[str]) -> pa.Table:
    import pyarrow as pa

    try:
        return file.read(columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise UserError(
            f"{path}: cannot be read ({_first_line(error)}). Write the file anew."
        ) from None


def _image_column(schema: pa.Schema, wanted: str | None, path: Path) -> str:
    """The column with the pictures: the one that is named, or the only one that can be it."""
    fit = [field.name for field in schema if _holds_pictures(field.type)]
    if wanted is not None and wanted not in fit:
        why = "holds no bytes" if wanted in schema.names else "is not there"
        named = f"Columns that can be it: {', '.join(fit)}." if fit else "No column can be it."
        raise UserError(
            f"{path}: the column {wanted} (data.image) {why}. {named} Pictures are binary, or a "
            "struct with a field bytes."
        )
    if not fit:
        raise UserError(
            f"{path}: no column holds pictures ({', '.join(schema.names)}). Pictures are binary, "
            "or a struct with a field bytes, as on the hub."
        )
    if wanted is None and len(fit) > 1:
        raise UserError(
            f"{path}: several columns hold bytes ({', '.join(fit)}). Set data.image to the one "
            "with the pictures."
        )
    return wanted or fit[0]


def _holds_pictures(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        names = [field.name for field in kind]
        return BYTES in names and _is_binary(kind.field(BYTES).type)
    return _is_binary(kind)


def _is_binary(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _pictures(column: pa.ChunkedArray) -> list[bytes]:
    """The files; a missing one is empty, and will be told as unreadable."""
    import pyarrow as pa

    if pa.types.is_struct(column.type):
        cells = [each for chunk in column.chunks for each in chunk.field(BYTES).to_pylist()]
    else:
        cells = column.to_pylist()
    return [cell or b"" for cell in cells]


def _labels(column: pa.ChunkedArray, classes: Sequence[str] | None, where: str) -> list[str]:
    """Each row's class as text. Raises UserError for what is no class."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    numbers = pa.types.is_integer(kind)
    texts = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not (numbers or texts or pa.types.is_boolean(kind)):
        raise UserError(
            f"{where}: holds {kind}, which is no class. Set data.label to a column of names or "
            "whole numbers."
        )
    labels = []
    for row, cell in enumerate(column.to_pylist(), start=1):
        if cell is None or (texts and not cell.strip()):
            raise UserError(f"{where}, row {row:,}: empty. Every picture needs a class.")
        if not numbers:
            labels.append(str(cell).strip())
            continue
        if cell < 0:
            raise UserError(
                f"{where}, row {row:,}: {cell}, which on the hub means that the class is not told. "
                "Use a part whose classes are."
            )
        if classes is not None and cell >= len(classes):
            raise UserError(
                f"{where}, row {row:,}: {cell}, but only {len(classes)} classes are named "
                f"({', '.join(classes[:10])}). Name all of them in data.classes, from 0 on."
            )
        labels.append(str(cell) if classes is None else classes[cell])
    return labels


def _class_names(schema: pa.Schema, label: str) -> tuple[str, ...] | None:
    """The names that the hub's own metadata have for the numbers of a column."""
    try:
        found = json.loads((schema.metadata or {})[b"huggingface"])
        names = found["info"]["features"][label]["names"]
    except (KeyError, TypeError, ValueError):
        return None
    # The hub also writes them as a mapping from the number.
    if isinstance(names, dict):
        names = [names[key] for key in sorted(names, key=int)]
    return tuple(map(str, names))


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200].rstrip(".")
