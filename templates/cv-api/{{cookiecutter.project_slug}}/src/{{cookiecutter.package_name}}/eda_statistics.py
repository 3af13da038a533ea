"""What the exploration counts in the training pictures. Nothing is drawn or worded here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from .duplicates import with_two_labels
from .eda_album import Album
from .picture import Pixels
from .pixel_statistics import level_counts, parts_of

Floats = npt.NDArray[np.float64]

COMPARED = 32  # pixels of a side, at most, by which pictures are compared with means
LEAST = 10  # pictures on either side, to say whether a number tells them apart
# What depends on what is shown; the bytes do too, for a busy picture takes more of them.
SEEN = ("brightness", "contrast", "saturation", "sharpness", "bytes")


@dataclass(frozen=True)
class Channels:
    """Red, green and blue of the pictures as the model sees them, from 0 to 255."""

    mean: Floats
    """(3,)"""
    deviation: Floats
    """(3,) over all pixels of all pictures."""
    counts: npt.NDArray[np.int64]
    """(3, 256) pixels of each value."""
    by_class: pd.DataFrame
    """A row per class that has pictures, in the classes' order: means and deviations."""

    @property
    def grey(self) -> bool:
        """Whether the three are the same, but for rounding."""
        return bool(np.ptp(self.mean) < 1 and np.abs(np.diff(self.counts, axis=0)).sum() == 0)


CHANNELS = ("red", "green", "blue")


def channels(album: Album) -> Channels:
    """Means and deviations of the channels, over all pictures and in each class."""
    parts = parts_of(album.pixels)
    sums = np.concatenate([part.sum(axis=(1, 2), dtype=np.float64) for part in parts])
    squares = np.concatenate(
        [np.einsum("nhwc,nhwc->nc", part, part, dtype=np.float64) for part in parts]
    )
    counts = level_counts(album.pixels)
    size = album.preprocessing.size**2
    rows = {}
    for number in sorted(album.by_frequency()):
        own = album.data.labels == number
        mean, deviation = _moments(sums[own], squares[own], size)
        rows[album.classes[number]] = [*mean, *deviation]
    names = [*CHANNELS, *(f"deviation of {name}" for name in CHANNELS)]
    by_class = pd.DataFrame.from_dict(rows, orient="index", columns=names)
    mean, deviation = _moments(sums, squares, size)
    return Channels(mean, deviation, counts, by_class)


def _moments(sums: Floats, squares: Floats, size: int) -> tuple[Floats, Floats]:
    """Mean and deviation, (3,) each, of the pixels of pictures with these sums of them, (n, 3)."""
    mean = sums.mean(axis=0) / size
    return mean, np.sqrt(np.maximum(squares.mean(axis=0) / size - mean**2, 0))


def mean_pictures(album: Album) -> dict[int, Pixels]:
    """Position of each class that has pictures -> the mean of them, the most frequent first."""
    return {
        number: album.pixels[album.data.labels == number].mean(axis=0).round().astype(np.uint8)
        for number in album.by_frequency()
    }


def nearest_mean(album: Album) -> float | None:
    """How often a picture is nearest to the mean of its own class, as the mean of the classes.

    The means are of every other picture, and judged are the rest: 1/k would be chance. None if a
    class has not enough pictures.
    """
    step = -(-album.preprocessing.size // COMPARED)
    pixels, labels = album.pixels[:, ::step, ::step], album.data.labels
    numbers = album.by_frequency()
    if len(numbers) < 2 or np.bincount(labels)[numbers].min() < LEAST:
        return None
    rank = np.empty(len(labels), dtype=np.int64)  # the how-manieth of its class a picture is
    for number in numbers:
        own = album.rows_of(number)
        rank[own] = np.arange(len(own))
    taught = rank % 2 == 0
    means = np.array(
        [pixels[taught & (labels == number)].mean(axis=0).ravel() for number in numbers]
    )
    offsets = (means**2).sum(axis=1) / 2
    nearest = np.concatenate(
        [
            (part.reshape(len(part), -1).astype(np.float32) @ means.T - offsets).argmax(axis=1)
            for part in parts_of(pixels)
        ]
    )
    right = np.array(numbers)[nearest] == labels
    return float(np.mean([right[~taught & (labels == number)].mean() for number in numbers]))


def telling(album: Album) -> pd.DataFrame:
    """How well single numbers tell each class from all others: the areas under the ROC curve.

    1: every picture of the class has more of it than any other picture; 0: less; 0.5: it tells
    nothing. A row per class with enough pictures, in the classes' order; a column for each number
    that is not the same for all.
    """
    table, labels = album.table, album.data.labels
    own = np.bincount(labels, minlength=len(album.classes)).astype(np.float64)
    kept = np.flatnonzero((own >= LEAST) & (len(labels) - own >= LEAST))
    found = {}
    for name, values in _numbers(table).items():
        if np.ptp(values) == 0:
            continue
        sums = np.bincount(labels, weights=rankdata(values), minlength=len(own))[kept]
        others = len(labels) - own[kept]
        found[name] = (sums - own[kept] * (own[kept] + 1) / 2) / (own[kept] * others)
    return pd.DataFrame(found, index=[album.classes[number] for number in kept])


def _numbers(table: pd.DataFrame) -> dict[str, npt.NDArray[np.float64]]:
    """What is easily counted of a picture: of what is seen, and of its file."""
    names = (*SEEN, "width", "height")
    found = {name: table[name].to_numpy(dtype=np.float64) for name in names}
    found["shape"] = found["width"] / found["height"]
    for kind in sorted(table["format"].unique())[1:]:
        found[f"{kind} files"] = (table["format"] == kind).to_numpy(dtype=np.float64)
    return found


def repeats(album: Album) -> list[list[int]]:
    """Positions of pictures that are near duplicates of one another, a list for each such picture.

    Those with two labels come first, then the most often repeated.
    """
    groups, labels = album.data.groups, album.data.labels
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    found = [rows.tolist() for rows in np.split(order, starts[1:]) if len(rows) > 1]
    disputed = set(with_two_labels(groups, labels).tolist())
    return sorted(found, key=lambda rows: (rows[0] not in disputed, -len(rows), rows[0]))


def odd_ones(album: Album, most: int) -> dict[str, list[int]]:
    """Why a picture is odd -> positions of those that are most so, at most `most` of each."""
    table = album.table
    ends = {
        "darkest": table["brightness"],
        "brightest": -table["brightness"],
        "emptiest": table["contrast"],
        "blurriest": table["sharpness"] / table["contrast"].clip(lower=0.02),
        "busiest": -table["sharpness"],
        "most coloured": -table["saturation"],
    }
    if (table["colours"] == "grey").all():
        del ends["most coloured"]
    return {
        why: np.argsort(values.to_numpy(), kind="stable")[:most].tolist()
        for why, values in ends.items()
    }
