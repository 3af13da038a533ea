"""Which texts a model has seen: kept beside it as hashes, so that it is not measured on them.

Seen are the texts that it was trained on, and those that it was chosen by: when training stopped,
its temperature and its precision were settled on them. A text is known again by what a reader
would take for the same text, whatever its label.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .artifacts import Manifest
from .data import TextData
from .duplicates import text_hashes
from .errors import UserError
from .row_hashes import among_trained, changed, other_data, write_hashes

SAME = ("classes", "label", "text", "sha256", "seed", "test_size", "validation_size", "train_rows")


def write(train: TextData, validation: TextData, folder: Path) -> None:
    """Write the hashes of the texts that a model sees to its folder."""
    write_hashes(text_hashes([*train.texts, *validation.texts]), folder)


def seen(data: TextData, folder: Path) -> npt.NDArray[np.bool_]:
    """Which of the texts the model in `folder` has seen, shape (n,).

    Raises UserError if the model does not say.
    """
    return among_trained(text_hashes(data.texts), folder)


def trained_rows(manifest: Manifest, folder: Path, train: TextData) -> TextData:
    """Those of the training texts that the model in `folder` was trained on.

    There may be more by now than when it was trained. Raises UserError if any of its own is gone.
    """
    return _own(manifest, folder, train, "train_rows")


def chosen_rows(manifest: Manifest, folder: Path, validation: TextData) -> TextData:
    """The same of the validation texts: those that the model was chosen by."""
    return _own(manifest, folder, validation, "validation_rows")


def held_out_rows(manifest: Manifest, folder: Path, test: TextData) -> TextData:
    """The held-out texts, which the model in `folder` must not have seen.

    There may be more by now than when it was trained. Raises UserError if it has seen any.
    """
    if _changed(manifest, test) and _seen(manifest, folder, test).any():
        raise _other_data(manifest, folder, test)
    return test


def _own(manifest: Manifest, folder: Path, data: TextData, count: str) -> TextData:
    if not _changed(manifest, data):
        return data
    own = _seen(manifest, folder, data)
    if own.sum() < manifest.data.get(count, len(own) + 1):
        raise _other_data(manifest, folder, data)
    rows = np.flatnonzero(own)
    return replace(
        data,
        texts=[data.texts[row] for row in rows],
        labels=data.labels[rows],
        lines=data.lines[rows],
    )


def _seen(manifest: Manifest, folder: Path, data: TextData) -> npt.NDArray[np.bool_]:
    if any(key in _changed(manifest, data) for key in ("classes", "label")):
        raise _other_data(manifest, folder, data)
    try:
        return seen(data, folder)
    except UserError:
        raise _other_data(manifest, folder, data) from None


def _changed(manifest: Manifest, data: TextData) -> list[str]:
    return changed(manifest, data.meta.model_dump(mode="json"), SAME)


def _other_data(manifest: Manifest, folder: Path, data: TextData) -> UserError:
    now = data.meta.model_dump(mode="json")
    return other_data(manifest, folder, now, changed(manifest, now, SAME)[0])
