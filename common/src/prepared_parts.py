"""The parts that the data were split into: Parquet files in data/processed, and their hashes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ValidationError

from .artifacts import atomic_path, sha256_of
from .errors import UserError

PROCESSED = Path("data/processed")
DATASET = PROCESSED / "dataset.json"

Part = TypeVar("Part", bound=str)
Dataset = TypeVar("Dataset", bound=BaseModel)


def write_parts(
    table: pd.DataFrame, parts: Mapping[Part, npt.NDArray[np.integer[Any]]]
) -> dict[Part, str]:
    """Store the rows of each part that has any. Returns part -> SHA-256."""
    files: dict[Part, str] = {}
    for part, rows in parts.items():
        path = _file(part)
        if len(rows) == 0:
            path.unlink(missing_ok=True)  # an older split's rows would be mistaken for this one's
            continue
        with atomic_path(path) as temporary:
            table.iloc[rows].to_parquet(temporary)
        files[part] = sha256_of(path)
    return files


def read_part(part: str, sha256: str) -> pd.DataFrame:
    """A part's rows, with the index that they were stored with. Raises UserError if damaged."""
    found = _damage(part, sha256)
    if found:
        raise UserError(f"{found}. Run `data` again.")
    return pd.read_parquet(_file(part))


def read_dataset(kind: type[Dataset]) -> Dataset | None:
    """dataset.json, which says what the parts are; None if there is none or another version's."""
    try:
        return kind.model_validate_json(DATASET.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def first_damage(files: Mapping[Part, str]) -> str | None:
    """What is wrong with the first file that is not as it was written; None if each is.

    files: part -> SHA-256.
    """
    found = (_damage(part, sha256) for part, sha256 in files.items())
    return next(filter(None, found), None)


def changed_settings(before: BaseModel, now: BaseModel) -> str | None:
    """Which settings of the data are others than those they were prepared with; None if none is."""
    old, new = before.model_dump(), now.model_dump()
    changed = [f"data.{key}: {old[key]} -> {new[key]}" for key in new if old[key] != new[key]]
    if not changed:
        return None
    return f"settings changed since the data were prepared ({'; '.join(changed)})"


def _damage(part: str, sha256: str) -> str | None:
    path = _file(part)
    if not path.is_file():
        return f"{path}: no such file"
    if sha256_of(path) != sha256:
        return f"{path}: changed since it was written"
    return None


def _file(part: str) -> Path:
    return PROCESSED / f"{part}.parquet"
