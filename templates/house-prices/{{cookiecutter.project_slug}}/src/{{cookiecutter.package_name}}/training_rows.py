"""Which rows a model was trained on: kept beside it, so that it is not measured on them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .artifacts import Manifest, verify
from .columns import canonical
from .data import TableData
from .errors import UserError
from .row_hashes import among_trained, changed, other_data, write_hashes
from .schema import TableSchema
from .split import row_hashes

SCHEMA = "schema.json"
SAME = ("sha256", "seed", "test_size", "train_rows", "target")


def write(data: TableData, folder: Path) -> None:
    """Write the hashes of the rows that a model is trained on to its folder."""
    write_hashes(row_hashes(data.frame, data.target), folder)


def in_columns_of(data: TableData, schema: TableSchema) -> TableData:
    """The rows in the columns that a model reads. Raises UserError if they cannot be had."""
    absent = [name for name in schema.names if name not in data.frame.columns]
    if absent:
        more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""
        raise UserError(f"{data.meta.name}: no column {', '.join(absent[:3])}{more} to read.")
    try:
        return replace(data, frame=canonical(data.frame, schema), schema=schema)
    except ValueError as error:
        raise UserError(f"{data.meta.name}: a value does not fit the model ({error}).") from None


def seen(data: TableData, folder: Path) -> npt.NDArray[np.bool_]:
    """Which rows the model in `folder` was trained on, shape (n,); they are in its columns.

    Raises UserError if the model does not say.
    """
    return among_trained(row_hashes(data.frame, data.target), folder)


def trained_rows(manifest: Manifest, folder: Path, train: TableData) -> TableData:
    """Those of the training rows that the model in `folder` was trained on, in its columns.

    There may be more by now than when it was trained. Raises UserError if any of its own is gone.
    """
    if not _changed(manifest, train):
        return train
    table, own = _of_model(manifest, folder, train)
    if own.sum() != manifest.data.get("train_rows"):
        raise _other_data(manifest, folder, train)
    return replace(
        table,
        frame=table.frame[own].reset_index(drop=True),
        target=table.target[own].reset_index(drop=True),
        lines=table.lines[own],
    )


def held_out_rows(manifest: Manifest, folder: Path, test: TableData) -> TableData:
    """The held-out rows in the columns of the model in `folder`.

    There may be more by now. Raises UserError if the model was trained on any of them.
    """
    if not _changed(manifest, test):
        return test
    table, own = _of_model(manifest, folder, test)
    if own.any():
        raise _other_data(manifest, folder, test)
    return table


def _of_model(
    manifest: Manifest, folder: Path, data: TableData
) -> tuple[TableData, npt.NDArray[np.bool_]]:
    """The rows in the model's columns, and which of them it was trained on."""
    if manifest.data.get("target") != data.meta.target:
        raise _other_data(manifest, folder, data)
    try:
        verify(folder, (SCHEMA,))
        stored = json.loads((folder / SCHEMA).read_bytes())["table"]
        table = in_columns_of(data, TableSchema.model_validate(stored))
        return table, seen(table, folder)
    except UserError:
        raise _other_data(manifest, folder, data) from None


def _changed(manifest: Manifest, data: TableData) -> list[str]:
    return changed(manifest, data.meta.model_dump(mode="json"), SAME)


def _other_data(manifest: Manifest, folder: Path, data: TableData) -> UserError:
    now = data.meta.model_dump(mode="json")
    return other_data(manifest, folder, now, changed(manifest, now, SAME)[0])
