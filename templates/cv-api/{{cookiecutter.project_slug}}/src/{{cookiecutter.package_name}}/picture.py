"""From the bytes of a file to the pixels that the model sees: alike in training and in serving.

Needs Pillow and numpy alone. What a picture cannot be read for is said in one line. Of several
frames it is the first; what is transparent is shown on white; 16 bits are scaled to 8; colour
profiles are not applied, so that all pictures are taken as they are stored.
"""

from __future__ import annotations

import io
import logging
import math
import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from .picture_header import FORMATS as FORMATS
from .picture_header import NAMES, Header, damaged, header_of, orientation_of
from .picture_header import PictureError as PictureError
from .picture_header import PictureTooLargeError as PictureTooLargeError

Pixels = npt.NDArray[np.uint8]

MOST_PIXELS = 50_000_000
SHORTEST_SIDE = 8  # below it, a picture shows nothing
MOST_ELONGATED = 20  # times as long as it is wide: the square in the middle shows next to nothing
# How many times finer than the model's pixels a JPEG is decoded at least. Coarser than it is stored
# takes a part of the time and of the memory.
FINER = 2.0

# How to undo what EXIF says of a picture: 1 is upright.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ON_THEIR_SIDE = (5, 6, 7, 8)

# What Pillow thinks of a file is either said as a PictureError, or of no interest to whoever runs
# the service.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Reading:
    """One picture as the model sees it, and what is known of the file."""

    pixels: Pixels
    """(size, size, 3), red, green and blue."""
    width: int
    """Of the whole picture the right way up, in pixels."""
    height: int
    format: str
    """One of FORMATS."""
    box: tuple[float, float, float, float]
    """What of it the model sees: left, top, right and bottom as shares of width and height."""


@dataclass(frozen=True)
class Preprocessing:
    """How pictures become pixels: the square in the middle, at one size."""

    size: int
    """Pixels of each side."""
    crop: float = 1.0
    """Share of the shorter side that the square has."""

    def read(self, content: bytes, most_pixels: int = MOST_PIXELS) -> Reading:
        """Decode a file, cut out the middle, resize it and turn it the right way up.

        Raises PictureError; PictureTooLargeError if it says that it has more than `most_pixels`,
        before any of them is decoded.
        """
        return self.decode(checked_header(content, most_pixels))

    def decode(self, header: Header) -> Reading:
        """The same for a file whose header has been checked."""
        try:
            small, orientation = self._square(header)
        except PictureError:
            raise
        except Exception as error:  # Pillow's plugins raise whatever they stumble over
            cut_short = isinstance(error, EOFError) or "truncated" in str(error)
            raise PictureError(damaged(header.format, cut_short)) from None
        if orientation in TURNS:
            small = small.transpose(TURNS[orientation])
        width, height = header.width, header.height
        if orientation in ON_THEIR_SIDE:
            width, height = height, width
        left, top, right, bottom = self._box(width, height)
        shares = (left / width, top / height, right / width, bottom / height)
        return Reading(np.asarray(small), width, height, header.format, shares)

    def _box(self, width: int, height: int) -> tuple[float, float, float, float]:
        """The square, in pixels. In the very middle: it stays the same however the picture lies."""
        side = max(1, round(min(width, height) * self.crop))
        left, top = (width - side) / 2, (height - side) / 2
        return left, top, left + side, top + side

    def _square(self, header: Header) -> tuple[Image.Image, int]:
        """The square at the model's size, in red, green and blue, as it is stored; and how to turn
        it.
        """
        picture: Image.Image = Image.open(io.BytesIO(header.content), formats=(header.format,))
        if picture.size != (header.width, header.height):
            raise PictureError(damaged(header.format))
        left, top, right, bottom = self._box(header.width, header.height)
        if header.format == "JPEG" and right - left >= 2 * FINER * self.size:
            share = FINER * self.size / (right - left)
            asked = (math.ceil(header.width * share), math.ceil(header.height * share))
            drafted = picture.draft(None, asked)
            if drafted is not None:
                scale = drafted[1][2] / header.width
                left, top, right, bottom = (edge * scale for edge in (left, top, right, bottom))
        picture.load()
        orientation = orientation_of(picture.info.get("exif") or b"")
        if not _is_resizable(picture):
            # Only what is seen is converted: in full colour, a pixel takes four bytes. And what is
            # no longer needed is let go before the next copy is made.
            x, y = math.floor(left), math.floor(top)
            picture = picture.crop((x, y, math.ceil(right), math.ceil(bottom)))
            left, top, right, bottom = left - x, top - y, right - x, bottom - y
            picture = _resizable(picture)
        small = picture.resize(
            (self.size, self.size),
            Image.Resampling.BICUBIC,
            box=(left, top, right, bottom),
            reducing_gap=3.0,
        )
        return _on_white(small) if small.mode == "RGBa" else small.convert("RGB"), orientation

    def as_dict(self) -> dict[str, Any]:
        """As the manifest holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Preprocessing:
        """From what the manifest holds."""
        return cls(**found)


def checked_header(content: bytes, most_pixels: int = MOST_PIXELS) -> Header:
    """What a file says of itself, if it may be decoded. Raises PictureError."""
    header = header_of(content)
    across, down = header.width, header.height
    if header.cost > most_pixels:
        most = most_pixels * across * down // header.cost
        raise PictureTooLargeError(
            f"{across:,} by {down:,} pixels, and of a {NAMES[header.format]} file {most:,} are "
            "decoded at most. Send a smaller version of it"
        )
    shorter, longer = sorted((across, down))
    if shorter < SHORTEST_SIDE:
        raise PictureError(
            f"{across:,} by {down:,} pixels, which shows nothing: each side needs "
            f"{SHORTEST_SIDE} at least. Send a larger picture"
        )
    if longer > MOST_ELONGATED * shorter:
        raise PictureError(
            f"{across:,} by {down:,} pixels, and only the square in its middle is seen. "
            f"Cut out what matters: at most {MOST_ELONGATED} times as long as it is wide"
        )
    return header


def _is_resizable(picture: Image.Image) -> bool:
    """Whether its pixels may be mixed as they are."""
    return picture.mode in ("L", "RGB") and "transparency" not in picture.info


def _resizable(picture: Image.Image) -> Image.Image:
    """The picture in a mode in which pixels may be mixed: L, RGB, or RGBa with its colours already
    multiplied by their opacity, since what cannot be seen must not colour what is beside it.
    """
    if picture.mode == "RGBA":
        return picture.convert("RGBa")
    if picture.mode.startswith("I"):
        # Pillow would clip what is over 255, and not scale it. What one grey of it is transparent
        # is passed over.
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in ("LA", "PA") or "transparency" in picture.info:
        return picture.convert("RGBA").convert("RGBa")
    return picture.convert("RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    """A picture in RGBa in front of white."""
    values = np.asarray(picture).astype(np.uint16)
    seen = values[:, :, :3] + (255 - values[:, :, 3:])
    return Image.fromarray(np.minimum(seen, 255).astype(np.uint8))
