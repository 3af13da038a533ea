"""Several models on the same rows: what they are judged by, and how sure their differences are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

Array = npt.NDArray[Any]

LARGEST_RESAMPLE = 2_000_000  # row numbers held at once while resampling


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
    method: Literal["percentile", "standard"] = "percentile",
) -> tuple[Array, Array]:
    """Both ends of an interval of each difference.

    difference: positions of rows to differences, each between two models' figures on these rows.
    Each resample draws rows with replacement and takes all models' answers for them (Efron and
    Tibshirani 1993, chapters 8 and 13): a difference is far surer than either figure, since a hard
    row is hard for both.
    method: percentiles of the resamples, or the difference plus and minus Student's t times its
    bootstrap standard error (chapter 12). The latter is for a confidence so high that percentiles
    would rest on a handful of resamples: the standard error rests on all of them.
    """
    found = stats.bootstrap(
        (np.arange(rows),),
        difference,
        vectorized=False,
        n_resamples=resamples,
        batch=max(1, LARGEST_RESAMPLE // rows),
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    if method == "percentile":
        ends = found.confidence_interval
        return np.asarray(ends.low), np.asarray(ends.high)
    value = difference(np.arange(rows))
    margin = stats.t.ppf((1.0 + confidence) / 2.0, rows - 1) * found.standard_error
    return np.asarray(value - margin), np.asarray(value + margin)
