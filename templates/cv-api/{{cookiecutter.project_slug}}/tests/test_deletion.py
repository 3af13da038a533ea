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
    elsewhere,
    greyed,
    hottest_part,
)


@pytest.fixture
def predictor(tmp_path: Path) -> Predictor:
    write_model(tmp_path / "models")
    return Predictor.load(tmp_path / "models")


def test_the_hottest_share_of_the_pixels_is_where_the_heat_is() -> None:
    heat = np.zeros((4, 4), dtype=np.float32)
    heat[0, 3] = 1.0
    mask = hottest_part(heat, 32)
    assert mask.sum() == round(SHARE * 32 * 32)
    assert mask[:6, 26:].all()


def test_elsewhere_is_the_same_shape_in_another_place() -> None:
    mask = np.zeros((16, 16), dtype=np.bool_)
    mask[:4, :4] = True
    for seed in range(20):
        moved = elsewhere(mask, np.random.default_rng(seed))
        assert moved.sum() == mask.sum()
        assert not np.array_equal(moved, mask)


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


def test_heat_on_the_patch_that_tells_costs_more_than_as_much_elsewhere(
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
    assert found["hottest"] > found["elsewhere"] + 0.1
    assert found["low"] <= found["difference"] <= found["high"]
    assert found["difference"] == pytest.approx(found["hottest"] - found["elsewhere"])


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
