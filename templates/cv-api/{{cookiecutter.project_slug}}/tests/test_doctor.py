"""What `doctor` says of this template's own: data, PyTorch, and the pretrained model."""

from pathlib import Path
from typing import Any

import pytest
from made_pictures import pictures, write_folder

from {{ cookiecutter.package_name }} import data, doctor, doctor_data
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.errors import UserError


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def params(**sections: dict[str, Any]) -> Params:
    return Params.model_validate({"data": {"max_rows": 60}, **sections})


def examine(settings: Params) -> dict[str, doctor.Checked]:
    return {name: check() for name, check in doctor_data.checks(settings)}


def test_data_are_not_there_then_ready_then_damaged_then_of_other_settings() -> None:
    assert examine(params())["Data"] == ("note", "nothing is prepared yet. Run `data`.")
    data.prepare(params())
    state, text = examine(params())["Data"]
    assert state == "ok"
    assert "60 pictures to train on" in text
    other = params(data={"max_rows": 60, "seed": 7})
    assert "data.seed: 42 -> 7" in examine(other)["Data"][1]
    part = Path("data/processed/validation.parquet")
    part.write_bytes(part.read_bytes() + b"\0")
    state, text = examine(params())["Data"]
    assert (state, "changed since it was written" in text) == ("problem", True)


def test_the_raw_pictures_are_looked_at_and_not_fetched() -> None:
    assert examine(params())["Raw data"][0] == "ok"
    state, text = examine(params(data={"source": "cifar10"}))["Raw data"]
    assert (state, "takes a network" in text) == ("note", True)
    own = params(data={"source": "parquet", "path": "own.parquet"})
    assert examine(own)["Raw data"][0] == "problem"
    Path("own.parquet").write_bytes(b"")
    assert "SHA-256" in examine(own)["Raw data"][1]


def test_a_folder_is_told_by_its_files_and_classes() -> None:
    photos = params(data={"source": "folder", "path": "photos"})
    check = dict(doctor_data.checks(photos))["Raw data"]
    with pytest.raises(UserError, match="no such folder"):
        check()
    write_folder(pictures(30))
    assert check() == ("ok", "photos: 30 files in 2 classes")


def test_a_pretrained_model_needs_its_image_processor(tmp_path: Path) -> None:
    assert "Pretrained" not in examine(params())
    named = params(model={"name": "microsoft/resnet-18"})
    assert examine(named)["Pretrained"][0] == "note"
    own = params(model={"name": str(tmp_path)})
    for file in ("config.json", "model.safetensors"):
        (tmp_path / file).write_text("{}")
    assert "no image processor (preprocessor_config.json)" in examine(own)["Pretrained"][1]
    (tmp_path / "preprocessor_config.json").write_text("{}")
    assert examine(own)["Pretrained"][0] == "ok"
