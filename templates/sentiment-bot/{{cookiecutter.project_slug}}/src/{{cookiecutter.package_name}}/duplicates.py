"""Which texts are the same to a reader, and which of those stand with two labels."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .cleaning import Cleaning

Hashes = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

# Not ":", "(" and ")": of "thanks :)" and "thanks :(" they are all that differs.
_PUNCTUATION = dict.fromkeys(map(ord, ".,!?;'\"`´‘’“”…"))
_CLEANING = Cleaning(lower=True, links=True, mentions=True)


def same_text(text: str) -> str:
    """What two texts have in common if they are duplicates.

    Cleaned, links and names masked, without case, spaces at the ends, and the marks of the
    sentence: a post that was shared again with another link is the same post. A text of marks alone
    keeps them. Texts that differ in one word are not looked for: in short texts that is often the
    word that makes the difference.
    """
    cleaned = _CLEANING.clean(text).casefold()
    bare = " ".join(cleaned.translate(_PUNCTUATION).split())
    return bare or cleaned


def text_hashes(texts: Sequence[str]) -> Hashes:
    """(n,) a number per text, equal for duplicates; but for one pair in 10^19, for no others."""
    digests = (hashlib.blake2b(same_text(text).encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def row_hashes(hashes: Hashes, labels: Sequence[str]) -> Hashes:
    """(n,) a number per text and label, from `text_hashes`."""
    numbers = {
        label: int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "little")
        for label in set(labels)
    }
    return hashes ^ np.array([numbers[label] for label in labels], dtype=np.uint64)


def groups_of(hashes: Hashes) -> Integers:
    """(n,) a number per text; duplicates have equal numbers."""
    numbered: Integers = np.unique(hashes, return_inverse=True)[1].astype(np.int64)
    return numbered


def with_two_labels(groups: Integers, labels: Integers) -> Integers:
    """Positions of the texts, (m,), whose duplicates have another label than they do."""
    both = np.unique(np.column_stack([groups, labels]), axis=0)
    times = np.bincount(both[:, 0], minlength=int(groups.max(initial=-1)) + 1)
    found: Integers = np.flatnonzero(times[groups] > 1).astype(np.int64)
    return found
