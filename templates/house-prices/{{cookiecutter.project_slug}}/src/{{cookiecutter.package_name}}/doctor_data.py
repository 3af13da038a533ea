"""What `doctor` looks at in this template beside the rest: the data, and what serves the model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .artifacts import sha256_of
from .config import Params
from .doctor import Check, Checked

if TYPE_CHECKING:
    from .data import Dataset

RUNTIME = ("onnxruntime",)


def checks(params: Params) -> Sequence[tuple[str, Check]]:
    """The raw file and what was prepared from it. Neither is loaded or made, only looked at.

    Raises ImportError without what training needs.
    """
    # Here rather than in the checks: of two threads that import one module, one sees half of it.
    from . import data, sources

    raw = partial(_raw, params, sources.raw_file(params.data))
    return [("Raw data", raw), ("Data", lambda: _prepared(*data.standing(params)))]


def _raw(params: Params, path: Path) -> Checked:
    settings = params.data
    if settings.source == "sample":
        return "ok", "the synthetic sample, made when it is needed"
    if not path.is_file():
        address = settings.source == "openml" or "://" in (settings.path or "")
        if address:
            return "note", f"{path} is not there yet: `data` downloads it, which takes a network"
        return "problem", f"{path}: no such file. Put it there, or name another in data.path."
    found = sha256_of(path)
    if settings.sha256 is not None and found != settings.sha256:
        return "problem", (
            f"{path}: its SHA-256 is {found[:12]}…, not data.sha256 ({settings.sha256[:12]}…). "
            "Restore the file, or set data.sha256 to null."
        )
    asked = "as data.sha256 says" if settings.sha256 else "data.sha256 would pin it"
    return "ok", f"{path}, SHA-256 {found[:12]}… ({asked})"


def _prepared(dataset: Dataset | None, fault: str | None) -> Checked:
    if dataset is None:
        return "note", "nothing is prepared yet. Run `data`."
    if fault:
        return "problem", f"{fault}. Run `data` again, then `train`."
    meta = dataset.meta
    return "ok", f"{meta.name}: {meta.train_rows:,} rows to train on, {meta.test_rows:,} held out"
