"""What must not cross from one part of the data to another: rows, groups, what was learned.

Nothing here knows what a row is. Texts, images and rows of a table come as hashes and group
numbers; what makes two of them near duplicates is the template's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Integers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Pairs = npt.NDArray[np.int64]
"""(m, 2) positions of two rows, the first below the second."""

# Of more rows that agree in a block, each is compared with this many others only: else ten thousand
# rows of one kind would make fifty million pairs.
NEIGHBOURS = 200
CHUNK = 100_000  # pairs compared at once


def divided(group_of: Integers, part_of: npt.NDArray[Any]) -> Integers:
    """The groups with rows in more than one part; all arrays are of shape (n,).

    group_of: equal numbers for rows that belong together. part_of: a fold's number, say, or
    whether the row is held out.
    """
    groups, group = np.unique(group_of, return_inverse=True)
    parts, part = np.unique(part_of, return_inverse=True)
    both = np.unique(group.astype(np.int64) * len(parts) + part)
    times = np.bincount(both // len(parts), minlength=len(groups))
    found: Integers = groups[times > 1]
    return found


def joined(group_of: Integers, pairs: Pairs) -> Integers:
    """Group numbers, (n,), in which the two rows of each pair share a group as well.

    A group keeps the least of the numbers that it is made of; without pairs nothing changes.
    """
    if len(pairs) == 0:
        return group_of
    groups, position = np.unique(group_of, return_inverse=True)
    left, right = position[pairs[:, 0]], position[pairs[:, 1]]
    links = coo_array((np.ones(len(pairs)), (left, right)), shape=(len(groups), len(groups)))
    component = connected_components(links, directed=False)[1]
    least = np.full(component.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(least, component, groups)
    merged: Integers = least[component[position]]
    return merged


def near_pairs(
    blocks: Sequence[Hashes], alike: Callable[[Integers, Integers], npt.NDArray[np.bool_]]
) -> Pairs:
    """The pairs of rows that agree in at least one block and that `alike` confirms.

    blocks: (n,) each, a hash of one part of every row. Rows that differ in at most b - 1 places
    agree in at least one of b blocks, whichever places these are, so nothing is missed by comparing
    no others (the pigeonhole principle; but see NEIGHBOURS).
    alike: positions of m first and m second rows to (m,) verdicts.
    """
    found = [
        pairs[alike(pairs[:, 0], pairs[:, 1])]
        for keys in blocks
        for candidates in _agreeing(keys)
        for pairs in np.array_split(candidates, -(-len(candidates) // CHUNK))
    ]
    if not found:
        return np.empty((0, 2), dtype=np.int64)
    return np.unique(np.concatenate(found), axis=0)


def _agreeing(keys: Hashes) -> Iterator[Pairs]:
    """Pairs of rows with equal keys, those one apart in sorted order first, then two, ..."""
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    first = np.arange(len(keys))
    for step in range(1, NEIGHBOURS + 1):
        first = first[first + step < len(keys)]
        first = first[ranked[first] == ranked[first + step]]
        if len(first) == 0:
            return
        yield np.sort(np.column_stack([order[first], order[first + step]]), axis=1)


def moved_by_own_target(
    out_of_fold: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    target: npt.NDArray[np.float64],
    rows: npt.NDArray[np.bool_],
    seed: int = 0,
) -> npt.NDArray[np.float64]:
    """How far the out-of-fold predictions of `rows` move when their own targets change wildly.

    out_of_fold: (n,) targets to (n,) predictions, each by a model that has not seen the row.
    rows: (n,), true for the rows of one fold, which its model does not see. Returns an absolute
    difference per such row; nought everywhere, if nothing of a row's target reaches its prediction.
    """
    rng = np.random.default_rng(seed)
    changed = target.copy()
    spread = float(np.std(target)) or 1.0
    changed[rows] += spread * rng.uniform(3.0, 30.0, int(rows.sum()))
    return np.abs(out_of_fold(changed)[rows] - out_of_fold(target)[rows])
