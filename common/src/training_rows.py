"""Which rows a model has seen: kept beside it as hashes, so that it is not measured on them.

Seen are the rows that it was trained on, and those that it was chosen by: when training stopped and
what was settled afterwards, such as its temperature. A row is a text or a picture; it is known
again by a hash of its content, whatever its label.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from .artifacts import Manifest
from .errors import UserError
from .row_hashes import Hashes, among_trained, changed, other_data, write_hashes

# `text` and `image` name columns; a template has one of them.
SAME = (
    *("classes", "label", "text", "image", "sha256"),
    *("seed", "test_size", "validation_size", "train_rows"),
)


class Rows(Protocol):
    """Rows of one part of the data."""

    @property
    def hashes(self) -> Hashes:
        """(n,) a number per row, from its content alone."""

    @property
    def meta(self) -> BaseModel:
        """What the data are."""

    def take(self, rows: npt.NDArray[np.int64]) -> Self:
        """Some of the rows, by their positions."""


Some = TypeVar("Some", bound=Rows)


def write(train: Rows, validation: Rows, folder: Path) -> None:
    """Write the hashes of the rows that a model sees to its folder."""
    write_hashes(np.concatenate([train.hashes, validation.hashes]), folder)


def seen(data: Rows, folder: Path) -> npt.NDArray[np.bool_]:
    """Which of the rows the model in `folder` has seen, shape (n,).

    Raises UserError if the model does not say.
    """
    return among_trained(data.hashes, folder)


def trained_rows(manifest: Manifest, folder: Path, train: Some) -> Some:
    """Those of the training rows that the model in `folder` was trained on.

    There may be more by now than when it was trained. Raises UserError if any of its own is gone.
    """
    return _own(manifest, folder, train, "train_rows")


def chosen_rows(manifest: Manifest, folder: Path, validation: Some) -> Some:
    """The same of the validation rows: those that the model was chosen by."""
    return _own(manifest, folder, validation, "validation_rows")


def held_out_rows(manifest: Manifest, folder: Path, test: Some) -> Some:
    """The held-out rows, which the model in `folder` must not have seen.

    There may be more by now than when it was trained. Raises UserError if it has seen any.
    """
    if _changed(manifest, test) and _seen(manifest, folder, test).any():
        raise _other_data(manifest, folder, test)
    return test


def _own(manifest: Manifest, folder: Path, data: Some, count: str) -> Some:
    if not _changed(manifest, data):
        return data
    own = _seen(manifest, folder, data)
    if own.sum() < manifest.data.get(count, len(own) + 1):
        raise _other_data(manifest, folder, data)
    return data.take(np.flatnonzero(own))


def _seen(manifest: Manifest, folder: Path, data: Rows) -> npt.NDArray[np.bool_]:
    if any(key in _changed(manifest, data) for key in ("classes", "label")):
        raise _other_data(manifest, folder, data)
    try:
        return seen(data, folder)
    except UserError:
        raise _other_data(manifest, folder, data) from None


def _changed(manifest: Manifest, data: Rows) -> list[str]:
    now = data.meta.model_dump(mode="json")
    return changed(manifest, now, [key for key in SAME if key in now])


def _other_data(manifest: Manifest, folder: Path, data: Rows) -> UserError:
    now = data.meta.model_dump(mode="json")
    return other_data(manifest, folder, now, _changed(manifest, data)[0])
