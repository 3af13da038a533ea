"""Which parts of the held-out texts the model is measured on by themselves.

Each function gives one way of parting the texts. Words and negations are those of English; of
another language a part may be empty, and is then left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .slices import Slice, bands
from .text_features import TextFeatures, features, words

THIRDS = ("shortest third", "middle third", "longest third")
NEGATION, EMOJI, RARE, LINKS, LENGTH = (
    "Negation",
    "Emoji or typed face",
    "Words unseen in training",
    "Link or mention",
    "Length",
)


@dataclass(frozen=True)
class Measured:
    """The texts that are sliced, n of them."""

    counted: tuple[TextFeatures, ...]
    """What is counted in each text."""
    unknown: npt.NDArray[np.int64]
    """(n,) how many of its words stand in no training text."""

    @classmethod
    def of(cls, texts: Sequence[str], train: Sequence[str]) -> Measured:
        """The held-out texts, with what the training texts know of their words."""
        known = {word for text in train for word in words(text)}
        unknown = [sum(word not in known for word in words(text)) for text in texts]
        return cls(tuple(map(features, texts)), np.array(unknown, dtype=np.int64))


def slices(texts: Measured) -> list[Slice]:
    """Every slice of the texts, one way of parting them after the other."""
    return [part for way in WAYS for part in way(texts)]


def by_length(texts: Measured) -> list[Slice]:
    """Thirds by words: a short text says little, a long one has more to weigh up."""
    counts = np.array([each.words for each in texts.counted], dtype=np.float64)
    parts = bands(counts, len(THIRDS))
    if len(parts) < 2:
        return []
    # Where many texts are of one length there may be two bands only.
    names = THIRDS if len(parts) == len(THIRDS) else ("shorter part", "longer part")
    return [
        Slice(LENGTH, f"{name}, {counts[rows].min():.0f} to {counts[rows].max():.0f} words", rows)
        for name, rows in zip(names, parts, strict=True)
    ]


def by_negation(texts: Measured) -> list[Slice]:
    """With a word that denies, or without: "not good" has the word "good" in it."""
    return _two(NEGATION, [each.negations > 0 for each in texts.counted])


def by_emoji(texts: Measured) -> list[Slice]:
    """With an emoji or a typed face, or without: it may say the opposite of the words."""
    return _two(EMOJI, [each.emoji > 0 for each in texts.counted])


def by_rare_words(texts: Measured) -> list[Slice]:
    """With words that no training text has: the model knows them from their pieces at most."""
    limits = ((0, 0, "none"), (1, 1, "one"), (2, np.inf, "two or more"))
    return [
        Slice(RARE, name, np.flatnonzero((texts.unknown >= low) & (texts.unknown <= high)))
        for low, high, name in limits
    ]


def by_links(texts: Measured) -> list[Slice]:
    """With a link or a mention, or without: what it leads to is not read."""
    return _two(LINKS, [each.links + each.mentions > 0 for each in texts.counted])


WAYS: tuple[Callable[[Measured], list[Slice]], ...] = (
    by_length,
    by_negation,
    by_emoji,
    by_rare_words,
    by_links,
)


def _two(name: str, has: Sequence[bool]) -> list[Slice]:
    """Texts with something, and those without."""
    found = np.array(has, dtype=bool)
    return [
        Slice(name, "present", np.flatnonzero(found)),
        Slice(name, "absent", np.flatnonzero(~found)),
    ]
