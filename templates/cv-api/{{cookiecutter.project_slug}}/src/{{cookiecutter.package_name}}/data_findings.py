"""What was found among the pictures, in words: near duplicates, and pictures with two classes."""

from __future__ import annotations

import numpy as np

from .duplicates import BITS, Fingerprints, distances_of
from .leakage import Integers, Pairs
from .raw_pictures import RawPictures

MOST_NAMED = 10  # of each kind; unreadable files too


def told_two_labels(raw: RawPictures, groups: Integers, rows: Integers) -> tuple[str, ...]:
    """The first pictures that stand with two classes, each with where it does."""
    shown = []
    for group in list(dict.fromkeys(groups[rows].tolist()))[:MOST_NAMED]:
        same = [int(row) for row in rows if groups[row] == group]
        shown.append(", ".join(f"{raw.labels[row]} ({raw.names[row]})" for row in same[:4]))
    return tuple(shown)


def told_pairs(
    raw: RawPictures, prints: Fingerprints, pairs: Pairs, across: Integers
) -> tuple[str, ...]:
    """The first pairs of near duplicates in words, those that were taken out of a part first."""
    out = np.isin(pairs, across).any(axis=1)
    first = pairs[np.argsort(~out, kind="stable")[:MOST_NAMED]]
    bits = distances_of(prints, first)
    return tuple(
        f"{raw.names[left]} and {raw.names[right]} ({apart} of {BITS} bits differ)"
        for (left, right), apart in zip(first, bits, strict=True)
    )
