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

if TYPE_CHECKING:
    from .data import Dataset

RUNTIME = ("onnxruntime", "tokenizers")
TOKENIZER = Companion(
    "tokenizer", ("tokenizer.json", "vocab.txt", "sentencepiece.bpe.model", "spiece.model")
)


def checks(params: Params) -> Sequence[tuple[str, Check]]:
    """The raw texts and what was prepared from them, PyTorch, and the pretrained model, if any.

    None is loaded or made, only looked at. Raises ImportError without what training needs.
    """
    found: list[tuple[str, Check]] = [("PyTorch", torch_build)]
    if params.model.name is not None:
        found.append(("Pretrained", partial(pretrained, params.model.name, TOKENIZER)))
    # Here rather than in the checks: of two threads that import one module, one sees half of it.
    from . import data, sources

    raw = partial(_raw, params, sources.raw_file(params.data))
    return [*found, ("Raw data", raw), ("Data", lambda: _prepared(*data.standing(params)))]


def _raw(params: Params, path: Path) -> Checked:
    settings = params.data
    if settings.source == "sample":
        return "ok", "the synthetic sample, made when it is needed"
    if not path.is_file():
        if settings.source == "file":
            return "problem", f"{path}: no such file. Put it there, or name another in data.path."
        return "note", f"{path} is not there yet: `data` downloads it, which takes a network"
    return "ok", f"{path}, SHA-256 {sha256_of(path)[:12]}…"


def _prepared(dataset: Dataset | None, fault: str | None) -> Checked:
    if dataset is None:
        return "note", "nothing is prepared yet. Run `data`."
    if fault:
        return "problem", f"{fault}. Run `data` again, then `train`."
    meta = dataset.meta
    return "ok", (
        f"{meta.name}: {meta.train_rows:,} texts to train on, {meta.validation_rows:,} to choose "
        f"by, {meta.test_rows:,} held out"
    )
