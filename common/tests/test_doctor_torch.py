"""What `doctor` says of PyTorch and of a folder that is to hold a pretrained model."""

from pathlib import Path

import pytest

from {{ cookiecutter.package_name }} import doctor_torch
from {{ cookiecutter.package_name }}.doctor_torch import (
    Companion,
    cuda_of,
    pretrained,
    torch_build,
)


def test_the_build_of_pytorch_is_told_without_loading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, text = torch_build()
    assert state in {"ok", "note"}
    assert "CPU build" in text or "CUDA" in text
    monkeypatch.setattr(doctor_torch, "cuda_of", lambda path: None)
    monkeypatch.setattr(doctor_torch, "gpu", lambda: ("ok", "NVIDIA L4, 23034 MiB"))
    state, text = torch_build()
    assert (state, "make setup TORCH=cuda" in text) == ("note", True)
    monkeypatch.setattr(doctor_torch, "find_spec", lambda name: None)
    assert torch_build()[0] == "note"


def test_the_version_of_cuda_is_what_pytorch_says_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "version.py"
    path.write_text("from typing import Optional\ncuda: Optional[str] = '12.8'\n")
    assert cuda_of(path) == "12.8"
    path.write_text("cuda: Optional[str] = None\nhip = None\n")
    assert cuda_of(path) is None
    assert cuda_of(tmp_path / "none.py") is None


def test_a_folder_that_is_to_hold_a_pretrained_model_is_looked_into(tmp_path: Path) -> None:
    companion = Companion("companion", ("companion.json", "companion.txt"))
    assert pretrained("someone/a-model", companion)[0] == "note"
    folder = tmp_path / "encoder"
    assert "no such folder" in pretrained(str(folder), companion)[1]
    folder.mkdir()
    for file, lacks in (
        ("config.json", "no config.json"),
        ("model.safetensors", "no weights"),
        ("companion.txt", "no companion (companion.json)"),
    ):
        state, text = pretrained(str(folder), companion)
        assert (state, lacks in text) == ("problem", True)
        (folder / file).write_text("{}")
    assert pretrained(str(folder), companion)[0] == "ok"
