"""k-fold cross-validation of several models side by side, on the same folds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from .errors import UserError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OutOfFold:
    """Predictions for each row by a model that has not seen it.

    prediction: (n,), in model space. seconds: what the fits took, summed over the folds.
    """

    prediction: Array
    seconds: float


def fold_numbers(groups: npt.NDArray[np.int64], folds: int, seed: int) -> npt.NDArray[np.int64]:
    """The fold, 0 to folds - 1, in which each row is held out, shape (n,).

    Rows of one group (equal in everything) share a fold. Where all rows differ, these are the
    folds of KFold(folds, shuffle=True, random_state=seed). Raises UserError for too few rows.
    """
    first, group_of = np.unique(groups, return_index=True, return_inverse=True)[1:]
    if len(first) < 2 * folds:
        raise UserError(
            f"train.folds = {folds}: {len(first)} different rows are too few, since a fold needs "
            "at least two. Lower train.folds, or bring more rows."
        )
    # Groups in the order of their first row, so that without duplicates a group is its row.
    rank = np.argsort(np.argsort(first))
    fold_of_group = np.empty(len(first), dtype=np.int64)
    splits = KFold(folds, shuffle=True, random_state=seed).split(first)
    for number, (_, held_out) in enumerate(splits):
        fold_of_group[held_out] = number
    return fold_of_group[rank[group_of]]


def cross_validate(
    builders: Mapping[str, Callable[[], Pipeline]],
    frame: pd.DataFrame,
    target: Array,
    fold_of: npt.NDArray[np.int64],
    n_jobs: int,
    on_fit: Callable[[str], None] = lambda name: None,
) -> dict[str, OutOfFold]:
    """Out-of-fold predictions of each model.

    builders: name -> a function that makes the unfitted pipeline. target: (n,), in model space.
    on_fit: called with a model's name after each of its fits.
    """
    tasks = [(name, int(fold)) for name in builders for fold in np.unique(fold_of)]
    predictions = {name: np.full(len(target), np.nan) for name in builders}
    seconds = dict.fromkeys(builders, 0.0)
    for name, fold, predicted, taken in _in_parallel(
        tasks, builders, frame, target, fold_of, n_jobs
    ):
        predictions[name][fold_of == fold] = predicted
        seconds[name] += taken
        on_fit(name)
    return {name: OutOfFold(predictions[name], seconds[name]) for name in builders}


def _in_parallel(
    tasks: list[tuple[str, int]],
    builders: Mapping[str, Callable[[], Pipeline]],
    frame: pd.DataFrame,
    target: Array,
    fold_of: npt.NDArray[np.int64],
    n_jobs: int,
) -> Iterator[tuple[str, int, Array, float]]:
    # Threads: the boosters and the linear algebra leave Python's lock, and processes would spend
    # seconds on importing the libraries again. One thread per fit, or they fight for the cores.
    with threadpool_limits(limits=1):
        parallel = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator_unordered")
        yield from parallel(
            delayed(_fit_and_predict)(name, fold, builders[name], frame, target, fold_of)
            for name, fold in tasks
        )


def _fit_and_predict(
    name: str,
    fold: int,
    build: Callable[[], Pipeline],
    frame: pd.DataFrame,
    target: Array,
    fold_of: npt.NDArray[np.int64],
) -> tuple[str, int, Array, float]:
    held_out = fold_of == fold
    started = time.perf_counter()
    model = build().fit(frame[~held_out], target[~held_out])
    predicted = np.asarray(model.predict(frame[held_out]), dtype=np.float64)
    return name, fold, predicted, time.perf_counter() - started
