"""A metric on parts of the rows: where is the model worse than on the whole, and how sure is that.

A slice is a named part of the held-out rows, such as one neighbourhood. A template says which
slices there are and how a part is scored; this measures them and finds what stands out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from .paired import LARGEST_RESAMPLE

Rows = npt.NDArray[np.int64]
Score = Callable[[Rows], npt.NDArray[np.float64]]
"""Row numbers, shape (b, n), -> the metric of each of the b sets of rows, shape (b,)."""

LEAST = 15  # rows: of fewer, the metric is noise


@dataclass(frozen=True)
class Slice:
    """Part of the rows. name: what they are parted by. value: which part this is."""

    name: str
    value: str
    rows: Rows
    """Row numbers, shape (n,)."""


def measure_slices(
    slices: Iterable[Slice],
    score: Score,
    signed: npt.NDArray[np.float64],
    metric: str,
    *,
    resamples: int,
    confidence: float,
    seed: int,
) -> list[dict[str, Any]]:
    """One entry per slice with at least LEAST rows, as reports/metrics.json holds it.

    signed: each row's error with its sign, (n,); its mean over a slice is the slice's `bias`.
    low, high: the percentile bootstrap over the slice's rows (Efron 1979).
    """
    tail = (1.0 - confidence) / 2.0
    found = []
    for part in slices:
        if len(part.rows) < LEAST:
            continue
        spread = resampled(part.rows, score, resamples, np.random.default_rng(seed))
        # The metric may not exist for a draw: a class's F1, where the class was not drawn.
        low, high = np.nanquantile(spread, (tail, 1.0 - tail))
        found.append(
            {
                "slice": part.name,
                "value": part.value,
                "rows": len(part.rows),
                "metric": metric,
                "error": float(score(part.rows[None, :])[0]),
                "low": float(low),
                "high": float(high),
                "bias": float(signed[part.rows].mean()),
            }
        )
    return found


def clearly_worse(
    slices: Sequence[Mapping[str, Any]], overall: float, lower_is_better: bool = True
) -> list[Mapping[str, Any]]:
    """The slices whose whole interval is worse than the metric of all rows, the worst first."""
    if lower_is_better:
        found = [each for each in slices if each["low"] > overall]
        return sorted(found, key=lambda each: -each["error"])
    found = [each for each in slices if each["high"] < overall]
    return sorted(found, key=lambda each: each["error"])


def called(found: Mapping[str, Any]) -> str:
    """A slice in a sentence, from its entry in reports/metrics.json: “Neighborhood: NAmes”."""
    return f"“{found['slice']}: {found['value']}”"


def bands(values: npt.NDArray[np.float64], count: int) -> list[Rows]:
    """Row numbers in `count` bands of nearly equal size, the lowest values first; NaN in none.

    Equal values share a band, so there are fewer bands where few values are distinct.
    """
    known = np.isfinite(values)
    if not known.any():
        return []
    inner = np.quantile(values[known], np.arange(1, count) / count)
    number = np.searchsorted(inner, values, side="left")
    parts = [np.flatnonzero(known & (number == band)) for band in range(count)]
    return [rows for rows in parts if len(rows)]


def overrepresented(
    levels: Mapping[str, npt.NDArray[np.object_]], chosen: Rows, surprise: float = 0.01
) -> list[dict[str, Any]]:
    """Levels of categories that are commoner among the chosen rows than chance would make them.

    levels: column -> each row's level, (n,), None for no value. Kept are those for which so many
    among the chosen have, by the hypergeometric distribution, a probability below `surprise` (over
    the number of levels, after Bonferroni). The least probable first.
    """
    tested = []
    for column, values in levels.items():
        for level in sorted({str(value) for value in values[chosen] if value is not None}):
            of_all = int((values == level).sum())
            of_chosen = int((values[chosen] == level).sum())
            chance = float(stats.hypergeom.sf(of_chosen - 1, len(values), of_all, len(chosen)))
            tested.append((chance, column, level, of_chosen, of_all / len(values)))
    return [
        {"column": column, "value": level, "rows": count, "of": len(chosen), "share": share}
        for chance, column, level, count, share in sorted(tested)
        if chance * len(tested) < surprise and count > 1
    ]


def resampled(
    rows: Rows, score: Score, resamples: int, random: np.random.Generator
) -> npt.NDArray[np.float64]:
    """The metric on `resamples` draws of the rows with replacement, shape (resamples,).

    A metric that does not exist for some draws is NaN there.
    """
    batch = max(1, LARGEST_RESAMPLE // len(rows))
    parts = [
        score(random.choice(rows, (min(batch, resamples - start), len(rows))))
        for start in range(0, resamples, batch)
    ]
    return np.concatenate(parts)
