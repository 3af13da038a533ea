"""A few numbers that tell of a picture what is worth watching: what the prediction log keeps of it.

Training counts the same for the pictures that `drift` compares with. Of the picture itself nothing
is kept, and none can be made out again from these.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .picture import Pixels, Reading

NAMES = ("width", "height", "brightness", "contrast", "saturation", "sharpness")
ROWS = 64  # of a picture that are looked at: more would say the same, and take longer
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32) / 255  # ITU-R BT.601

Array = npt.NDArray[np.float64]


def facts(readings: Sequence[Reading]) -> Array:
    """A row of NAMES for each picture, shape (n, 6), n > 0; all of one size."""
    sizes = [(reading.width, reading.height) for reading in readings]
    pixels = np.stack([reading.pixels for reading in readings])
    return np.concatenate([np.array(sizes, dtype=np.float64), of_pixels(pixels)], axis=1)


def of_pixels(pixels: Pixels) -> Array:
    """Brightness, contrast, saturation and sharpness of pictures as the model sees them, (n, 4).

    pixels: (n, size, size, 3). All from 0 to 1: the mean of the light, its deviation, the mean of
    what is colour in a pixel, and the mean difference in light of two neighbours.
    """
    step = -(-pixels.shape[1] // ROWS)
    # A plane for each colour: NumPy is slow over an axis of three.
    planes = np.ascontiguousarray(pixels[:, ::step].transpose(3, 0, 1, 2)).astype(np.float32)
    light = LUMA[0] * planes[0] + LUMA[1] * planes[1] + LUMA[2] * planes[2]
    red, green, blue = planes[..., ::step]
    strongest = np.maximum(np.maximum(red, green), blue)
    weakest = np.minimum(np.minimum(red, green), blue)
    colour = (strongest - weakest) / np.maximum(strongest, 1)
    changes = np.abs(light[:, :, 1:] - light[:, :, :-1])
    lights, colours, steps = (each.reshape(len(pixels), -1) for each in (light, colour, changes))
    columns = (lights.mean(axis=1), lights.std(axis=1), colours.mean(axis=1), steps.mean(axis=1))
    return np.stack(columns, axis=1).astype(np.float64)
