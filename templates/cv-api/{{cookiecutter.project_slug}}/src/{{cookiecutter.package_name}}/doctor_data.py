"""What `doctor` looks at in this template beside the rest: data, PyTorch, the pretrained model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .artifacts import sha256_of
from .config import Params
from .doctor import Check, Checked
from .doctor_torch import Companion, pretrained, torch_build
from .picture_folder import find_files

if TYPE_CHECKING:
    from .data import Dataset

RUNTIME = ("onnxruntime", "pillow")
PROCESSOR = Companion("image processor", ("preprocessor_config.json",))


def checks(params: Params) -> Sequence[tuple[str, Check]]:
    """The raw pictures and what was prepared from them, PyTorch, and the pretrained model, if any.

    No picture is decoded. Raises ImportError without what training needs.
    """
    found: list[tuple[str, Check]] = [("PyTorch", torch_build)]
    if params.model.name is not None:
        found.append(("Pretrained", partial(pretrained, params.model.name, PROCESSOR)))
    # Here rather than in the checks: of two threads that import one module, one sees half of it.
    from . import data, sources

    raw = partial(_raw, params, sources.raw_file(params.data))
    return [*found, ("Raw data", raw), ("Data", lambda: _prepared(*data.standing(params)))]


def _raw(params: Params, path: Path) -> Checked:
    source = params.data.source
    if source == "sample":
        return "ok", "the digits that come with scikit-learn"
    if source == "folder":
        return _folder(path)
    if not path.is_file():
        if source == "parquet":
            return "problem", f"{path}: no such file. Put it there, or name another in data.path."
        return "note", f"{path} is not there yet: `data` downloads it, which takes a network"
    return "ok", f"{path}, SHA-256 {sha256_of(path)[:12]}…"


def _folder(path: Path) -> Checked:
    """What lies in a folder of pictures. Raises UserError if there is nothing to be read."""
    files = find_files(path).files
    classes = {label for _, label, _ in files}
    return "ok", f"{path}: {len(files):,} files in {len(classes):,} classes"


def _prepared(dataset: Dataset | None, fault: str | None) -> Checked:
    if dataset is None:
        return "note", "nothing is prepared yet. Run `data`."
    if fault:
        return "problem", f"{fault}. Run `data` again, then `train`."
    meta = dataset.meta
    unreadable = f"; {meta.unreadable:,} files cannot be read" if meta.unreadable else ""
    return "ok", (
        f"{meta.name}: {meta.train_rows:,} pictures to train on, {meta.validation_rows:,} to "
        f"choose by, {meta.test_rows:,} held out{unreadable}"
    )
