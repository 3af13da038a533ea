"""The models to beat: the most frequent class, and a logistic regression on the pixels."""

import numpy as np
import numpy.typing as npt
import pytest

from {{ cookiecutter.package_name }}.baselines import SIDE, Coarse, fit_baseline
from {{ cookiecutter.package_name }}.picture import Pixels

Labels = npt.NDArray[np.int64]


def halves(count: int, size: int = 12) -> tuple[Pixels, Labels]:
    """Pictures that are brighter at the left or at the right, and noisy."""
    numbers = np.random.default_rng(1)
    pixels = numbers.integers(0, 120, (count, size, size, 3), dtype=np.uint8)
    labels = numbers.integers(0, 2, count)
    for row, label in enumerate(labels):
        pixels[row, :, slice(size // 2) if label else slice(size // 2, None)] += 100
    return pixels, labels


def test_the_majority_always_says_the_most_frequent_class() -> None:
    pixels, _ = halves(5)
    model = fit_baseline("majority", pixels, np.array([2, 2, 2, 0, 1]), balanced=True, seed=0)
    assert model.predict(pixels[:2]).tolist() == [2, 2]


def test_the_logistic_regression_sees_where_a_picture_is_bright() -> None:
    pixels, labels = halves(200)
    model = fit_baseline("logistic", pixels[:150], labels[:150], balanced=False, seed=0)
    assert (model.predict(pixels[150:]) == labels[150:]).mean() > 0.95


@pytest.mark.parametrize(("balanced", "found"), [(False, 0), (True, 2)])
def test_balanced_a_rare_class_is_found(balanced: bool, found: int) -> None:
    pixels = np.full((42, 8, 8, 3), 100, dtype=np.uint8)
    pixels[40:, 0, 0] += 3  # hardly to be told from the others
    pixels[:20, 1, 1] += 100
    labels = np.array([0] * 40 + [1] * 2)
    model = fit_baseline("logistic", pixels, labels, balanced=balanced, seed=0)
    assert (model.predict(pixels[40:]) == 1).sum() == found


def test_a_large_picture_is_looked_at_as_the_means_of_small_squares() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (3, 4 * SIDE, 4 * SIDE, 3), dtype=np.uint8)
    found = Coarse().transform(pixels)
    squares = pixels.reshape(3, SIDE, 4, SIDE, 4, 3).mean(axis=(2, 4)) / 255
    assert found == pytest.approx(squares.reshape(3, -1), abs=1e-5)


@pytest.mark.parametrize("size", [8, 20, 33])
def test_a_picture_of_any_size_has_its_place_in_the_rows(size: int) -> None:
    pixels = np.full((2, size, size, 3), 51, dtype=np.uint8)
    found = Coarse().transform(pixels)
    assert found.shape == (2, 3 * min(size, SIDE) ** 2)
    assert found == pytest.approx(np.full(found.shape, 0.2))


def test_more_pictures_than_fit_into_a_batch_keep_their_order() -> None:
    pixels = np.arange(2500, dtype=np.uint16)[:, None, None, None] % 256
    pixels = np.broadcast_to(pixels, (2500, 4, 4, 3)).astype(np.uint8)
    assert Coarse().transform(pixels)[:, 0] * 255 == pytest.approx(np.arange(2500) % 256, abs=1e-3)
