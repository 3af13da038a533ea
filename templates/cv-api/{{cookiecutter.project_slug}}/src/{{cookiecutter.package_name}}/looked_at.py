"""One picture with the heat of its answer, and how the two are laid on each other."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from .api.cam import overlay
from .api.predictor import Prediction
from .picture import Pixels

Heat = npt.NDArray[np.float32]

SIDE = 160  # pixels of the shown square


@dataclass(frozen=True)
class LookedAt:
    """A picture, what the model said of it, and where it saw that."""

    name: str
    pixels: Pixels
    """What the model sees, (size, size, 3)."""
    answer: Prediction
    true: str
    heats: Mapping[str, Heat]
    """Class -> (h, w), from 0 to 1: the answer's first, and the true class's if it is another."""

    @property
    def right(self) -> bool:
        """Whether the answer is the true class."""
        return self.answer.label == self.true


def square(pixels: Pixels) -> Image.Image:
    """What the model sees, at the size at which it is shown; few pixels stay visible as such."""
    way = Image.Resampling.NEAREST if len(pixels) < SIDE else Image.Resampling.LANCZOS
    return Image.fromarray(pixels).resize((SIDE, SIDE), way)


def heated(pixels: Pixels, heat: Heat) -> Image.Image:
    """The same under the heat, as `POST /explain` colours it."""
    written = base64.b64decode(overlay(heat, SIDE).partition(",")[2])
    colours = Image.open(io.BytesIO(written))
    return Image.alpha_composite(square(pixels).convert("RGBA"), colours).convert("RGB")
