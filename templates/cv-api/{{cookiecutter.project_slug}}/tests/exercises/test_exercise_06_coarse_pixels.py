"""Exercise 6: one more corruption, coarse pixels (Hendrycks and Dietterich's "pixelate")."""

import numpy as np
import pytest
from PIL import Image

from {{ cookiecutter.package_name }}.corruptions import Corruption, corruptions

NAME = "pixels"
SMALL, LARGE = 32, 224
STRENGTHS = {SMALL: (0.95, 0.9, 0.85, 0.75, 0.65), LARGE: (0.6, 0.5, 0.4, 0.3, 0.25)}


def corruption(size: int) -> Corruption:
    found = [each for each in corruptions(size) if each.name == NAME]
    assert len(found) == 1, (
        f"corruptions.py lists {len(found)} corruptions called {NAME!r}, and one is wanted. "
        "`contrast` shows how one is made."
    )
    return found[0]


def pictures(size: int, count: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_its_strengths_are_those_of_the_paper(size: int) -> None:
    found = tuple(corruption(size).strengths)
    assert found == pytest.approx(STRENGTHS[size]), (
        f"for pictures of {size} pixels the strengths are {found}, and not {STRENGTHS[size]}"
    )


@pytest.mark.parametrize("strength", [0.25, 0.65, 0.95])
def test_it_makes_a_picture_small_and_large_again(strength: float) -> None:
    before = pictures(SMALL)
    after = corruption(SMALL).make(before, strength, np.random.default_rng(0))
    assert after.shape == before.shape, f"the shape is {after.shape}, and was {before.shape}"
    assert after.dtype == np.uint8, f"pixels are of 8 bits, and these are {after.dtype}"
    side = round(SMALL * strength)
    box = Image.Resampling.BOX
    for one, other in zip(before, after, strict=True):
        small = Image.fromarray(one).resize((side, side), box)
        expected = np.asarray(small.resize((SMALL, SMALL), box))
        assert np.array_equal(other, expected), (
            f"with strength {strength}, a picture is to be made {side} pixels small and {SMALL} "
            "pixels large again, with Pillow's BOX filter both times"
        )


def test_something_is_left_of_the_smallest_picture() -> None:
    before = pictures(8, 1)
    after = corruption(8).make(before, 0.01, np.random.default_rng(0))
    assert after.shape == before.shape, "at least one pixel is left, however strong it is"


def test_the_pictures_that_came_are_not_changed() -> None:
    before = pictures(SMALL)
    corruption(SMALL).make(before, 0.5, np.random.default_rng(0))
    assert np.array_equal(before, pictures(SMALL)), "it worked on the pictures that it was given"


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_the_others_are_still_there(size: int) -> None:
    corruption(size)
    names = {each.name for each in corruptions(size)}
    assert names >= {"noise", "blur", "low contrast", "JPEG"}, f"only {sorted(names)} are left"
