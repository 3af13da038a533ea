"""Several models on the same rows: what they are judged by, and how sure their differences are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Metric:
    """What predictions are judged by."""

    name: str
    value: Callable[[Array, Array], float]
    """(target, prediction) -> one figure; arrays of shape (n,) or (n, k), row for row."""
    higher_is_better: bool = False


def bootstrap_interval(
    difference: Callable[[Array], Array],
    rows: int,
    *,
    confidence: float,
    resamples: int,
    seed: int,
) -> tuple[Array, Array]:
    """Both ends of the percentile interval of each difference.

    difference: positions of rows to differences, each between two models' figures on these rows.
    Each resample draws rows with replacement and takes all models' answers for them (Efron and
    Tibshirani 1993, chapters 8 and 13): a difference is far surer than either figure, since a hard
    row is hard for both.
    """
    found = stats.bootstrap(
        (np.arange(rows),),
        difference,
        vectorized=False,
        n_resamples=resamples,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return np.asarray(found.low), np.asarray(found.high)
