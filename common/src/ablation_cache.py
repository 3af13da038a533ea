"""Outcomes kept on disk, so that an ablation that is cut off goes on where it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from .artifacts import atomic_path

Arrays = dict[str, npt.NDArray[Any]]


class Outcomes:
    """Named arrays per fit, in a folder of their own for everything that they depend on.

    context: what all of them are made from: data, folds, versions, code. Of another context nothing
    is ever found, so that no stale outcome is used.
    """

    def __init__(self, folder: Path, context: Mapping[str, Any]) -> None:
        self._folder = folder
        self._own = folder / digest(context)

    def get(self, fit: Mapping[str, Any]) -> Arrays | None:
        """What was kept of this fit; None if nothing was, or if the file is damaged."""
        try:
            with np.load(self._path(fit), allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except (OSError, ValueError, EOFError, BadZipFile):
            return None

    def put(self, fit: Mapping[str, Any], arrays: Arrays) -> None:
        """Keep the arrays of a fit: all of them or, if killed, none."""
        # An open file, since numpy would add an ending of its own to a name.
        with atomic_path(self._path(fit)) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    def forget_others(self) -> None:
        """Remove what was kept for other contexts."""
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            if path.is_dir() and path != self._own:
                shutil.rmtree(path, ignore_errors=True)

    def _path(self, fit: Mapping[str, Any]) -> Path:
        return self._own / f"{digest(fit)}.npz"


def digest(value: Mapping[str, Any]) -> str:
    """The start of the SHA-256 of a value's JSON, keys sorted: equal values, equal digests."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def code_digest(package: Path) -> str:
    """A digest of the modules in a package's folder: a change to any of them gives another one."""
    found = hashlib.sha256()
    for path in sorted(package.glob("*.py")):
        found.update(f"{path.name}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
