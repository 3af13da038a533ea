"""The same scene as files of every kind: a colour in each quarter, so that it has a way up.

Red and green above, blue and white below.
"""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageChops

QUARTERS = np.array([[(200, 40, 30), (30, 180, 60)], [(40, 50, 210), (255, 255, 255)]])
WIDTH, HEIGHT = 64, 48


def scene(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """The scene in full colour."""
    rows = np.arange(height) * 2 // height
    columns = np.arange(width) * 2 // width
    return Image.fromarray(QUARTERS[rows[:, None], columns].astype(np.uint8))


def grey() -> Image.Image:
    """The scene in shades of grey."""
    return scene().convert("L")


def cut_out() -> Image.Image:
    """The scene with its white quarter transparent, and black beneath."""
    found = np.dstack([np.asarray(scene()), np.full((HEIGHT, WIDTH), 255, dtype=np.uint8)])
    found[HEIGHT // 2 :, WIDTH // 2 :] = 0
    return Image.fromarray(found)


def file(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as a file."""
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def exif(orientation: int, order: str = ">") -> bytes:
    """An EXIF block that says how a picture is to be turned."""
    mark = b"MM" if order == ">" else b"II"
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\x00\x00" + mark + struct.pack(f"{order}HIH", 42, 8, 1) + entry + b"\x00" * 4


def deep_grey() -> bytes:
    """The scene in 65,536 shades, as PNG."""
    return file(Image.fromarray(np.asarray(grey()).astype(np.uint16) * 257), "PNG")


def deep_grey_with_one_transparent() -> bytes:
    """The same with a shade, which it does not have, that is to be seen through."""
    plain = deep_grey()
    return plain[:33] + chunk(b"tRNS", struct.pack(">H", 7)) + plain[33:]


def deep_colour() -> bytes:
    """The scene in 16 bits per colour, which Pillow reads and does not write."""
    pixels = (np.asarray(scene()).astype(">u2") * 257).reshape(HEIGHT, -1)
    rows = b"".join(b"\x00" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, 2, 0, 0, 0)
    return png((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))


def interlaced() -> bytes:
    """The scene as PNG in Adam7's seven passes, which Pillow reads and does not write."""
    pixels = np.asarray(scene())
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
    rows = b""
    for top, left, down, across in (*passes, (1, 0, 2, 1)):
        part = pixels[top::down, left::across]
        rows += b"".join(b"\x00" + row.tobytes() for row in part)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 1)
    return png((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG file of these chunks."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check


def cmyk() -> Image.Image:
    """The scene in printing colours."""
    return scene().convert("CMYK")


def ycck() -> bytes:
    """The scene as JPEG in YCCK, as Photoshop writes it; Pillow reads it and does not write it.

    Written as CMYK, which is stored inverted, with the inks' YCbCr in place of the inks; and then
    renamed.
    """
    bands = cmyk().split()
    inks = Image.merge("RGB", bands[:3]).convert("YCbCr")
    stored = [ImageChops.invert(band) for band in inks.split()]
    content = file(Image.merge("CMYK", (*stored, bands[3])), "JPEG", quality=95)
    adobe = content.index(b"Adobe")
    assert content[adobe + 11] == 0
    return content[: adobe + 11] + b"\x02" + content[adobe + 12 :]


def animated(kind: str) -> bytes:
    """The scene, and after it a frame that is all black."""
    black = Image.new("RGB", (WIDTH, HEIGHT))
    lossless = {"lossless": True} if kind == "WEBP" else {}
    return file(scene(), kind, save_all=True, append_images=[black], duration=100, **lossless)


def palette(picture: Image.Image, colours: int) -> Image.Image:
    """A picture with a palette of its own."""
    return picture.convert("RGB").quantize(colours)


def palette_with_hole() -> bytes:
    """The scene with a palette of which one colour is transparent: its white quarter."""
    flat = palette(scene(), 4)
    white = flat.getpixel((WIDTH - 1, HEIGHT - 1))
    return file(flat, "PNG", transparency=white, bits=2)


def multi_picture() -> bytes:
    """The scene as the first picture of several in one JPEG, as cameras write previews."""
    black = Image.new("RGB", (WIDTH, HEIGHT))
    return file(scene(), "MPO", save_all=True, append_images=[black], quality=95)


IN_COLOUR: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: file(scene(), "JPEG", quality=95),
    "JPEG, coarse colours": lambda: file(scene(), "JPEG", quality=95, subsampling=2),
    "JPEG, progressive": lambda: file(scene(), "JPEG", quality=95, progressive=True),
    "JPEG, CMYK": lambda: file(cmyk(), "JPEG", quality=95),
    "JPEG, YCCK": ycck,
    "JPEG, several pictures": multi_picture,
    "PNG": lambda: file(scene(), "PNG"),
    "PNG, interlaced": interlaced,
    "PNG, 16 bits": deep_colour,
    "PNG, palette": lambda: file(palette(scene(), 4), "PNG", bits=8),
    "PNG, palette in 2 bits": lambda: file(palette(scene(), 4), "PNG", bits=2),
    "PNG, palette in 4 bits": lambda: file(palette(scene(), 4), "PNG", bits=4),
    "PNG, palette with a hole": palette_with_hole,
    "PNG, alpha": lambda: file(cut_out(), "PNG"),
    "PNG, animated": lambda: animated("PNG"),
    "WebP": lambda: file(scene(), "WEBP", quality=95),
    "WebP, lossless": lambda: file(scene(), "WEBP", lossless=True),
    "WebP, alpha": lambda: file(cut_out(), "WEBP", lossless=True),
    "WebP, animated": lambda: animated("WEBP"),
    "GIF": lambda: file(scene(), "GIF"),
    "GIF, a hole": lambda: file(cut_out(), "GIF"),
    "GIF, animated": lambda: animated("GIF"),
    "BMP": lambda: file(scene(), "BMP"),
    "BMP, palette": lambda: file(palette(scene(), 4), "BMP"),
}
IN_GREY: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: file(grey(), "JPEG", quality=95),
    "PNG": lambda: file(grey(), "PNG"),
    "PNG, 4 bits": lambda: file(palette(grey(), 4).convert("L").quantize(4), "PNG", bits=4),
    "PNG, 16 bits": deep_grey,
    "PNG, 16 bits, one of them transparent": deep_grey_with_one_transparent,
    "PNG, alpha": lambda: file(cut_out().convert("LA"), "PNG"),
    "WebP": lambda: file(grey(), "WEBP", lossless=True),
    "GIF": lambda: file(grey(), "GIF"),
    "BMP": lambda: file(grey(), "BMP"),
}
