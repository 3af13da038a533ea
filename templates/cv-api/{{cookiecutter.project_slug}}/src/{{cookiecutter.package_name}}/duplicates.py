"""Which pictures are the same to a viewer: re-encoded, resized, or a little moved.

A picture's fingerprint has 256 bits: which of the 256 lowest frequencies of its grey values are
above the median (a perceptual hash; Zauner 2010, "Implementation and Benchmarking of Perceptual
Image Hash Functions"). Of two unrelated photos about half of the bits differ, of copies hardly any.
Pairs that are near by their bits are then compared as small pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import dctn

from .leakage import Integers, Pairs, joined
from .row_hashes import Hashes

Bits = npt.NDArray[np.bool_]

BITS = 256
LOOKED_AT = 32  # pixels of each side of the picture that a fingerprint is made from
THUMBNAIL = 16
GREY = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)
# Grey levels, on average, between the thumbnails of near duplicates. With it and 72 bits, 753 pairs
# of CIFAR-10's 50,000 training pictures are found; beyond 72 bits about one in three is none.
MOST_APART = 20.0
# Of more pictures that are near one another, each is paired with this many later ones only: else a
# film of ten thousand frames would make fifty million pairs.
NEIGHBOURS = 200
ROWS, COLUMNS = 1024, 2048  # of the block of distances that is computed at once
SAMPLE = 1500  # pictures whose distances show how the bits of these data vary
# The 90th percentile less the median of the distances, were all bits independent and even:
# 1.28 standard deviations of a binomial distribution over BITS.
ORDINARY_SPREAD = 1.2816 * np.sqrt(BITS) / 2


@dataclass(frozen=True)
class Fingerprints:
    """What pictures are compared by.

    bits: (n, BITS). thumbnails: (n, THUMBNAIL, THUMBNAIL) uint8, in grey.
    """

    bits: Bits
    thumbnails: npt.NDArray[np.uint8]


def fingerprints(pixels: npt.NDArray[np.uint8]) -> Fingerprints:
    """Of pictures (n, LOOKED_AT, LOOKED_AT, 3)."""
    grey = pixels.astype(np.float32) @ np.array(GREY, dtype=np.float32)
    frequencies = dctn(grey, axes=(1, 2), norm="ortho")[:, :16, :16].reshape(len(grey), BITS)
    frequencies[:, 0] = 0  # the brightness of it all, which copies often differ in
    # A plain picture has nothing but rounding errors there.
    frequencies[np.abs(frequencies) < 0.5] = 0
    bits: Bits = frequencies > np.median(frequencies, axis=1, keepdims=True)
    step = LOOKED_AT // THUMBNAIL
    small = grey.reshape(-1, THUMBNAIL, step, THUMBNAIL, step).mean(axis=(2, 4))
    return Fingerprints(bits, small.round().astype(np.uint8))


def near_pairs(prints: Fingerprints, most_bits: int) -> Pairs:
    """The pairs of near duplicates, (m, 2): see `distance_limit`, MOST_APART and NEIGHBOURS."""
    limit = distance_limit(prints.bits, most_bits)
    found = [_confirmed(prints, pairs) for pairs in _near_by_bits(prints.bits, limit)]
    return np.concatenate(found) if found else np.empty((0, 2), dtype=np.int64)


def distance_limit(bits: Bits, most_bits: int) -> int:
    """In how many bits near duplicates may differ in these data.

    In drawings of one kind, such as handwritten digits, the bits depend on one another: different
    ones are as near as copies of a photo are. The less information the bits hold, the fewer may
    differ. How much they hold is seen in how far the distances spread; looked at is the upper half,
    in which no duplicates are.
    """
    chosen = bits[:: max(1, len(bits) // SAMPLE)]
    distances = _distances(_signs(chosen), _signs(chosen))[np.triu_indices(len(chosen), 1)]
    if len(distances) == 0:
        return most_bits
    middle, high = np.percentile(distances, [50, 90])
    spread = max(float(high - middle), 1e-6)
    # The third power keeps scikit-learn's digits apart, of which the nearest two differ in over 20
    # bits: their limit is 13. On CIFAR-10, whose bits are nearly independent, nothing changes.
    return int(most_bits * min(1.0, (ORDINARY_SPREAD / spread) ** 3))


def distances_of(prints: Fingerprints, pairs: Pairs) -> Integers:
    """In how many bits the two pictures of each pair differ, (m,)."""
    found: Integers = (prints.bits[pairs[:, 0]] != prints.bits[pairs[:, 1]]).sum(axis=1)
    return found


def content_hash(content: bytes) -> int:
    """A number per file; files with equal numbers are equal, but for one pair in 10^19."""
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big")


def grouped(pairs: Pairs, count: int, added: int = 0) -> Integers:
    """(count,) a number per picture; near duplicates have equal numbers.

    The last `added` pictures change no group of the others: each joins the first picture that it
    is paired with, even if it is near several that are not near one another.
    """
    base = count - added
    groups = np.arange(count, dtype=np.int64)
    groups[:base] = joined(groups[:base], pairs[pairs[:, 1] < base])
    earliest = np.arange(count)
    np.minimum.at(earliest, pairs[:, 1], pairs[:, 0])
    for row in range(base, count):
        if earliest[row] < row:
            groups[row] = groups[earliest[row]]
    return groups


def with_two_labels(groups: Integers, labels: Integers) -> Integers:
    """Positions of the pictures, (m,), whose near duplicates have another label than they do."""
    both = np.unique(np.column_stack([groups, labels]), axis=0)
    times = np.bincount(both[:, 0], minlength=int(groups.max(initial=-1)) + 1)
    found: Integers = np.flatnonzero(times[groups] > 1).astype(np.int64)
    return found


def row_hashes(hashes: Hashes, labels: Sequence[str]) -> Hashes:
    """(n,) a number per picture and label, from `content_hash`."""
    numbers = {
        label: int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "little")
        for label in set(labels)
    }
    return hashes ^ np.array([numbers[label] for label in labels], dtype=np.uint64)


def _signs(bits: Bits) -> npt.NDArray[np.float32]:
    """Bits as -1 and 1: the product of two rows is BITS less twice the bits that differ."""
    return np.where(bits, np.float32(1), np.float32(-1))


def _distances(
    left: npt.NDArray[np.float32], right: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    found: npt.NDArray[np.float32] = np.float32(0.5) * (BITS - left @ right.T)
    return found


def _near_by_bits(bits: Bits, limit: int) -> Iterator[Pairs]:
    """Pairs within `limit` bits, those of some rows at a time; at most NEIGHBOURS per row."""
    signs = _signs(bits)
    for start in range(0, len(signs), ROWS):
        rows = signs[start : start + ROWS]
        times = np.zeros(len(rows), dtype=np.int64)
        for first in range(start, len(signs), COLUMNS):
            near = rows @ signs[first : first + COLUMNS].T >= BITS - 2 * limit
            row, column = np.divmod(np.flatnonzero(near), near.shape[1])
            later = column + first > row + start
            row, column = row[later], column[later]
            # The how-manieth each is of its row, these and those of the blocks before.
            begins = np.searchsorted(row, np.arange(len(rows)))
            kept = times[row] + np.arange(len(row)) - begins[row] < NEIGHBOURS
            np.add.at(times, row, 1)
            if kept.any():
                yield np.column_stack([row[kept] + start, column[kept] + first])


def _confirmed(prints: Fingerprints, pairs: Pairs) -> Pairs:
    left = prints.thumbnails[pairs[:, 0]].astype(np.int16)
    apart = np.abs(left - prints.thumbnails[pairs[:, 1]]).mean(axis=(1, 2))
    confirmed: Pairs = pairs[apart <= MOST_APART]
    return confirmed
