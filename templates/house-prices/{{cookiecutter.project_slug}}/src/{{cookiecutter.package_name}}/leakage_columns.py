"""Which columns give the target away: alone, or two of them together.

A column that was made from the target, or is known only after it, makes every model look good and
none of use: it is missing when a prediction is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from .schema import TableSchema

Array = npt.NDArray[np.float64]

BANDS = 10  # a number is cut into that many equally filled bands before its strength is measured
FINE_BANDS = 50  # for leaks, where there are rows enough: ten cannot explain all of a number
ROWS_PER_BAND = 20

# Beyond these, a column is probably made from the target. The strongest honest columns of the Ames
# sales explain two thirds; ten equally filled price bands would explain some 95 %.
CLOSE_RANK = 0.99  # Spearman's correlation with the target
CLOSE_SHARE = 0.97  # of the variance, explained by the column's levels or bands
CLOSE_PAIR = 0.99  # of the variance, explained by a line through two columns, or their logarithms

MOST_ROWS = 20_000  # drawn from more: enough to see a relation that is nearly exact
CELLS = 2e8  # rows times pairs of columns, at most: a wide table is seen through fewer rows
FEWEST_ROWS = 30
MOST_SHOWN = 5  # pairs


@dataclass(frozen=True)
class Leak:
    """A column, or two, that the target can be read from. As text: what to do about it."""

    columns: tuple[str, ...]
    target: str
    found: str
    """How close they are, in words."""

    def __str__(self) -> str:
        names = " and ".join(self.columns)
        verb = "give" if len(self.columns) > 1 else "gives"
        those = "one of them" if len(self.columns) > 1 else "it"
        return (
            f"{names} nearly {verb} {self.target} away ({self.found}). If {those} is made from it, "
            f"or known only afterwards, leave it out: data.ignore: [{self.columns[0]}]."
        )


def target_leaks(frame: pd.DataFrame, target: pd.Series[float], schema: TableSchema) -> list[Leak]:
    """The columns of TRAINING rows from which the target can be read, in the table's order.

    frame: (n, k), typed. Alone: by Spearman's rank correlation, or by the share of the target's
    variance that the column's levels (bands, for a number) explain. In pairs, for numbers that are
    not close alone: by the least squares line of the target on both, which sums and differences
    lie on, and of the logarithms, which products and ratios lie on.
    """
    frame, target = _drawn(frame, target, len(schema.numbers))
    if len(frame) < FEWEST_ROWS or target.nunique() < 2:
        return []
    outcome = _logarithm(target) if (target > 0).all() else target
    alone = [leak for name in schema.names if (leak := _alone(frame, outcome, schema, name))]
    known = {leak.columns[0] for leak in alone}
    numbers = [name for name in schema.numbers if name not in known]
    return alone + _pairs(frame[numbers], target, schema.target)


def explained_alone(
    frame: pd.DataFrame, outcome: pd.Series[float], schema: TableSchema
) -> pd.Series[float]:
    """Share of the variance of `outcome`, (n,), that each column explains alone.

    Rows are grouped by level, or by band for a number; rows without a value are a group. The share
    is epsilon squared (Kelley 1935): the correlation ratio, corrected for the number of groups so
    that a column does not look strong only because it has many levels.
    """
    found = {}
    for column in schema.columns:
        groups = groups_of(frame[column.name], column.kind == "number")
        found[column.name] = _explained(groups, outcome)
    return pd.Series(found, dtype=float)


def groups_of(column: pd.Series[Any], is_number: bool, bands: int = BANDS) -> pd.Series[Any]:
    """A group number per row: its level, or its band; -1 for no value."""
    if is_number and column.nunique() > bands:
        return pd.qcut(column, bands, labels=False, duplicates="drop").fillna(-1)
    return pd.Series(pd.factorize(column)[0], index=column.index)


def _explained(groups: pd.Series[Any], outcome: pd.Series[float]) -> float:
    rows, count = len(outcome), groups.nunique()
    total = float(((outcome - outcome.mean()) ** 2).sum())
    if count < 2 or rows <= count or total == 0:
        return 0.0
    within = float(((outcome - outcome.groupby(groups).transform("mean")) ** 2).sum())
    return max(0.0, 1.0 - (within / (rows - count)) / (total / (rows - 1)))


def _drawn(
    frame: pd.DataFrame, target: pd.Series[float], numbers: int
) -> tuple[pd.DataFrame, pd.Series[float]]:
    """At most as many rows as take a second, the same ones each time, numbered anew."""
    most = int(np.clip(CELLS / max(numbers, 1) ** 2, 1000, MOST_ROWS))
    rows = np.arange(len(frame))
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(0).choice(len(rows), most, replace=False))
    return frame.iloc[rows].reset_index(drop=True), target.iloc[rows].reset_index(drop=True)


def _alone(
    frame: pd.DataFrame, outcome: pd.Series[float], schema: TableSchema, name: str
) -> Leak | None:
    number = schema.column(name).kind == "number"
    if number:
        known = frame[name].notna()
        if known.sum() >= FEWEST_ROWS and frame[name][known].nunique() > 1:
            rank = abs(float(stats.spearmanr(frame[name][known], outcome[known]).statistic))
            if rank > CLOSE_RANK:
                return Leak((name,), schema.target, f"rank correlation {rank:.3f}")
    bands = int(np.clip(len(frame) // ROWS_PER_BAND, BANDS, FINE_BANDS))
    share = _explained(groups_of(frame[name], number, bands), outcome)
    if share > CLOSE_SHARE:
        return Leak((name,), schema.target, f"explains {share:.1%} of its variance")
    return None


def _pairs(numbers: pd.DataFrame, target: pd.Series[float], name: str) -> list[Leak]:
    """Pairs on whose sum, difference, product or ratio the target lies; the closest first."""
    found: dict[tuple[str, str], tuple[float, str]] = {}
    for table, outcome, where in _scales(numbers, target):
        for first, second in _candidates(table, outcome):
            share = _line(table[first], table[second], outcome)
            if share > max(CLOSE_PAIR, found.get((first, second), (0.0, ""))[0]):
                found[first, second] = share, where
    closest = sorted(found.items(), key=lambda item: -item[1][0])[:MOST_SHOWN]
    return [
        Leak(pair, name, f"a line through {where} explains {share:.1%} of its variance")
        for pair, (share, where) in closest
    ]


def _scales(
    numbers: pd.DataFrame, target: pd.Series[float]
) -> list[tuple[pd.DataFrame, pd.Series[float], str]]:
    """The numbers as they are, and the logarithms of those that have one."""
    scales = [(numbers, target, "both")]
    if (target > 0).all():
        positive = numbers.loc[:, ~(numbers <= 0).any()]
        scales.append((positive.apply(_logarithm), _logarithm(target), "their logarithms"))
    return scales


def _logarithm(values: pd.Series[float]) -> pd.Series[float]:
    return pd.Series(np.log(values.to_numpy()), index=values.index)


def _candidates(table: pd.DataFrame, outcome: pd.Series[float]) -> list[tuple[str, str]]:
    """Pairs that may be close, by their correlations alone: R squared of two columns from three."""
    together = table.assign(**{"\0target": outcome}).corr(min_periods=FEWEST_ROWS)
    own = together.iloc[:-1, -1].to_numpy()
    between = together.iloc[:-1, :-1].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        share = own[:, None] ** 2 + own**2 - 2.0 * own[:, None] * own * between
        share /= 1.0 - between**2
    # Correlations of columns with gaps are of different rows, and rough.
    return [
        (str(table.columns[i]), str(table.columns[j]))
        for i, j in combinations(range(len(own)), 2)
        if share[i, j] > CLOSE_PAIR - 0.04
    ]


def _line(first: pd.Series[float], second: pd.Series[float], outcome: pd.Series[float]) -> float:
    """Adjusted R squared of the line of `outcome` on two columns; 0 if it does not keep the order.

    A single row far off can make a line that fits nothing else: ranks tell the two apart.
    """
    known = first.notna() & second.notna()
    rows = int(known.sum())
    if rows < FEWEST_ROWS:
        return 0.0
    matrix = np.column_stack([np.ones(rows), first[known], second[known]])
    y = outcome[known].to_numpy()
    total = float(((y - y.mean()) ** 2).sum())
    if total == 0:
        return 0.0
    fitted = matrix @ np.linalg.lstsq(matrix, y, rcond=None)[0]
    share = 1.0 - (float(((y - fitted) ** 2).sum()) / (rows - 3)) / (total / (rows - 1))
    rank = float(stats.spearmanr(fitted, y).statistic) if share > CLOSE_PAIR else 0.0
    return share if rank > CLOSE_RANK else 0.0
