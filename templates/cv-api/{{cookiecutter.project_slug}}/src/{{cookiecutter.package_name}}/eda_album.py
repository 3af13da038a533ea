"""The training pictures as the exploration looks at them: their files, and what the model sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from . import picture_facts
from .data import ImageData
from .picture import Pixels, Preprocessing
from .picture_header import NAMES, format_of
from .pixel_cache import pixels_of
from .pixel_statistics import parts_of

# Of more, so many are drawn: figures that are read, not fitted, need no more. Two hundred million
# are 190,000 pictures of 32 by 32 pixels, or 4,000 of 224 by 224.
MOST_PIXELS = 200_000_000
GREY = 8  # a picture of one colour's shades, but for what JPEG adds to it


@dataclass(frozen=True)
class Album:
    """The pictures that are looked at: all training pictures, or a random sample of them."""

    data: ImageData
    pixels: Pixels
    """What the model sees, (n, size, size, 3)."""
    preprocessing: Preprocessing
    whole: int
    """Training pictures in all."""

    @classmethod
    def of(cls, data: ImageData, preprocessing: Preprocessing) -> Album:
        """The pictures at the model's size; they are kept on disk for training too."""
        whole, most = len(data.labels), max(1, MOST_PIXELS // preprocessing.size**2)
        if whole > most:
            drawn = np.random.default_rng(data.meta.seed).choice(whole, most, replace=False)
            data = data.take(np.sort(drawn))
        return cls(data, pixels_of(data, preprocessing), preprocessing, whole)

    @property
    def sampled(self) -> bool:
        """Whether it is not all of the training pictures."""
        return len(self.data.labels) < self.whole

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names, in the order of the labels."""
        return self.data.classes

    def by_frequency(self) -> list[int]:
        """Positions of the classes that have pictures, the most frequent first."""
        counts = np.bincount(self.data.labels, minlength=len(self.classes))
        order = np.argsort(-counts, kind="stable").tolist()
        return [number for number in order if counts[number]]

    def rows_of(self, number: int) -> npt.NDArray[np.int64]:
        """Positions of a class's pictures, in an order drawn at random, the same each time."""
        rows = np.flatnonzero(self.data.labels == number).astype(np.int64)
        return np.random.default_rng((self.data.meta.seed, number)).permutation(rows)

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per picture: its class, what its file is, and what is counted in what is seen.

        Columns: format, bytes, width and height (upright); brightness, contrast, saturation and
        sharpness, see `picture_facts`; colours ("grey" or "colour"), and class.
        """
        files = pd.DataFrame(
            [_file(self.data.pictures[row]) for row in range(len(self.data.labels))],
            columns=["format", "bytes"],
        )
        files[["width", "height"]] = self.data.sizes
        counted = [
            (picture_facts.of_pixels(part), _is_grey(part)) for part in parts_of(self.pixels)
        ]
        seen = picture_facts.NAMES[2:]
        files[list(seen)] = np.concatenate([facts for facts, _ in counted])
        grey = np.concatenate([found for _, found in counted])
        files["colours"] = np.where(grey, "grey", "colour")
        names = np.array(self.classes, dtype=object)[self.data.labels]
        files["class"] = pd.Categorical(names, categories=list(self.classes))
        return files


def _file(content: bytes) -> tuple[str, int]:
    """Format and bytes of a picture that can be read."""
    kind = format_of(content) or ""
    return NAMES.get(kind, kind), len(content)


def _is_grey(pixels: Pixels) -> npt.NDArray[np.bool_]:
    """(n,) whether red, green and blue are the same all over."""
    step = -(-pixels.shape[1] // picture_facts.ROWS)
    some = pixels[:, ::step, ::step]
    found: npt.NDArray[np.bool_] = (some.max(axis=3) - some.min(axis=3)).max(axis=(1, 2)) <= GREY
    return found
