"""Exercise 11: one more fact of a picture for drift to watch, how warm its light is."""

from pathlib import Path

import numpy as np
import pytest
from small_model import encoded, picture, write_model

from {{ cookiecutter.package_name }} import picture_facts
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.picture import Preprocessing

NAME = "warmth"
BEFORE = ("width", "height", "brightness", "contrast", "saturation", "sharpness")
SIZE = 100  # so that not every row and column is looked at


def place() -> int:
    assert NAME in picture_facts.NAMES, (
        f"NAMES in picture_facts.py has no {NAME!r}: it has {picture_facts.NAMES}"
    )
    return picture_facts.NAMES.index(NAME)


def warmth_of(pixels: np.ndarray) -> float:
    """Of one picture, (size, size, 3)."""
    column = place() - 2  # width and height come before what is counted in pixels
    counted = picture_facts.of_pixels(pixels[None].astype(np.uint8))
    assert counted.shape == (1, len(picture_facts.NAMES) - 2), (
        f"of_pixels gives {counted.shape[1]} numbers, and NAMES has {len(picture_facts.NAMES) - 2} "
        "behind width and height"
    )
    return float(counted[0, column])


@pytest.mark.parametrize(
    ("colour", "warmth"),
    [
        ((255, 0, 0), 1.0),
        ((0, 0, 255), -1.0),
        ((0, 255, 0), 0.0),
        ((90, 90, 90), 0.0),
        ((200, 100, 149), 0.2),
    ],
)
def test_red_is_warm_and_blue_is_cold(colour: tuple[int, int, int], warmth: float) -> None:
    found = warmth_of(np.broadcast_to(np.array(colour), (SIZE, SIZE, 3)))
    assert found == pytest.approx(warmth, abs=0.01), (
        f"a picture of the colour {colour} has a warmth of {found:.3f}, and not {warmth}: the mean "
        "of red less that of blue, from -1 to 1"
    )


def test_it_is_the_mean_over_the_picture() -> None:
    half = np.zeros((SIZE, SIZE, 3))
    half[: SIZE // 2, :, 0] = 255
    found = warmth_of(half)
    assert found == pytest.approx(0.5, abs=0.03), f"half of it is red, and the warmth {found:.3f}"


def test_what_was_counted_before_is_counted_as_before() -> None:
    assert place() == len(BEFORE), f"{NAME} stands behind the others, and not among them"
    kept = picture_facts.NAMES[: len(BEFORE)]
    assert kept == BEFORE, f"the names before it are {kept}, and were {BEFORE}"


def test_the_log_of_the_service_keeps_it(tmp_path: Path) -> None:
    place()
    write_model(tmp_path / "models")
    predictor = Predictor.load(tmp_path / "models")
    assert NAME in predictor.inputs, "what is logged of a picture does not have it"
    reading = Preprocessing(size=32).read(encoded(picture("red")))
    pooled = predictor.run(reading.pixels[None]).features.mean(axis=(2, 3))[0]
    logged = predictor.facts(reading, pooled)
    assert logged[NAME] > 0.7, f"a red picture is logged with a warmth of {logged[NAME]}"
