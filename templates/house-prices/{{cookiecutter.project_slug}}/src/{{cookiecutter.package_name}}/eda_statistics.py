"""The numbers behind the exploration: what is missing, what goes with the target, and how much."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from .data import TableData

BANDS = 10  # a number is cut into that many equally filled bands before its strength is measured
DISGUISE = 0.99  # a column this close to the target alone is probably made from it
FEW = 10  # a median of fewer rows than this says little


@dataclass(frozen=True)
class Skewness:
    """Of the target and of its logarithm (None if a value is not positive); 0 is symmetric."""

    raw: float
    log: float | None


@dataclass(frozen=True)
class Level:
    """One level of a category among the training rows."""

    name: str
    rows: int
    median: float  # of the target


def skewness(target: "pd.Series[float]") -> Skewness:
    log = float(stats.skew(np.log(target))) if (target > 0).all() else None
    return Skewness(raw=float(stats.skew(target)), log=log)


def missing_shares(data: TableData) -> "pd.Series[float]":
    """Share of the rows without a value, for the columns that have such rows, most first."""
    shares = data.frame.isna().mean().sort_values(ascending=False, kind="stable")
    return shares[shares > 0]


def response(data: TableData) -> "pd.Series[float]":
    """The target on the scale on which strength is measured: its log where that exists."""
    if not (data.target > 0).all():
        return data.target
    return pd.Series(np.log(data.target.to_numpy()), index=data.target.index)


def strengths(data: TableData) -> "pd.Series[float]":
    """Share of the variance of the (log) target that each column explains alone, strongest first.

    Rows are grouped by level, or by band for a number; rows without a value are a group. The share
    is epsilon squared (Kelley 1935): the correlation ratio, corrected for the number of groups so
    that a column does not look strong only because it has many levels.
    """
    outcome = response(data)
    found = {name: _explained(groups_of(data, name), outcome) for name in data.schema.names}
    return pd.Series(found, dtype=float).sort_values(ascending=False, kind="stable")


def groups_of(data: TableData, name: str) -> "pd.Series[Any]":
    """A group number per row; -1 for no value."""
    column = data.frame[name]
    if data.schema.column(name).kind == "number" and column.nunique() > BANDS:
        return pd.qcut(column, BANDS, labels=False, duplicates="drop").fillna(-1)
    return pd.Series(pd.factorize(column)[0], index=column.index)


def _explained(groups: "pd.Series[Any]", outcome: "pd.Series[float]") -> float:
    rows, count = len(outcome), groups.nunique()
    total = float(((outcome - outcome.mean()) ** 2).sum())
    if count < 2 or rows <= count or total == 0:
        return 0.0
    within = float(((outcome - outcome.groupby(groups).transform("mean")) ** 2).sum())
    return max(0.0, 1.0 - (within / (rows - count)) / (total / (rows - 1)))


def disguises(data: TableData, strengths: "pd.Series[float]") -> list[str]:
    """Columns that are nearly the target itself: by rank correlation, or by what they explain."""
    ranks = data.frame[list(data.schema.numbers)].corrwith(data.target, method="spearman").abs()
    close = {str(name) for name in ranks.index[ranks > DISGUISE]}
    close |= {str(name) for name in strengths.index[strengths > DISGUISE]}
    return [name for name in data.schema.names if name in close]


def correlations(data: TableData, most: int) -> pd.DataFrame:
    """Spearman's rank correlations of the target (first) and the numbers that go with it most."""
    table = data.frame[list(data.schema.numbers)].assign(**{data.schema.target: data.target})
    ranks = table.corr(method="spearman")
    order = ranks[data.schema.target].abs().sort_values(ascending=False, kind="stable")
    names = [data.schema.target, *(name for name in order.index if name != data.schema.target)]
    names = [str(name) for name in names if np.isfinite(order[name])][: most + 1]
    return ranks.loc[names, names]


def strongest_pair(ranks: pd.DataFrame) -> tuple[str, str, float] | None:
    """The two inputs that go together most, with their rank correlation; None if under two."""
    inputs = ranks.iloc[1:, 1:]
    if len(inputs) < 2:
        return None
    values = inputs.to_numpy(copy=True)
    values[np.tril_indices(len(values))] = 0.0
    row, column = (int(i) for i in np.unravel_index(np.nanargmax(np.abs(values)), values.shape))
    return str(inputs.index[row]), str(inputs.columns[column]), float(values[row, column])


def levels(data: TableData, name: str, least: int) -> list[Level]:
    """The levels of a category with at least `least` rows, the highest median target first."""
    grouped = data.target.groupby(data.frame[name])
    table = pd.DataFrame({"rows": grouped.size(), "median": grouped.median()})
    table = table[table["rows"] >= least].sort_values(["median", "rows"], ascending=False)
    return [
        Level(str(level), int(rows), float(median))
        for level, rows, median in zip(table.index, table["rows"], table["median"], strict=True)
    ]


def band_medians(data: TableData, name: str) -> pd.DataFrame:
    """Median of a number ("value") and of the target ("target") per band, by value.

    Rows without a value are left out, and bands of under ten rows: their medians are too rough.
    """
    known = data.frame[name].notna()
    table = pd.DataFrame({"value": data.frame[name][known], "target": data.target[known]})
    bands = table.groupby(groups_of(data, name)[known])
    return bands.median()[bands.size() >= FEW].sort_values("value")


def is_monotonic(data: TableData, name: str) -> bool:
    """Whether the target's median per band of a number rises, or falls, throughout.

    A step back of less than a twentieth of the whole range is taken for noise.
    """
    medians = band_medians(data, name)["target"].to_numpy()
    if len(medians) < 2:
        return True
    steps, slack = np.diff(medians), 0.05 * float(np.ptp(medians))
    return bool((steps >= -slack).all() or (steps <= slack).all())
