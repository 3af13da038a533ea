"""Which rows a model was trained on: their hashes are kept beside it, so that it is not measured on
them. What a row's hash is made of is the template's to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .artifacts import Manifest, verify
from .errors import UserError

NAME = "training-rows.npy"

Hashes = npt.NDArray[np.uint64]


def write_hashes(hashes: Hashes, folder: Path) -> None:
    """Write the hashes of the rows that a model is trained on to its folder."""
    np.save(folder / NAME, hashes)


def among_trained(hashes: Hashes, folder: Path) -> npt.NDArray[np.bool_]:
    """Which of the rows, by their hashes, the model in `folder` was trained on, shape (n,).

    Raises UserError if the model does not say.
    """
    verify(folder, (NAME,))
    found: npt.NDArray[np.bool_] = np.isin(hashes, np.load(folder / NAME, allow_pickle=False))
    return found


def changed(manifest: Manifest, now: dict[str, Any], keys: Sequence[str]) -> list[str]:
    """In which of the keys the data differ from those that the model was trained on.

    now: what is prepared, as the manifest's `data` has it.
    """
    return [key for key in keys if manifest.data.get(key) != now[key]]


def other_data(manifest: Manifest, folder: Path, now: dict[str, Any], key: str) -> UserError:
    """What to say of a model that belongs to other data, of which `key` shows it."""
    return UserError(
        f"{folder}: the model was trained on other data ({key} was {manifest.data.get(key)}, "
        f"now {now[key]}). Restore data.* in the settings, or run `train` again."
    )
