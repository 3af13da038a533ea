"""Which rows are trained on, which are chosen by, and which are held out.

A row is a text or a picture with its class. Parts that a source brings are kept. What is drawn is
drawn with the seed, class by class, and a row that was held out once stays held out when others are
added.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from .row_hashes import Hashes

Part = Literal["train", "validation", "test"]
Codes = npt.NDArray[np.int8]
Integers = npt.NDArray[np.int64]

PARTS: tuple[Part, ...] = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
OUT = -1  # in no part: the row stands in another one already, or is more than data.max_rows


class Shares(Protocol):
    """What of the settings a split depends on."""

    @property
    def test_size(self) -> float:
        """Share held out."""

    @property
    def validation_size(self) -> float:
        """Share of the rest to choose by."""

    @property
    def max_rows(self) -> int | None:
        """At most so many rows of a part."""

    @property
    def seed(self) -> int:
        """Of all that is drawn."""


@dataclass(frozen=True)
class Split:
    """Where each row goes.

    parts: (n,) positions in PARTS, or OUT. across: (m,) positions of the rows that are left out
    because they stand in an earlier part as well.
    """

    parts: Codes
    across: Integers


def split(
    given: Codes,
    official: Collection[Part],
    groups: Integers,
    hashes: Hashes,
    labels: Integers,
    settings: Shares,
    added: int = 0,
) -> Split:
    """The part of each row.

    given: (n,) the part that the source has it in; official: those that the source has beside the
    training rows. groups: (n,) equal numbers for duplicates, which go to one part; hashes: (n,) a
    number per row, from its content alone. The last `added` rows move none of the others: each goes
    where the first row of its group lies, or else is drawn by its own content and the seed,
    whatever else is added later.
    """
    parts = given.copy()
    base = len(parts) - added
    first = np.arange(len(parts)) < base
    shares = {TEST: settings.test_size, VALIDATION: settings.validation_size}
    for code, share in shares.items():
        if PARTS[code] not in official:
            free = first & (parts == TRAIN)
            drawn = _drawn(groups[free], labels[free], share, settings.seed + code)
            parts[np.flatnonzero(free)[drawn]] = code
    if added:
        parts[base:] = _drawn_by_content(hashes[base:], official, settings)
        _follow(parts, groups, base)
    across = repeated_across(parts, groups)
    parts[across] = OUT
    return Split(_thinned(parts, hashes, settings), across)


def repeated_across(parts: Codes, groups: Integers) -> Integers:
    """Positions of the rows, (m,), that stand in an earlier part as well.

    A row that is trained on must not be chosen by or measured on, and one that is chosen by must
    not be measured on.
    """
    earliest = np.full(int(groups.max(initial=-1)) + 1, len(PARTS), dtype=np.int8)
    np.minimum.at(earliest, groups, np.where(parts == OUT, len(PARTS), parts).astype(np.int8))
    found: Integers = np.flatnonzero(parts > earliest[groups]).astype(np.int64)
    return found


def _drawn(groups: Integers, labels: Integers, share: float, seed: int) -> Integers:
    """Positions of a share of the rows, drawn from each class, duplicates together.

    A class with three rows or more has one in the share and one outside of it.
    """
    rng = np.random.default_rng(seed)
    distinct, first = np.unique(groups, return_index=True)
    chosen: list[Integers] = []
    for label in np.unique(labels):
        # A row with two labels is drawn with the class of its first.
        ours = distinct[labels[first] == label]
        count = round(share * len(ours))
        if share > 0 and len(ours) > 2:
            count = min(max(count, 1), len(ours) - 1)
        chosen.append(rng.permutation(ours)[:count])
    found: Integers = np.flatnonzero(np.isin(groups, np.concatenate(chosen)))
    return found


def _drawn_by_content(hashes: Hashes, official: Collection[Part], settings: Shares) -> Codes:
    """The part of each added row, (m,), from nothing but itself and the seed."""
    test = 0.0 if "test" in official else settings.test_size
    validation = 0.0 if "validation" in official else settings.validation_size
    number = uniform(hashes, settings.seed)
    parts = np.where(number < test + (1 - test) * validation, VALIDATION, TRAIN)
    return np.where(number < test, TEST, parts).astype(np.int8)


def _follow(parts: Codes, groups: Integers, base: int) -> None:
    """Put each added row that repeats an earlier one into that one's part."""
    where = {int(group): position for position, group in reversed(list(enumerate(groups[:base])))}
    for position in range(base, len(parts)):
        earlier = where.get(int(groups[position]))
        if earlier is not None:
            parts[position] = parts[earlier]


def _thinned(parts: Codes, hashes: Hashes, settings: Shares) -> Codes:
    """At most `data.max_rows` rows in each part; the choice of one row depends on no other."""
    if settings.max_rows is None:
        return parts
    thinned = parts.copy()
    number = uniform(hashes, settings.seed + 1)
    for code in range(len(PARTS)):
        ours = np.flatnonzero(parts == code)
        order = np.argsort(number[ours], kind="stable")
        thinned[ours[order[settings.max_rows :]]] = OUT
    return thinned


def uniform(hashes: Hashes, seed: int) -> npt.NDArray[np.float64]:
    """(n,) a number in [0, 1) per hash, another one for each seed.

    The finalizer of SplitMix64 (Steele, Lea and Flood 2014) spreads what differs over all bits.
    """
    with np.errstate(over="ignore"):
        mixed = hashes + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    numbers: npt.NDArray[np.float64] = (mixed >> np.uint64(11)) / 2.0**53
    return numbers
