"""The deletion test: what is greyed out, what elsewhere is, and that it finds true heat true."""

from pathlib import Path

import numpy as np
import pytest
from small_model import CLASSES, picture, write_model

from {{ cookiecutter.package_name }}.api.cam import grad_cam
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.deletion import (
    SHARE,
    deletion_test,
    greyed,
    hottest_places,
    other_places,
    pixels_of_places,
)


@pytest.fixture
def predictor(tmp_path: Path) -> Predictor:
    write_model(tmp_path / "models")
    return Predictor.load(tmp_path / "models")


def test_the_hottest_share_of_the_places_is_chosen_and_one_at_least() -> None:
    heat = np.random.default_rng(0).random((7, 7)).astype(np.float32)
    chosen = hottest_places(heat)
    assert chosen.sum() == round(SHARE * 49)
    assert heat[chosen].min() > heat[~chosen].max()
    assert hottest_places(np.array([[0.1, 0.9]], dtype=np.float32)).tolist() == [[False, True]]


def test_others_are_as_many_and_none_of_the_chosen() -> None:
    chosen = hottest_places(np.random.default_rng(0).random((4, 4)).astype(np.float32))
    for seed in range(20):
        others = other_places(chosen, np.random.default_rng(seed))
        assert others.sum() == chosen.sum()
        assert not (others & chosen).any()


def test_a_place_is_its_part_of_the_pixels() -> None:
    masks = pixels_of_places([np.array([[False, True], [False, False]])], 5)
    assert masks.shape == (1, 5, 5)
    assert masks[0, :3, 3:].all()
    assert masks.sum() == 6


def test_greyed_parts_have_the_pictures_mean_colour_and_the_rest_stays() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    masks = np.zeros((2, 8, 8), dtype=np.bool_)
    masks[:, :4] = True
    made = greyed(pixels, masks)
    assert np.array_equal(made[:, 4:], pixels[:, 4:])
    assert np.array_equal(made[1, 0, 0], np.rint(pixels[1].mean(axis=(0, 1))).astype(np.uint8))


def shown(predictor: Predictor) -> tuple[np.ndarray, np.ndarray]:
    """Pictures that are grey but for a patch of a colour, and their classes."""
    pixels = np.full((12, 32, 32, 3), 110, dtype=np.uint8)
    random = np.random.default_rng(1)
    for row, each in enumerate(pixels):
        colour = np.asarray(picture(CLASSES[row % 3]))[0, 0]
        top, left = random.integers(0, 20, 2)
        each[top : top + 12, left : left + 12] = colour
    return pixels, predictor.logits(pixels).argmax(axis=1)


def test_heat_on_the_patch_that_tells_costs_more_than_other_places(
    predictor: Predictor,
) -> None:
    pixels, answers = shown(predictor)
    features = predictor.run(pixels).features
    heats = np.stack(
        [grad_cam(each, predictor.head[best]) for each, best in zip(features, answers, strict=True)]
    )
    found = deletion_test(predictor, pixels, heats, answers, seed=0)
    assert found is not None
    assert found["rows"] == 12
    assert found["hottest"] > found["others"] + 0.1
    assert found["low"] <= found["difference"] <= found["high"]
    assert found["difference"] == pytest.approx(found["hottest"] - found["others"])


def test_a_picture_without_heat_is_left_out_and_one_place_tells_nothing(
    predictor: Predictor,
) -> None:
    pixels, answers = shown(predictor)
    heats = np.zeros((12, 4, 4), dtype=np.float32)
    assert deletion_test(predictor, pixels, heats, answers, seed=0) is None
    heats[0, 1, 1] = 1.0
    found = deletion_test(predictor, pixels, heats, answers, seed=0)
    assert found is not None
    assert found["rows"] == 1
    assert deletion_test(predictor, pixels, np.ones((12, 1, 1), np.float32), answers, 0) is None
