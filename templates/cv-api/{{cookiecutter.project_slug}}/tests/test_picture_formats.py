"""One scene in files of every kind: read alike, the right way up, in the right colours."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from picture_kinds import (
    HEIGHT,
    IN_COLOUR,
    IN_GREY,
    QUARTERS,
    WIDTH,
    chunk,
    exif,
    file,
    grey,
    scene,
)
from PIL import Image

from {{ cookiecutter.package_name }}.picture import FORMATS, Preprocessing, Reading

SIZE = 32
WHOLE = Preprocessing(SIZE)
# pytest shows what the program itself silences.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
GREYS = np.asarray(grey())[[0, -1]][:, [0, -1], None].repeat(3, axis=2)


def quarters(reading: Reading) -> np.ndarray:
    """The colour in the middle of each quarter, shape (2, 2, 3)."""
    places = [SIZE // 4, 3 * SIZE // 4]
    return reading.pixels[places][:, places].astype(int)


def fits(reading: Reading, expected: np.ndarray, tolerance: int) -> bool:
    assert reading.pixels.shape == (SIZE, SIZE, 3)
    assert reading.pixels.dtype == np.uint8
    return bool(np.abs(quarters(reading) - expected).max() <= tolerance)


@pytest.mark.parametrize("make", IN_COLOUR.values(), ids=IN_COLOUR)
def test_colours_are_right_in_every_kind_of_file(make: Callable[[], bytes]) -> None:
    reading = WHOLE.read(make())
    # JPEG, WebP and palettes change colours a little; what is transparent is seen on white.
    assert fits(reading, QUARTERS, 12), quarters(reading)
    assert (reading.width, reading.height) == (WIDTH, HEIGHT)
    assert reading.format in FORMATS


@pytest.mark.parametrize("make", IN_GREY.values(), ids=IN_GREY)
def test_shades_of_grey_are_scaled_and_not_cut_off(make: Callable[[], bytes]) -> None:
    reading = WHOLE.read(make())
    assert fits(reading, GREYS, 3), quarters(reading)


def test_two_colours_are_black_and_white() -> None:
    bilevel = grey().point(lambda value: 255 * (value > 200)).convert("1")
    for kind in ("PNG", "BMP", "GIF"):
        reading = WHOLE.read(file(bilevel, kind))
        assert fits(reading, np.array([[[0], [0]], [[0], [255]]]).repeat(3, axis=2), 0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("order", ["<", ">"], ids=["Intel", "Motorola"])
def test_a_picture_is_turned_as_its_camera_says(orientation: int, kind: str, order: str) -> None:
    turned = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = scene() if turned is None else scene().transpose(turned)
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95}
    reading = WHOLE.read(file(stored, kind, exif=exif(orientation, order), **options))
    assert fits(reading, QUARTERS, 12), quarters(reading)
    assert (reading.width, reading.height) == (WIDTH, HEIGHT)
    left, top, right, bottom = reading.box
    assert (left, right) == ((WIDTH - HEIGHT) / 2 / WIDTH, (WIDTH + HEIGHT) / 2 / WIDTH)
    assert (top, bottom) == (0, 1)


BROKEN_EXIF = {
    "nothing": b"Exif\x00\x00",
    "of neither order": b"Exif\x00\x00XX" + exif(6)[8:],
    "cut off": exif(6)[:18],
    "a directory behind its end": exif(6)[:10] + struct.pack(">I", 60_000) + exif(6)[14:],
    "more entries than there are": exif(6)[:14] + b"\xff\xff\x01\x13" + exif(6)[18:],
    "turned by 9": exif(9),
    "turned by 0": exif(0),
    "of another type": exif(6)[:18] + b"\x00\x04" + exif(6)[20:],
    "all zeros": b"Exif\x00\x00" + bytes(100),
}


@pytest.mark.parametrize("block", BROKEN_EXIF.values(), ids=BROKEN_EXIF)
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_a_broken_exif_block_leaves_the_picture_as_it_is_stored(block: bytes, kind: str) -> None:
    if kind == "PNG":
        plain = file(scene(), "PNG")
        content = plain[:33] + chunk(b"eXIf", block.removeprefix(b"Exif\x00\x00")) + plain[33:]
    else:
        content = file(scene(), kind, exif=block, quality=95)
    assert fits(WHOLE.read(content), QUARTERS, 12)


def test_an_exif_block_behind_the_pixels_counts() -> None:
    plain = file(scene().transpose(Image.Transpose.ROTATE_90), "PNG")
    content = plain[:-12] + chunk(b"eXIf", exif(6).removeprefix(b"Exif\x00\x00")) + plain[-12:]
    assert fits(WHOLE.read(content), QUARTERS, 12)


def test_what_cannot_be_seen_does_not_colour_what_is_beside_it() -> None:
    hidden = np.zeros((64, 64, 4), dtype=np.uint8)
    hidden[:, :, 0] = 255  # red everywhere, of which nothing shows
    hidden[20:44, 20:44] = (0, 0, 255, 255)
    pixels = Preprocessing(16).read(file(Image.fromarray(hidden), "PNG")).pixels
    # From blue to white over its edges, and never redder than blue's own white.
    assert (pixels[:, :, 0].astype(int) <= pixels[:, :, 1].astype(int) + 1).all()
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[8, 8].tolist() == [0, 0, 255]
