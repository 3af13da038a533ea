"""Column by column: do logged rows follow the distribution of the training rows?

A column counts as drifted if a test says that the difference is no chance (after control of the
false-discovery rate over all columns) and the difference is large enough to matter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from .drift_sample import Kind, Sample

Array = npt.NDArray[Any]

# The chi-squared approximation asks for this many expected rows per cell (Cochran 1954).
LEAST_EXPECTED = 5.0
NO_VALUE = "no value"


@dataclass(frozen=True)
class Evidence:
    """What one test found in one column."""

    test: str
    statistic: float
    p_value: float
    distance: float
    change: str
    """In words, from the reference to the log."""


@dataclass(frozen=True)
class ColumnDrift:
    """The verdict on one column."""

    name: str
    kind: Kind
    test: str
    statistic: float
    p_value: float
    q_value: float
    """`p_value` after Benjamini and Hochberg (1995) over all columns."""
    distance: float
    """Numbers: Wasserstein distance in units of the reference's interquartile range. Categories
    and missing values: total variation, the share of rows that would have to change."""
    drifted: bool
    change: str


def compare_columns(
    reference: Sample, logged: Sample, alpha: float, min_distance: float
) -> list[ColumnDrift]:
    """Compare each column that both have; the most drifted comes first.

    alpha: bound on the false-discovery rate, and so, where nothing has changed, on the probability
    of any column being called drifted. min_distance: smaller distances are not called drift.
    """
    names = [name for name in reference.frame.columns if name in logged.frame.columns]
    found = [_column(name, reference, logged, min_distance) for name in names]
    q_values = stats.false_discovery_control([each.p_value for each in found]) if found else []
    verdicts = [
        replace(
            each,
            q_value=float(q_value),
            drifted=bool(q_value <= alpha and each.distance >= min_distance),
        )
        for each, q_value in zip(found, q_values, strict=True)
    ]
    return sorted(verdicts, key=lambda each: (not each.drifted, each.q_value, -each.distance))


def _column(name: str, reference: Sample, logged: Sample, min_distance: float) -> ColumnDrift:
    kind = reference.kind(name)
    before, after = reference.frame[name], logged.frame[name]
    if name in reference.outputs:
        # A row that another version answered has no output to compare.
        before, after = before.dropna(), after.dropna()
    found = _numbers(before, after) if kind == "number" else _categories(before, after)
    # The test that decides is chosen among several, which Bonferroni's factor makes up for. One
    # that finds a trifle, though surely, must not stand before one that finds a large difference.
    best = min(found, key=lambda each: (each.distance < min_distance, each.p_value))
    p_value = min(1.0, best.p_value * len(found))
    return ColumnDrift(
        name=name,
        kind=kind,
        test=best.test,
        statistic=best.statistic,
        p_value=p_value,
        q_value=1.0,
        distance=best.distance,
        drifted=False,
        change=best.change,
    )


def _numbers(before: pd.Series[float], after: pd.Series[float]) -> list[Evidence]:
    values, new = before.dropna().to_numpy(), after.dropna().to_numpy()
    found = []
    if len(values) and len(new):
        # The asymptotic p-value: as good from fifty rows on, and on the safe side for ties.
        result = stats.ks_2samp(values, new, method="asymp")
        distance = stats.wasserstein_distance(values, new)
        scale = _spread(values)
        found.append(
            Evidence(
                test="Kolmogorov-Smirnov",
                statistic=float(result.statistic),
                p_value=float(result.pvalue),
                distance=float(distance / scale) if scale else float(result.statistic),
                change=_moved(values, new),
            )
        )
    if len(values) < len(before) or len(new) < len(after) or not found:
        found.append(_share(before.isna(), after.isna(), NO_VALUE))
    return found


def _categories(before: pd.Series[Any], after: pd.Series[Any]) -> list[Evidence]:
    table = level_counts(before, after)
    kept, pooled = pool_rare(table)
    found = []
    if len(kept) > 1:
        result = stats.chi2_contingency(kept.to_numpy(), correction=False)
        shares = kept / kept.sum()
        difference = (shares["logged"] - shares["reference"]).abs()
        moved = str(difference.idxmax())
        found.append(
            Evidence(
                test="chi-squared",
                statistic=float(result.statistic),
                p_value=float(result.pvalue),
                distance=float(difference.sum() / 2),
                change=_shares(moved, shares["reference"][moved], shares["logged"][moved]),
            )
        )
    if pooled:
        # Each level that is too rare for the approximation has an exact test of its own: a level
        # that is new would otherwise drown among the rare ones.
        exact = [_level(table, level) for level in pooled]
        best = min(exact, key=lambda each: each.p_value)
        found.append(replace(best, p_value=min(1.0, best.p_value * len(exact))))
    return found or [_level(table, level) for level in table.index]


def level_counts(before: pd.Series[Any], after: pd.Series[Any]) -> pd.DataFrame:
    """Rows per level, shape (levels, 2), most frequent first; "no value" is a level."""
    table = pd.DataFrame(
        {
            "reference": before.fillna(NO_VALUE).value_counts(),
            "logged": after.fillna(NO_VALUE).value_counts(),
        }
    ).fillna(0.0)
    return table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]


def pool_rare(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Any]]:
    """The table for the chi-squared test, and the levels that are too rare to be rows of it.

    They are one row together where that is enough, else none. Rare by the rows of both samples
    together: to pick levels that one sample lacks would find a difference where there is none.
    """
    expected = table.sum(axis=1) * table.sum().min() / table.to_numpy().sum()
    rare = expected < LEAST_EXPECTED
    kept = table[~rare]
    if expected[rare].sum() >= LEAST_EXPECTED:
        kept = pd.concat([kept, table[rare].sum().to_frame(_unused("other levels", table)).T])
    return kept, list(table.index[rare])


def _level(table: pd.DataFrame, level: Any) -> Evidence:
    rows = table.loc[level]
    rest = table.sum() - rows
    return _fisher(rows.to_numpy(), rest.to_numpy(), str(level))


def _share(before: pd.Series[bool], after: pd.Series[bool], what: str) -> Evidence:
    hits = np.array([before.sum(), after.sum()])
    return _fisher(hits, np.array([len(before), len(after)]) - hits, what)


def _fisher(hits: Array, others: Array, what: str) -> Evidence:
    """Fisher's exact test of a share; hits, others: rows of the reference and of the log."""
    result = stats.fisher_exact(np.array([hits, others]).astype(int))
    shares = hits / (hits + others)
    return Evidence(
        test="Fisher",
        statistic=float(shares[1] - shares[0]),
        p_value=float(result.pvalue),
        distance=float(abs(shares[1] - shares[0])),
        change=_shares(what, shares[0], shares[1]),
    )


def _spread(values: Array) -> float:
    """The interquartile range: unlike the standard deviation, not at the mercy of a few outliers.

    The standard deviation where half of the values are the same; 0 where all are.
    """
    return float(stats.iqr(values)) or float(np.std(values))


def _shares(what: Any, before: float, after: float) -> str:
    return f"{what}: {before:.1%} -> {after:.1%}"


def _moved(before: Array, after: Array) -> str:
    """The medians; where they read the same, the quartiles around them."""
    old, new = (_short(float(np.median(values))) for values in (before, after))
    if old != new:
        return f"median {old} -> {new}"
    return f"middle half {_middle_half(before)} -> {_middle_half(after)}"


def _middle_half(values: Array) -> str:
    low, high = np.quantile(values, (0.25, 0.75))
    return f"{_short(float(low))} to {_short(float(high))}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _unused(name: str, table: pd.DataFrame) -> str:
    """`name`, unless a level is called so."""
    return name if name not in table.index else _unused(f"({name})", table)
