"""What is no picture that may be decoded: said in one line, in a moment, without much memory."""

import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from mutations import mutations
from picture_kinds import IN_COLOUR, chunk, file, png, scene
from PIL import Image

from {{ cookiecutter.package_name }}.picture import (
    MOST_PIXELS,
    PictureError,
    PictureTooLargeError,
    Preprocessing,
)
from {{ cookiecutter.package_name }}.picture_header import MOST_BMP_RUNS, MOST_PARTS, NAMES

READER = Preprocessing(32)
END = b"\xff\xd9"
MEGABYTE = 1_000_000
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def refusal(content: bytes, kind: type[PictureError] = PictureError) -> str:
    """Why a file cannot be used; it has to be told fast, in one line, and with what to do."""
    started = time.process_time()
    with pytest.raises(kind) as caught:
        READER.read(content)
    assert time.process_time() - started < 2
    said = str(caught.value)
    assert "\n" not in said
    assert "object at 0x" not in said
    assert ". " in said
    assert not said.endswith(".")
    return said


def why_not(content: bytes) -> str | None:
    """Why a file cannot be read; None: it can be."""
    try:
        assert READER.read(content).pixels.shape == (32, 32, 3)
    except PictureError as error:
        return str(error)
    return None


OTHERS = {
    b"": "empty: 0 bytes",
    b"%PDF-1.7\n%\xe2\xe3\xcf\xd3": "a PDF document",
    b'<svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>': "an SVG drawing",
    b'<?xml version="1.0"?>\n<!-- a --><svg/>': "an SVG drawing",
    b"\xef\xbb\xbf  <!DOCTYPE html><html>": "a web page",
    b"<html><img src=x></html>": "a web page",
    b"https://example.org/cat.jpg": "an address, and nothing is fetched",
    b"data:image/png;base64,iVBORw0KGgo": "a data: URI",
    b"PK\x03\x04\x14\x00": "a ZIP archive",
    b"II*\x00\x08\x00\x00\x00": "a TIFF picture",
    b"\x00\x00\x00\x18ftypheic\x00": "a HEIC picture",
    b"\x00\x00\x00\x1cftypavif\x00": "an AVIF picture",
    b"\x00\x00\x00\x18ftypmp42\x00": "a video",
    b"BM is how this text begins, and it is no picture": "a text",
    b"just words": "a text",
    bytes(range(256)): "an unknown kind of file",
    b"\x00" * 1000: "an unknown kind of file",
}


@pytest.mark.parametrize(("content", "kind"), OTHERS.items(), ids=OTHERS.values())
def test_other_files_are_named_for_what_they_are(content: bytes, kind: str) -> None:
    said = refusal(content)
    assert kind in said
    assert said.endswith("Send a JPEG, PNG, WebP, GIF or BMP file")


@pytest.mark.parametrize("make", IN_COLOUR.values(), ids=IN_COLOUR)
def test_a_file_that_ends_too_early_is_told(make: Callable[[], bytes]) -> None:
    content = make()
    for share in (0.1, 0.5, 0.9):
        part = content[: max(40, int(len(content) * share))]
        # What a format has in front of its pixels may all be there, such as a first frame.
        said = why_not(part)
        assert said is None or any(f"a {name} file" in said for name in NAMES.values())


