"""Exercise 2: the whole of a picture may be seen, with bars, and not the square in its middle."""

import io
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from {{ cookiecutter.package_name }} import fitting
from {{ cookiecutter.package_name }}.config import ImageParams, Params
from {{ cookiecutter.package_name }}.picture import Preprocessing, Reading

SIZE, GREY = 32, 128
SIDEWAYS = 6  # as EXIF says of a picture that is to be turned clockwise


def file(width: int, height: int, **options: Any) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:, : width // 2, 0] = pixels[:, width // 2 :, 2] = 250
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG", **options)
    return written.getvalue()


def preprocessing(**stored: Any) -> Preprocessing:
    """What a model's manifest holds, as serving reads it."""
    with suppress(TypeError, ValueError):
        return Preprocessing.from_dict({"size": SIZE, "crop": 1.0, **stored})
    pytest.fail(
        "a manifest's preprocessing cannot have `fit` yet. Add the field to Preprocessing in "
        "picture.py, crop by default.",
        pytrace=False,
    )


def padded(content: bytes, crop: float = 1.0) -> Reading:
    """A file as a model with `pad` sees it."""
    return preprocessing(fit="pad", crop=crop).read(content)


def rows_that_are(pixels: np.ndarray, value: int) -> np.ndarray:
    """Which rows are of this grey alone."""
    return np.flatnonzero((np.abs(pixels.astype(int) - value) <= 1).all(axis=(1, 2)))


def test_a_wide_picture_is_seen_from_edge_to_edge_with_bars_above_and_below() -> None:
    pixels = padded(file(64, 32)).pixels
    assert pixels.shape == (SIZE, SIZE, 3), f"the pixels' shape is {pixels.shape}"
    bars = rows_that_are(pixels, GREY)
    assert bars.tolist() == [*range(8), *range(24, 32)], (
        f"rows {bars.tolist()} are grey ({GREY}). Of a picture twice as wide as high, a quarter "
        "above and a quarter below it is to be so."
    )
    assert pixels[16, 0, 0] > 200, "the picture's left edge, which is red, is not seen"
    assert pixels[16, -1, 2] > 200, "the picture's right edge, which is blue, is not seen"


def test_a_high_picture_has_them_at_its_sides() -> None:
    pixels = padded(file(20, 40)).pixels
    bars = rows_that_are(pixels.transpose(1, 0, 2), GREY)
    assert bars.tolist() == [*range(8), *range(24, 32)], f"columns {bars.tolist()} are grey"


def test_a_picture_that_lies_on_its_side_is_turned_up_first() -> None:
    exif = Image.Exif()
    exif[0x0112] = SIDEWAYS
    found = padded(file(64, 32, exif=exif))
    assert (found.width, found.height) == (32, 64), "upright, it is higher than wide"
    assert found.pixels[0, 16, 0] > 200, "what was its left edge, which is red, is now at the top"
    assert rows_that_are(found.pixels, GREY).size == 0, "the bars are at its sides now"


def test_a_square_picture_is_seen_as_before() -> None:
    content = file(48, 48)
    cropped = preprocessing().read(content).pixels
    same = np.array_equal(padded(content).pixels, cropped)
    assert same, "of a square picture, nothing is to be cut or filled: both ways see the same"


def test_the_box_reaches_over_the_edges() -> None:
    box = padded(file(64, 32)).box
    assert box == pytest.approx((0.0, -0.5, 1.0, 1.5)), (
        f"the box is {box}. The square is as wide as the picture and twice as high: it begins half "
        "a picture's height above it."
    )


def test_the_crop_has_no_say() -> None:
    content = file(64, 32)
    same = np.array_equal(padded(content, crop=0.5).pixels, padded(content).pixels)
    assert same, "with `pad` the whole picture is seen, whatever image.crop is"


def test_it_goes_with_the_model_and_an_older_model_crops() -> None:
    stored = preprocessing(fit="pad").as_dict()
    assert stored.get("fit") == "pad", f"the manifest would hold {stored}, without `fit`"
    old = preprocessing().read(file(64, 32))
    assert old.box == pytest.approx((0.25, 0.0, 0.75, 1.0)), (
        f"a model that was trained before sees the square in the middle, and not {old.box}"
    )


def test_it_is_a_setting() -> None:
    found = None
    with suppress(ValidationError):
        found = ImageParams(**{"fit": "pad"})
    assert found is not None, "image.fit is no setting yet: add it to ImageParams in config.py"
    default = ImageParams().model_dump().get("fit")
    assert default == "crop", f"image.fit is to be crop by default, and is {default!r}"


def test_a_training_takes_it() -> None:
    params = None
    with suppress(ValidationError):
        params = Params.model_validate({"image": {"size": SIZE, "fit": "pad"}})
    assert params is not None, "image.fit is no setting yet: add it to ImageParams in config.py"
    pictures: Any = SimpleNamespace(sizes=np.full((3, 2), 40))
    found = fitting.preprocessing_of("cnn", params, pictures).as_dict()
    assert found.get("fit") == "pad", (
        f"with image.fit=pad, a network from scratch is trained on pictures read by {found}: look "
        "at preprocessing_of in fitting.py"
    )
