"""From a file to the model's pixels: the square in the middle, and the same each time."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from picture_kinds import IN_COLOUR, file, scene
from PIL import Image

from {{ cookiecutter.package_name }}.picture import Preprocessing


def noise(width: int, height: int, coarse: int = 1) -> Image.Image:
    """A picture of colours at random, in patches of `coarse` pixels."""
    shape = (-(-height // coarse), -(-width // coarse), 3)
    drawn = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    return Image.fromarray(drawn).resize((width, height), Image.Resampling.BICUBIC)


def test_a_picture_of_the_models_size_is_read_as_it_is() -> None:
    picture = noise(32, 32)
    for kind in ("PNG", "BMP"):
        read = Preprocessing(32).read(file(picture, kind)).pixels
        np.testing.assert_array_equal(read, np.asarray(picture))


@pytest.mark.parametrize(("width", "height"), [(90, 40), (40, 90), (41, 40), (64, 64)])
@pytest.mark.parametrize("crop", [1.0, 0.5])
def test_the_model_sees_the_square_in_the_middle(width: int, height: int, crop: float) -> None:
    picture = noise(width, height, coarse=8)
    reading = Preprocessing(16, crop).read(file(picture, "PNG"))
    left, top, right, bottom = reading.box
    side = round(min(width, height) * crop)
    assert (right - left) * width == pytest.approx(side)
    assert (bottom - top) * height == pytest.approx(side)
    assert left + right == pytest.approx(1)
    assert top + bottom == pytest.approx(1)
    box = (left * width, top * height, right * width, bottom * height)
    expected = picture.resize((16, 16), Image.Resampling.BICUBIC, box=box)
    np.testing.assert_array_equal(reading.pixels, np.asarray(expected))


def test_reading_is_the_same_each_time_and_in_many_threads() -> None:
    preprocessing = Preprocessing(24)
    contents = [make() for make in IN_COLOUR.values()] * 4
    alone = [preprocessing.read(content).pixels for content in contents]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(preprocessing.read, contents))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other.pixels)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_large_jpeg_is_decoded_coarsely_and_looks_alike(progressive: bool) -> None:
    picture = noise(2000, 1500, coarse=50)
    content = file(picture, "JPEG", quality=95, progressive=progressive)
    coarse = Preprocessing(64).read(content)
    whole = Image.open(io.BytesIO(content))
    assert whole.size == (coarse.width, coarse.height)
    expected = whole.crop((250, 0, 1750, 1500)).resize((64, 64), Image.Resampling.BICUBIC)
    difference = np.abs(coarse.pixels.astype(int) - np.asarray(expected))
    assert difference.mean() < 1.5
    assert difference.max() < 16


def test_settings_survive_the_manifest() -> None:
    preprocessing = Preprocessing(48, 0.875)
    assert Preprocessing.from_dict(preprocessing.as_dict()) == preprocessing


def test_what_is_read_can_be_stacked_for_the_model() -> None:
    pixels = Preprocessing(32).read(file(scene(), "JPEG", exif=b"")).pixels
    assert np.stack([pixels, pixels]).flags.c_contiguous
