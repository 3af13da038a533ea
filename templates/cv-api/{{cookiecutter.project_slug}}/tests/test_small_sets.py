"""A small set: what is done about it by default, and what is said of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from trained_parts import fit, tiny

from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.small_sets import SMALL, facts, is_small

AUGMENTED = {"kind": "strong", "flip": True, "cutout": 0.25, "mixup": 0.0}
TRAINING = {"augmentation": AUGMENTED, "epochs": 90, "parameters": 123_456}


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of 48 photos in two classes of unequal size: warm ones and cold ones."""
    monkeypatch.chdir(tmp_path)
    numbers = np.random.default_rng(1)
    for name, count, colour in (("warm", 30, (200, 90, 40)), ("cold", 18, (40, 90, 200))):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for number in range(count):
            shape = (80 + number, 120, 3)
            noise = numbers.normal(0, 40, shape) + np.array(colour)
            Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.jpg")
    return tmp_path / "photos"


def test_a_small_set_of_photos_trains_with_what_is_right_for_it(photos: Path) -> None:
    params = Params.model_validate(
        {
            "data": {"source": "folder", "path": str(photos)},
            "train": {"epochs": 20},
            "image": {"size": 24},
        }
    )
    found = fit(params)
    training = found.training
    assert training["augmentation"]["kind"] == "strong"
    assert training["flip"] is True
    assert training["width"] == 16
    assert training["small"]["pictures"] < 48
    assert training["curve"][-1]["accuracy"] > 0.9
    said = " ".join(training["small"]["done"])
    assert "20 times" in said
    assert "model.name=" in said


def test_what_is_said_has_the_runs_own_numbers() -> None:
    found = facts(196, TRAINING, None)
    assert found is not None
    assert found["pictures"] == 196
    said = " ".join(found["done"])
    assert "saw each picture 90 times" in said
    assert "123,456 parameters" in said
    assert "model.name=microsoft/resnet-18" in said


def test_a_pretrained_network_is_not_told_to_take_one() -> None:
    found = facts(196, TRAINING, "some/network")
    assert found is not None
    said = " ".join(found["done"])
    assert "some/network has seen other pictures" in said
    assert "--set" not in said


def test_without_augmentation_none_is_spoken_of() -> None:
    found = facts(196, {**TRAINING, "augmentation": {**AUGMENTED, "kind": "none"}}, None)
    assert found is not None
    assert "another way" not in " ".join(found["done"])


@pytest.mark.parametrize(
    ("augmentation", "said"),
    [
        ({}, "shifted, turned, made larger or smaller, recoloured, mirrored, partly covered."),
        ({"flip": False}, "shifted, turned, made larger or smaller, recoloured, partly covered."),
        ({"kind": "light", "cutout": 0.0}, "another way: shifted, mirrored."),
    ],
)
def test_only_what_was_done_to_the_pictures_is_said(
    augmentation: dict[str, Any], said: str
) -> None:
    found = facts(196, {**TRAINING, "augmentation": {**AUGMENTED, **augmentation}}, None)
    assert found is not None
    assert said in " ".join(found["done"])


def test_nothing_is_said_of_a_set_that_is_not_small() -> None:
    assert is_small(SMALL - 1)
    assert not is_small(SMALL)
    assert facts(SMALL, TRAINING, None) is None


def test_the_sample_is_not_small_and_a_part_of_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert fit(tiny(train={"epochs": 1})).training["small"] is not None
    whole = fit(tiny(data={"max_rows": None}, train={"epochs": 1}))
    assert whole.training["small"] is None
