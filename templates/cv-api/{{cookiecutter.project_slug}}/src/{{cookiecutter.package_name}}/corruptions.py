"""Ways in which a picture may be worse than those of the training, at five strengths each.

After Hendrycks and Dietterich (2019, "Benchmarking neural network robustness to common corruptions
and perturbations"): four of their corruptions. They are done to the square that the model sees, at
its size, as theirs are: strengths then mean the same for pictures of any size.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import gaussian_filter

from .picture import Pixels

Strengths = tuple[float, float, float, float, float]
Make = Callable[[Pixels, float, np.random.Generator], Pixels]

# What the paper's code does to the 32 pixels of CIFAR-10-C, and to the 224 of ImageNet-C: the eye
# forgives a large picture more.
SMALL, LARGE = "CIFAR-10-C", "ImageNet-C"
SIDE = {SMALL: 32, LARGE: 224}
LARGEST_SMALL = 64  # pixels of a side: up to here a picture is taken as small


@dataclass(frozen=True)
class Corruption:
    """One way of making pictures worse."""

    name: str
    unit: str
    """What its strengths are."""
    strengths: Strengths
    """The mildest first."""
    make: Make
    """(pictures (n, size, size, 3), strength, random numbers) -> pictures of the same shape."""


def like(size: int) -> str:
    """Whose strengths pictures of that size get."""
    return SMALL if size <= LARGEST_SMALL else LARGE


def corruptions(size: int) -> list[Corruption]:
    """Every corruption, with its strengths for pictures of `size` pixels a side."""
    kind = like(size)
    small = kind == SMALL
    # A blur of one pixel is nothing in a large picture. One of less than a third of a pixel would
    # be rounded away, so that the smallest pictures are blurred as those of 32 pixels are.
    scale = max(1.0, size / SIDE[kind]) if small else size / SIDE[kind]
    widths = (0.4, 0.6, 0.7, 0.8, 1.0) if small else (1.0, 2.0, 3.0, 4.0, 6.0)
    return [
        Corruption(
            "noise",
            "standard deviation, as a share of the scale",
            (0.04, 0.06, 0.08, 0.09, 0.10) if small else (0.08, 0.12, 0.18, 0.26, 0.38),
            noise,
        ),
        Corruption(
            "blur",
            f"pixels of {size}",
            tuple(round(width * scale, 3) for width in widths),  # type: ignore[arg-type]
            blur,
        ),
        Corruption(
            "low contrast",
            "share of the contrast that is left",
            (0.75, 0.5, 0.4, 0.3, 0.15) if small else (0.4, 0.3, 0.2, 0.1, 0.05),
            contrast,
        ),
        Corruption(
            "JPEG",
            "quality",
            (80.0, 65.0, 58.0, 50.0, 40.0) if small else (25.0, 18.0, 15.0, 10.0, 7.0),
            jpeg,
        ),
    ]


def noise(pixels: Pixels, strength: float, random: np.random.Generator) -> Pixels:
    """Gaussian noise, as of a sensor in poor light."""
    return _pixels(pixels + random.normal(0.0, 255.0 * strength, pixels.shape))


def blur(pixels: Pixels, strength: float, random: np.random.Generator) -> Pixels:
    """Gaussian blur, as out of focus. strength: its standard deviation in pixels."""
    sigma = (0.0, strength, strength, 0.0)
    return _pixels(gaussian_filter(pixels.astype(np.float32), sigma, mode="nearest"))


def contrast(pixels: Pixels, strength: float, random: np.random.Generator) -> Pixels:
    """Less contrast, as in fog: each channel of a picture moves towards its mean."""
    values = pixels.astype(np.float32)
    mean = values.mean(axis=(1, 2), keepdims=True)
    return _pixels((values - mean) * strength + mean)


def jpeg(pixels: Pixels, strength: float, random: np.random.Generator) -> Pixels:
    """JPEG's blocks and seams, as after sending a picture on and on. strength: the quality."""
    found = np.empty_like(pixels)
    for row, picture in enumerate(pixels):
        written = io.BytesIO()
        Image.fromarray(picture).save(written, "JPEG", quality=round(strength))
        found[row] = np.asarray(Image.open(written))
    return found


def _pixels(values: npt.NDArray[np.floating]) -> Pixels:
    found: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return found
