"""The numbers behind the exploration: what is missing, what goes with the target, and how much."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from .data import TableData
from .leakage_columns import explained_alone, groups_of

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


def missing_together(data: TableData) -> list[str]:
    """The largest set of columns that lack values in exactly the same rows; empty if none do."""
    gaps = data.frame.isna()
    sets: dict[bytes, list[str]] = {}
    for name in gaps.columns[gaps.any()]:
        sets.setdefault(gaps[name].to_numpy().tobytes(), []).append(str(name))
    largest = max(sets.values(), key=len, default=[])
    return largest if len(largest) > 1 else []


def shapes(data: TableData) -> pd.DataFrame:
    """Skewness and share of zeros of each number, the most skewed first."""
    numbers = data.frame[list(data.schema.numbers)]
    skewness = {name: float(stats.skew(numbers[name].dropna())) for name in numbers}
    table = pd.DataFrame({"skewness": skewness, "zeros": (numbers == 0).mean()})
    return table.sort_values("skewness", key=lambda column: -column.abs(), kind="stable")


def response(data: TableData) -> "pd.Series[float]":
    """The target on the scale on which strength is measured: its log where that exists."""
    if not (data.target > 0).all():
        return data.target
    return pd.Series(np.log(data.target.to_numpy()), index=data.target.index)


def strengths(data: TableData) -> "pd.Series[float]":
    """Share of the variance of the (log) target that each column explains alone, strongest first.

    See `explained_alone`.
    """
    found = explained_alone(data.frame, response(data), data.schema)
    return found.sort_values(ascending=False, kind="stable")


def correlations(data: TableData, most: int) -> pd.DataFrame:
    """Spearman's rank correlations of the target (first) and the numbers that go with it most."""
    table = data.frame[list(data.schema.numbers)].copy()
    table[data.schema.target] = data.target
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
    is_number = data.schema.column(name).kind == "number"
    bands = table.groupby(groups_of(data.frame[name], is_number)[known])
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
