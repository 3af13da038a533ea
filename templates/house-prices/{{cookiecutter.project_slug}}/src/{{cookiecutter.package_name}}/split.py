"""Which rows are trained on and which are held out; which rows are the same.

Rows are known by a hash of their content. What is drawn is drawn with the seed, and a row that was
held out once stays held out when others are added.
"""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from .config import DataParams
from .leakage import Pairs, joined

STRATA = 10  # price bands in which the split is drawn, so that both parts hold cheap and dear


def split(
    groups: "np.ndarray[Any, np.dtype[np.int64]]",
    target: "np.ndarray[Any, Any]",
    settings: DataParams,
    added: int,
    rows: pd.DataFrame,
    alike: Pairs,
) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Positions of the rows to train on and of those held out, each ascending.

    Equal rows go to the same side, and so do near duplicates: alike, (m, 2), their positions. The
    last `added` rows move none of the others: each is held out or not by the first row that it
    repeats, or else by its own content and the seed, whatever else is added later.
    """
    positions = np.arange(len(groups))
    if settings.test_size == 0:
        return positions, positions[:0]
    base = len(groups) - added
    together = joined(groups[:base], alike[alike[:, 1] < base])
    held_out = _held_out_groups(together, target[:base], settings)
    is_test = np.zeros(len(groups), dtype=bool)
    is_test[:base] = np.isin(together, held_out)
    if added:
        # The row as a number in [0, 1), another one for each seed.
        key = f"{settings.seed:016d}"
        hashes = pd.util.hash_pandas_object(rows.iloc[base:], index=False, hash_key=key)
        drawn = hashes.to_numpy(dtype=np.uint64) / 2.0**64 < settings.test_size
        is_test[base:] = drawn
        for row, earlier in _earliest(groups, alike, base).items():
            is_test[row] = is_test[earlier]
    return positions[~is_test], positions[is_test]


def row_hashes(
    frame: pd.DataFrame, target: "pd.Series[float]"
) -> "np.ndarray[Any, np.dtype[np.uint64]]":
    """(n,) a number per row, from what the model reads of it and its target: the row's name.

    frame: typed, in schema order. Two rows with equal numbers are equal, but for one pair in 10^19.
    """
    return hashes_of(frame.assign(**{"\0target": target}))


def hashes_of(frame: pd.DataFrame) -> "np.ndarray[Any, np.dtype[np.uint64]]":
    """(n,) a number per row, from all of its values."""
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return hashes.astype(np.uint64, copy=False)


def groups_of(
    hashes: "np.ndarray[Any, np.dtype[np.uint64]]",
) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """A number per row; equal rows have equal numbers."""
    numbered: np.ndarray[Any, np.dtype[np.int64]] = np.unique(hashes, return_inverse=True)[1]
    return numbered


def _earliest(
    groups: "np.ndarray[Any, np.dtype[np.int64]]", alike: Pairs, base: int
) -> dict[int, int]:
    """Added row -> the first row that it repeats, for those that do, in the rows' order."""
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    earliest = first[group]
    np.minimum.at(earliest, alike[:, 1], alike[:, 0])
    repeats = np.flatnonzero(earliest < np.arange(len(groups)))
    return {int(row): int(earliest[row]) for row in repeats[repeats >= base]}


def _held_out_groups(
    groups: "np.ndarray[Any, np.dtype[np.int64]]",
    target: "np.ndarray[Any, Any]",
    settings: DataParams,
) -> "np.ndarray[Any, Any]":
    """The groups to hold out, drawn within bands of the target where there are rows enough."""
    distinct, first = np.unique(groups, return_index=True)
    bands = min(STRATA, int(len(distinct) * settings.test_size) // 2)
    order = np.argsort(np.argsort(target[first], kind="stable"), kind="stable")
    held_out: np.ndarray[Any, Any] = train_test_split(
        distinct,
        test_size=settings.test_size,
        random_state=settings.seed,
        stratify=order * bands // len(distinct) if bands > 1 else None,
    )[1]
    return held_out
