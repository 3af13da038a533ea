"""Decoded pictures on disk: right, made once, made anew when anything changes, and cleared."""

import os
from pathlib import Path

import numpy as np
import pytest
from made_pictures import pictures, write_folder

from {{ cookiecutter.package_name }} import data, pixel_cache
from {{ cookiecutter.package_name }}.config import DataParams, Params
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.picture import Preprocessing
from {{ cookiecutter.package_name }}.pixel_cache import CACHE, pixels_of

SMALL = Preprocessing(16)


@pytest.fixture
def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> data.ImageData:
    monkeypatch.chdir(tmp_path)
    write_folder(pictures(40))
    return data.load_train(Params(data=DataParams(source="folder", path="photos")))


def files() -> list[Path]:
    return sorted(CACHE.glob("*"))


def test_pixels_are_those_that_serving_would_make(train: data.ImageData) -> None:
    pixels = pixels_of(train, SMALL)
    assert pixels.shape == (len(train.labels), 16, 16, 3)
    for row, picture in enumerate(train.pictures):
        assert (pixels[row] == SMALL.read(picture).pixels).all()


def test_they_are_decoded_once(train: data.ImageData, monkeypatch: pytest.MonkeyPatch) -> None:
    first = np.array(pixels_of(train, SMALL))
    monkeypatch.setattr(pixel_cache, "_decode", None)
    assert (pixels_of(train, SMALL) == first).all()


def test_another_size_or_other_pictures_have_a_file_of_their_own(train: data.ImageData) -> None:
    pixels_of(train, SMALL)
    assert pixels_of(train, Preprocessing(24)).shape[1] == 24
    assert len(pixels_of(train.take(np.arange(5)), SMALL)) == 5
    assert len(files()) == 3


def test_changing_the_pixels_changes_no_file(train: data.ImageData) -> None:
    pixels = pixels_of(train, SMALL)
    before = np.array(pixels)
    pixels[:] = 0
    assert (pixels_of(train, SMALL) == before).all()


def test_those_that_nobody_wanted_for_longest_are_cleared(
    train: data.ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixel_cache, "KEPT", 2)
    pixels_of(train, SMALL)
    (oldest,) = files()
    os.utime(oldest, (1, 1))
    for size in (17, 18):
        pixels_of(train, Preprocessing(size))
    assert oldest not in files()
    assert len(files()) == 2


def test_a_picture_that_changed_is_told_and_nothing_is_left_behind(train: data.ImageData) -> None:
    Path("photos", train.names[3]).write_bytes(b"")
    with pytest.raises(UserError, match=r"changed since the data were prepared. Run `data` again"):
        pixels_of(train, SMALL)
    assert files() == []
