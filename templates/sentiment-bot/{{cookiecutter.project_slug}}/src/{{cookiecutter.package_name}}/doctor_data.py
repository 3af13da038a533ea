"""What `doctor` looks at in this template beside the rest: data, PyTorch, the pretrained model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .artifacts import sha256_of
from .config import Params
from .doctor import Check, Checked
from .doctor_machine import gpu

if TYPE_CHECKING:
    from .data import Dataset

RUNTIME = ("onnxruntime", "tokenizers")
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")
TOKENIZERS = ("tokenizer.json", "vocab.txt", "sentencepiece.bpe.model", "spiece.model")


def checks(params: Params) -> Sequence[tuple[str, Check]]:
    """The raw texts and what was prepared from them, PyTorch, and the pretrained model, if any.

    None is loaded or made, only looked at. Raises ImportError without what training needs.
    """
    found: list[tuple[str, Check]] = [("PyTorch", torch_build)]
    if params.model.name is not None:
        found.append(("Pretrained", partial(pretrained, params.model.name)))
    # Here rather than in the checks: of two threads that import one module, one sees half of it.
    from . import data, sources

    raw = partial(_raw, params, sources.raw_file(params.data))
    return [*found, ("Raw data", raw), ("Data", lambda: _prepared(*data.standing(params)))]


def torch_build() -> Checked:
    """Which PyTorch there is, told without importing it, which takes seconds."""
    spec = find_spec("torch")
    try:
        number = version("torch")
    except PackageNotFoundError:
        spec = None
    if spec is None or spec.origin is None:
        return "note", "not installed; training needs it, serving does not: `make setup`"
    cuda = _cuda(Path(spec.origin).with_name("version.py"))
    if cuda:
        return "ok", f"{number}, for CUDA {cuda}"
    state, named = gpu()
    if state == "ok" and not named.startswith("none"):
        return "note", (
            f"{number}, the CPU build, beside a GPU that it cannot use. For the other build: make "
            "setup TORCH=cuda in an environment without PyTorch"
        )
    return "ok", f"{number}, the CPU build"


def pretrained(name: str) -> Checked:
    """Whether `model.name`, if it is a folder, holds a model with a tokenizer."""
    folder = Path(name).expanduser()
    if not folder.is_dir():
        if name.startswith(("/", ".", "~")):
            return "problem", f"model.name = {name}: no such folder. Correct the path."
        return "note", f"{name} comes from the hub: the first `train` downloads it"
    for files, lacks in (
        (("config.json",), "config.json"),
        (WEIGHTS, "weights (model.safetensors)"),
        (TOKENIZERS, "tokenizer (tokenizer.json)"),
    ):
        if not any((folder / file).is_file() for file in files):
            return "problem", (
                f"model.name = {name}: the folder has no {lacks}. Save the model there with "
                "save_pretrained, its tokenizer too."
            )
    return "ok", f"{folder} holds a model and its tokenizer"


def _cuda(path: Path) -> str | None:
    """The CUDA version that PyTorch says of itself in its version.py; None for the CPU build."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"^cuda\b[^=]*=\s*['\"]([\d.]+)['\"]", text, re.MULTILINE)
    return found[1] if found else None


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
