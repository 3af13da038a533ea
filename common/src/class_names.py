"""The classes of labelled rows: their order, their numbers, and how many rows each has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def classes_of(labels: Sequence[str], own: Sequence[str] | None) -> tuple[str, ...]:
    """In the source's own order, if it has one, else sorted; a class without a row is none."""
    found = set(labels)
    named = tuple(name for name in own or () if name in found)
    return (*named, *in_order(sorted(found.difference(named))))


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """Classes sorted: as numbers if all of them are, else by name."""
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(sorted(names))


def numbered(labels: Sequence[str], classes: Sequence[str]) -> npt.NDArray[np.int64]:
    """(n,) each label's position in classes."""
    numbers = {name: number for number, name in enumerate(classes)}
    return np.array([numbers[label] for label in labels], dtype=np.int64)


def counts_of(labels: npt.NDArray[np.int64], classes: Sequence[str]) -> dict[str, int]:
    """Class -> rows; labels: (n,) positions in classes."""
    counts = np.bincount(labels, minlength=len(classes)).tolist()
    return dict(zip(classes, counts, strict=True))
