"""Which parts of the held-out pictures the model is measured on by themselves.

Each function gives one way of parting the pictures, by what is counted in each of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .asking import Asked
from .slices import Slice, bands

Array = npt.NDArray[np.float64]

BRIGHTNESS, CONTRAST, SHARPNESS, SIZE = "Brightness", "Contrast", "Sharpness", "Shorter side"


def slices(asked: Asked) -> list[Slice]:
    """Every slice of the pictures, one way of parting them after the other."""
    return [part for way in WAYS for part in way(asked)]


def by_brightness(asked: Asked) -> list[Slice]:
    """Thirds by mean brightness: a dark picture has less in it, a glaring one too."""
    return _thirds(BRIGHTNESS, asked.facts["brightness"], ("darkest", "brightest"), 2)


def by_contrast(asked: Asked) -> list[Slice]:
    """Thirds by contrast: in fog or against a like background, little stands out."""
    return _thirds(CONTRAST, asked.facts["contrast"], ("flattest", "richest"), 2)


def by_sharpness(asked: Asked) -> list[Slice]:
    """Thirds by edges: a blurred picture has few, and so has one of the sky."""
    return _thirds(SHARPNESS, asked.facts["sharpness"], ("softest", "sharpest"), 3)


def by_size(asked: Asked) -> list[Slice]:
    """Thirds by the shorter side of the file, where it varies: small ones are magnified."""
    shorter = np.minimum(asked.facts["width"], asked.facts["height"])
    return _thirds(SIZE, shorter, ("smallest", "largest"), 0, " pixels")


WAYS: tuple[Callable[[Asked], list[Slice]], ...] = (
    by_brightness,
    by_contrast,
    by_sharpness,
    by_size,
)


def _thirds(
    name: str, values: Array, ends: tuple[str, str], places: int, unit: str = ""
) -> list[Slice]:
    """Three parts of about equal size, or none where the values do not differ enough for that."""
    parts = bands(values, 3)
    if len(parts) < 2:
        return []
    # Where many values are equal there may be two bands only.
    titles = (f"{ends[0]} third", "middle third", f"{ends[1]} third")
    if len(parts) == 2:
        titles = (f"{ends[0]} part", f"{ends[1]} part", "")
    return [
        Slice(name, f"{title}, {_range(values[rows], places)}{unit}", rows)
        for title, rows in zip(titles, parts, strict=False)
    ]


def _range(values: Array, places: int) -> str:
    return f"{values.min():.{places}f} to {values.max():.{places}f}"
