"""Corruptions: each stronger than the one before, the same for one seed, and what they cost."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from coloured_photos import photos
from small_model import CLASSES, write_model

from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.asking import pixels_of
from {{ cookiecutter.package_name }}.corruptions import (
    Corruption,
    blur,
    contrast,
    corruptions,
    jpeg,
    noise,
)
from {{ cookiecutter.package_name }}.picture import Pixels, Preprocessing
from {{ cookiecutter.package_name }}.robustness import robustness


def pictures(size: int) -> Pixels:
    """Six photos as a model of that size sees them."""
    preprocessing = Preprocessing(size)
    return np.stack([preprocessing.read(each).pixels for each in photos(6, 3)])


def harm(kind: Corruption, pixels: Pixels, level: int) -> float:
    """How far the pixels move on average."""
    made = kind.make(pixels, kind.strengths[level], np.random.default_rng(0))
    assert made.shape == pixels.shape
    assert made.dtype == np.uint8
    return float(np.abs(made.astype(float) - pixels).mean())


@pytest.mark.parametrize("size", [16, 32, 96])
def test_each_strength_changes_more_than_the_one_before(size: int) -> None:
    pixels = pictures(size)
    for kind in corruptions(size):
        harms = [harm(kind, pixels, level) for level in range(5)]
        # In a picture of a few of JPEG's blocks, what is rounded up may happen to fit better.
        slack = 0.5 if kind.name == "JPEG" else 0.0
        assert all(after > before - slack for before, after in pairwise(harms)), kind.name
        assert harms[4] > harms[0] > 0, kind.name


def test_noise_has_the_deviation_that_was_asked_for_and_the_seed_decides_it() -> None:
    grey = np.full((4, 32, 32, 3), 128, dtype=np.uint8)
    made = noise(grey, 0.08, np.random.default_rng(1))
    assert made.std() == pytest.approx(0.08 * 255, rel=0.05)
    assert np.array_equal(made, noise(grey, 0.08, np.random.default_rng(1)))
    assert not np.array_equal(made, noise(grey, 0.08, np.random.default_rng(2)))


def test_blur_mixes_places_and_neither_channels_nor_pictures() -> None:
    pixels = np.zeros((2, 16, 16, 3), dtype=np.uint8)
    pixels[0, 8, 8, 1] = 255
    made = blur(pixels, 1.0, np.random.default_rng(0))
    assert not made[1].any()
    assert not made[0, :, :, (0, 2)].any()
    assert made[0, 8, 8, 1] > made[0, 8, 9, 1] > 0


def test_less_contrast_keeps_the_mean_of_each_channel() -> None:
    pixels = pictures(32)
    made = contrast(pixels, 0.3, np.random.default_rng(0))
    before, after = (each.mean(axis=(1, 2)) for each in (pixels, made))
    assert np.abs(before - after).max() < 1.0
    ratio = made.std(axis=(1, 2)) / pixels.std(axis=(1, 2))
    assert ratio == pytest.approx(0.3, abs=0.05)


def test_a_lower_quality_loses_more() -> None:
    pixels = pictures(64)
    losses = [
        np.abs(jpeg(pixels, quality, np.random.default_rng(0)).astype(int) - pixels).mean()
        for quality in (80, 10)
    ]
    assert losses[1] > losses[0]


def test_what_a_corruption_costs_is_measured_by_the_served_model(tmp_path: Path) -> None:
    write_model(tmp_path / "models")
    predictor = Predictor.load(tmp_path / "models")
    shown = photos(30, 5)
    pixels = pixels_of(predictor, shown)
    labels = np.arange(30) % len(CLASSES)
    found = robustness(predictor, pixels, labels, seed=1)
    assert found["rows"] == 30
    assert found["clean"] == (predictor.logits(pixels).argmax(axis=1) == labels).mean() > 0.9
    names = ["noise", "blur", "low contrast", "JPEG"]
    assert [each["name"] for each in found["corruptions"]] == names
    for each in found["corruptions"]:
        assert len(each["accuracy"]) == len(each["strengths"]) == 5
        assert each["mean"] == pytest.approx(np.mean(each["accuracy"]))
    assert found == robustness(predictor, pixels, labels, seed=1)
