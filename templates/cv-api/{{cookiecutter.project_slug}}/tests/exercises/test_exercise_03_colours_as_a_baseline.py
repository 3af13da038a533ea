"""Exercise 3: one more baseline, which knows a picture's colours and nothing of places."""

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.pipeline import Pipeline

from {{ cookiecutter.package_name }} import train
from {{ cookiecutter.package_name }}.baselines import fit_baseline
from {{ cookiecutter.package_name }}.config import TrainParams

NAME, SIZE = "colours", 16
# Of three classes: most of the first ones' pixels are of the one colour, and so on.
COLOURS = np.array([(200, 30, 30), (30, 200, 30), (200, 200, 60)])


def pictures(each: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures with their class's colour at two thirds of the places, drawn by chance."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(COLOURS)), each)
    own = random.random((len(labels), SIZE, SIZE)) < 2 / 3
    others = random.integers(0, 256, (len(labels), SIZE, SIZE, 3))
    pixels = np.where(own[..., None], COLOURS[labels][:, None, None], others)
    return pixels.astype(np.uint8), labels


def fitted(pixels: np.ndarray, labels: np.ndarray) -> Pipeline:
    known = False
    with suppress(ValidationError):
        TrainParams(**{"compare": ["majority", NAME, "logistic"]})
        known = True
    assert known, f"{NAME} is no name in train.compare yet. Add it to ComparedName in config.py."
    name: Any = NAME
    return fit_baseline(name, pixels, labels, balanced=True, seed=0)


def test_it_tells_classes_by_their_colours() -> None:
    pixels, labels = pictures(each=40, seed=1)
    asked, answers = pictures(each=20, seed=2)
    right = (fitted(pixels, labels).predict(asked) == answers).mean()
    assert right > 0.95, f"of pictures that differ in their colours it tells {right:.0%}"


def test_it_counts_how_often_each_colour_is_there() -> None:
    pixels, labels = pictures(each=20, seed=1)
    shares = np.asarray(fitted(pixels, labels)[:-1].transform(pixels))
    assert shares.shape == (60, 64), (
        f"what it goes by has the shape {shares.shape}. Four levels of red, green and blue make 64 "
        "colours: a share of the pixels for each of them."
    )
    assert np.allclose(shares.sum(axis=1), 1), "the shares of a picture's colours add up to 1"
    plain = np.full((1, SIZE, SIZE, 3), (63, 64, 255), dtype=np.uint8)
    found = np.asarray(fitted(pixels, labels)[:-1].transform(plain))
    assert found.max() == pytest.approx(1), "a picture of one colour has one share, and that is 1"
    near = np.full((1, SIZE, SIZE, 3), (0, 127, 192), dtype=np.uint8)
    same = np.allclose(np.asarray(fitted(pixels, labels)[:-1].transform(near)), found)
    assert same, "the levels are 0 to 63, 64 to 127, 128 to 191 and 192 to 255"


def test_places_do_not_count() -> None:
    pixels, labels = pictures(each=20, seed=1)
    model = fitted(pixels, labels)
    order = np.random.default_rng(5).permutation(SIZE * SIZE)
    shuffled = pixels.reshape(len(pixels), -1, 3)[:, order].reshape(pixels.shape)
    same = np.allclose(
        np.asarray(model[:-1].transform(pixels)), np.asarray(model[:-1].transform(shuffled))
    )
    assert same, "with all pixels at other places, it finds other colours in a picture"


def test_it_stands_between_majority_and_logistic() -> None:
    fitted(*pictures(each=10, seed=1))
    order = [name for name in train.ORDER if name in ("majority", NAME, "logistic")]
    assert order == ["majority", NAME, "logistic"], (
        f"the order of the models is {list(train.ORDER)}: ORDER in train.py"
    )


def test_the_pixels_are_still_weighed_as_before() -> None:
    pixels, labels = pictures(each=10, seed=1)
    fitted(pixels, labels)
    model = fit_baseline("logistic", pixels, labels, balanced=True, seed=0)
    weights = model[-1].coef_.shape
    assert weights == (3, SIZE * SIZE * 3), f"`logistic` has weights of the shape {weights} now"
