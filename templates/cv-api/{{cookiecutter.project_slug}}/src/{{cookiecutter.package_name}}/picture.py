"""From the bytes of a file to the pixels that the model sees: alike in training and in serving.

Needs Pillow and numpy alone. What a picture cannot be read for is said in one line.
"""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

Pixels = npt.NDArray[np.uint8]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


class PictureError(ValueError):
    """Why a picture cannot be used, as a clause with its mend: `not a picture (...). Send ...`."""


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

    def read(self, content: bytes) -> Reading:
        """Decode a file, turn it the right way up, cut out the middle and resize it.

        Raises PictureError.
        """
        try:
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            kind = picture.format or ""
            whole = ImageOps.exif_transpose(picture).convert("RGB")
        except Exception as error:
            raise PictureError(f"not a picture that can be read ({error})") from None
        width, height = whole.size
        side = max(1, round(min(width, height) * self.crop))
        left, top = (width - side) // 2, (height - side) // 2
        box = (left, top, left + side, top + side)
        small = whole.resize((self.size, self.size), Image.Resampling.BICUBIC, box=box)
        shares = (left / width, top / height, (left + side) / width, (top + side) / height)
        return Reading(np.asarray(small), width, height, kind, shares)

    def as_dict(self) -> dict[str, Any]:
        """As the manifest holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Preprocessing:
        """From what the manifest holds."""
        return cls(**found)
