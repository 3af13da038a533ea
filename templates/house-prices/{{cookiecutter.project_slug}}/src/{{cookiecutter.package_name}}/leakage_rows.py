"""Which rows of a table are the same but for one value.

A listing that was entered twice, with another date or a corrected figure, is one house. If one copy
is trained on and the other held out, the model is measured on what it has seen.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from .leakage import Hashes, Integers, Pairs, near_pairs

Codes = npt.NDArray[np.int32]

# How much less likely than once in the whole table a pair has to be by chance, as a power of two.
MARGIN_BITS = 20.0
BLOCKS = 2  # rows that differ in one column agree in at least one of two halves


def near_duplicates(frame: pd.DataFrame, target: pd.Series[float]) -> Pairs:
    """Pairs of rows with one target that agree in every column, or in every column but one.

    frame: (n, k), typed, in schema order; no value equals no value. Rows that agree in all columns
    are paired with the first of them. Pairs that differ in one column are looked for only where
    they cannot come about by chance: five columns of a few levels each make many rows alike that
    have nothing to do with each other. The chance is that of independent columns, as in record
    linkage (Fellegi and Sunter 1969), without the most telling one, since that may be the one that
    differs.
    """
    codes = _codes(frame.assign(**{"\0target": target}))
    whole = _hash(codes)
    _, first, group = np.unique(whole, return_index=True, return_inverse=True)
    repeated = np.flatnonzero(first[group] != np.arange(len(codes)))
    equal = np.column_stack([first[group[repeated]], repeated]).astype(np.int64)
    bits = _bits(codes)
    telling = bits.sum() - bits[:-1].max(initial=0.0)
    if telling < 2.0 * np.log2(max(len(codes), 2)) + MARGIN_BITS:
        return equal
    distinct = np.sort(first)
    candidates = codes[distinct]

    def alike(left: Integers, right: Integers) -> npt.NDArray[np.bool_]:
        differs = candidates[left] != candidates[right]
        near: npt.NDArray[np.bool_] = (differs.sum(axis=1) <= 1) & ~differs[:, -1]
        return near

    near = near_pairs(_blocks(candidates, bits), alike)
    return np.concatenate([equal, distinct[near].astype(np.int64)])


def _codes(frame: pd.DataFrame) -> Codes:
    """(n, columns) a number per distinct value of each column."""
    columns = [pd.factorize(frame[name], use_na_sentinel=True)[0] for name in frame.columns]
    return np.column_stack(columns).astype(np.int32)


def _bits(codes: Codes) -> npt.NDArray[np.float64]:
    """(columns,) how telling it is that two rows agree in a column: -log2 of the chance of it."""
    rows = max(len(codes), 1)
    chances = [float(((np.bincount(column + 1) / rows) ** 2).sum()) for column in codes.T]
    return -np.log2(np.maximum(chances, 1e-300))


def _blocks(codes: Codes, bits: npt.NDArray[np.float64]) -> list[Hashes]:
    """The hash of each half of the columns, dealt so that both tell much, with the target."""
    order = np.argsort(-bits[:-1], kind="stable")
    return [_hash(codes[:, [*order[start::BLOCKS], -1]]) for start in range(BLOCKS)]


def _hash(codes: Codes) -> Hashes:
    hashes = pd.util.hash_pandas_object(pd.DataFrame(codes), index=False)
    return hashes.to_numpy().astype(np.uint64, copy=False)