def test_a_truncated_photo_is_refused_and_not_half_shown() -> None:
    for kind in ("JPEG", "PNG", "BMP", "WEBP", "GIF"):
        content = file(scene(640, 480), kind)
        assert "Send the whole file" in refusal(content[: len(content) // 2])


def declared(width: int, height: int) -> bytes:
    """A PNG file that says it has so many pixels, in a few bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return png((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))


BOMBS = {
    "PNG": lambda: declared(60_000, 60_000),
    "PNG of one bit": lambda: file(Image.new("1", (10_000, 10_000)), "PNG"),
    "GIF": lambda: b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(3)
    + b"," + struct.pack("<HHHH", 0, 0, 65_535, 65_535) + b"\x00\x02\x02\x4c\x01\x00;",
    "GIF whose frame is larger than it": lambda: b"GIF89a" + struct.pack("<HH", 10, 10) + bytes(3)
    + b"," + struct.pack("<HHHH", 0, 0, 65_535, 65_535) + b"\x00\x02\x02\x4c\x01\x00;",
    "BMP": lambda: b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, 30_000, -30_000, 1, 24, 0)
    + bytes(40),
    "WebP": lambda: b"RIFF" + struct.pack("<I", 100) + b"WEBPVP8X" + struct.pack("<I", 10)
    + bytes(4) + b"\xff\x3f\x00\xff\x3f\x00" + bytes(70),
    "JPEG": lambda: file(Image.new("L", (16, 16)), "JPEG").replace(
        struct.pack(">HH", 16, 16), struct.pack(">HH", 65_000, 65_000), 1
    ),
}  # fmt: skip


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_before_anything_is_decoded(make: Callable[[], bytes]) -> None:
    content = make()
    tracemalloc.start()
    said = refusal(content, PictureTooLargeError)
    assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    tracemalloc.stop()
    assert "are decoded at most" in said


def test_the_limit_is_a_setting_and_counts_a_decoders_copies() -> None:
    content = file(scene(100, 100), "PNG")
    assert READER.read(content, 10_000).width == 100
    with pytest.raises(PictureTooLargeError, match=r"100 by 100 pixels.*9,999 are decoded at most"):
        READER.read(content, 9_999)
    with pytest.raises(PictureTooLargeError, match="of a WebP file 5,000 are"):
        READER.read(file(scene(100, 100), "WEBP"), 10_000)
    assert MOST_PIXELS >= 8160 * 6120  # what phones take


@pytest.mark.parametrize(
    ("width", "height", "said"),
    [
        (1, 1, "1 by 1 pixels, which shows nothing"),
        (1, 30_000, "1 by 30,000 pixels, which shows nothing"),
        (7, 100, "each side needs 8 at least"),
        (2_000, 99, "at most 20 times as long as it is wide"),
    ],
)
def test_what_the_model_could_see_nothing_of_is_refused(width: int, height: int, said: str) -> None:
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP"):
        if kind != "WEBP" or height < 16_384:
            assert said in refusal(file(Image.new("RGB", (width, height)), kind))


def test_the_narrowest_and_the_smallest_that_are_read() -> None:
    for size in ((8, 8), (8, 160), (160, 8)):
        assert READER.read(file(Image.new("L", size), "PNG")).pixels.shape == (32, 32, 3)


@pytest.mark.parametrize("zero", [(0, 50), (50, 0), (0, 0)])
def test_a_picture_without_pixels_is_damaged(zero: tuple[int, int]) -> None:
    assert "is damaged" in refusal(declared(*zero))


# Files that are something else at the same time are read as the picture that they begin with, and
# nothing else of them is looked at.
def test_what_follows_a_picture_is_not_looked_at() -> None:
    archive = b"PK\x03\x04" + b"\x00" * 500 + b"PK\x05\x06" + bytes(18)
    for kind in ("JPEG", "PNG", "GIF", "BMP"):
        plain = file(scene(), kind)
        read = READER.read(plain + archive)
        np.testing.assert_array_equal(read.pixels, READER.read(plain).pixels)
        assert read.format == kind


def test_what_stands_beside_the_pixels_is_not_looked_at() -> None:
    plain = file(scene(), "PNG")
    text = zlib.compress(bytes(50 * MEGABYTE), 9)  # Pillow alone would refuse it
    large = [(b"zTXt", b"a\x00\x00" + text), (b"iCCP", b"a\x00\x00" + text), (b"tEXt", text)]
    for each in large:
        content = plain[:33] + chunk(*each) + plain[33:]
        np.testing.assert_array_equal(READER.read(content).pixels, READER.read(plain).pixels)


def test_files_of_countless_parts_are_refused_at_once() -> None:
    flat = file(scene(), "PNG")
    many_chunks = flat[:33] + chunk(b"IDAT", b"") * (MOST_PARTS + 1) + flat[33:]
    jpeg = file(scene(), "JPEG", progressive=True)
    many_segments = jpeg[:2] + b"\xff\xfe\x00\x02" * 100_000 + jpeg[2:]
    fill = jpeg[:2] + b"\xff" * MEGABYTE + jpeg[2:]
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00"
    many_scans = jpeg.removesuffix(END) + scan * 200 + END
    gif = file(scene(), "GIF")
    start = gif.index(b"!") if b"!" in gif[:1000] else gif.index(b",")
    many_blocks = gif[:start] + b"!\xfe" + b"\x01a" * 100_000 + b"\x00" + gif[start:]
    for content in (many_chunks, many_segments, many_scans, many_blocks):
        assert "of more parts than any picture has" in refusal(content)
    assert "is damaged" in refusal(fill)


def test_run_lengths_that_take_long_are_refused() -> None:
    header = struct.pack("<IiiHHIIiiII", 40, 1_000, 1_000, 1, 8, 1, 0, 0, 0, 0, 0)
    content = b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + 1024) + header + bytes(1024)
    assert "run lengths" in refusal(content + b"\x00" * MOST_BMP_RUNS)


def test_damaged_files_are_read_or_refused_and_nothing_else() -> None:
    outcomes = {"read": 0, "refused": 0}
    for how, content in mutations(1_500, seed=1):
        started = time.process_time()
        said = why_not(content)
        assert time.process_time() - started < 3, how
        assert "\n" not in (said or ""), how
        outcomes["read" if said is None else "refused"] += 1
    assert min(outcomes.values()) > 150, outcomes
