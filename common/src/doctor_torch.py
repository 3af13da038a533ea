"""What `doctor` looks at where a network is trained: PyTorch, and the pretrained model, if any."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from .doctor import Checked
from .doctor_machine import gpu

WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")


@dataclass(frozen=True)
class Companion:
    """What a pretrained model is of no use without: its tokenizer, say."""

    name: str
    files: Sequence[str]
    """Any one of them is enough; the first is named in messages."""


def torch_build() -> Checked:
    """Which PyTorch there is, told without importing it, which takes seconds."""
    spec = find_spec("torch")
    try:
        number = version("torch")
    except PackageNotFoundError:
        spec = None
    if spec is None or spec.origin is None:
        return "note", "not installed; training needs it, serving does not: `make setup`"
    cuda = cuda_of(Path(spec.origin).with_name("version.py"))
    if cuda:
        return "ok", f"{number}, for CUDA {cuda}"
    state, named = gpu()
    if state == "ok" and not named.startswith("none"):
        return "note", (
            f"{number}, the CPU build, beside a GPU that it cannot use. For the other build: make "
            "setup TORCH=cuda in an environment without PyTorch"
        )
    return "ok", f"{number}, the CPU build"


def pretrained(name: str, companion: Companion) -> Checked:
    """Whether `model.name`, if it is a folder, holds a model with its companion."""
    folder = Path(name).expanduser()
    if not folder.is_dir():
        if name.startswith(("/", ".", "~")):
            return "problem", f"model.name = {name}: no such folder. Correct the path."
        return "note", f"{name} comes from the hub: the first `train` downloads it"
    for files, lacks in (
        (("config.json",), "config.json"),
        (WEIGHTS, "weights (model.safetensors)"),
        (companion.files, f"{companion.name} ({companion.files[0]})"),
    ):
        if not any((folder / file).is_file() for file in files):
            return "problem", (
                f"model.name = {name}: the folder has no {lacks}. Save the model there with "
                f"save_pretrained, its {companion.name} too."
            )
    return "ok", f"{folder} holds a model and its {companion.name}"


def cuda_of(path: Path) -> str | None:
    """The CUDA version that PyTorch says of itself in its version.py; None for the CPU build."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"^cuda\b[^=]*=\s*['\"]([\d.]+)['\"]", text, re.MULTILINE)
    return found[1] if found else None
