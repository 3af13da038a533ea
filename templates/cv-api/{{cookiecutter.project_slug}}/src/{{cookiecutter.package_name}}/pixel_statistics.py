"""How light pictures are: their levels, counted in parts, since numbers take more than pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .picture import Pixels

AT_ONCE = 4_000_000  # pixels that are turned into numbers at a time
LEVELS = 256


def parts_of(pixels: Pixels) -> list[Pixels]:
    """The pictures in parts that are small enough to be counted in as floats."""
    step = max(1, AT_ONCE // pixels.shape[1] ** 2)
    return [pixels[start : start + step] for start in range(0, len(pixels), step)]


def level_counts(pixels: Pixels) -> npt.NDArray[np.int64]:
    """How many pixels of all pictures have each level, (3, 256): of red, green and blue."""
    counts = np.zeros((3, LEVELS), dtype=np.int64)
    for part in parts_of(pixels):
        for channel, found in enumerate(counts):
            found += np.bincount(part[..., channel].ravel(), minlength=LEVELS)
    return counts


def moments(pixels: Pixels) -> tuple[list[float], list[float]]:
    """Mean and deviation of red, green and blue over all pictures, from 0 to 255.

    Counted, so that they are exact and the same in whichever order the pictures come.
    """
    values = np.arange(LEVELS)
    mean, deviation = [], []
    for counts in level_counts(pixels):
        shares = counts / counts.sum()
        mean.append(float(shares @ values))
        deviation.append(float(np.sqrt(shares @ (values - mean[-1]) ** 2)))
    return mean, deviation
