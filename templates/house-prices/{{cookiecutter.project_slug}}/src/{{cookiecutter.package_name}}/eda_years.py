"""How the target moves with the years: columns that hold years, and the median of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy import stats

from .data import TableData
from .eda_chapter import Chapter
from .eda_figures import Units
from .eda_statistics import FEW
from .plotting import BLUE, GREY, literal, new_figure, set_title, style

EARLIEST, LATEST = 1700, 2100
FEWEST_YEARS = 4
MOST = 3  # columns shown
LONGEST = 25  # points on a line; more years than that are put together


def years_chapter(data: TableData, units: Units) -> Chapter:
    """Whether the target moves with time, in the columns that hold years."""
    target = data.schema.target
    heading = f"{target} over the years"
    question = (
        "Does the level move with time? If predictions are for years to come, rows drawn at random "
        "flatter a model: it has seen other rows of the same year."
    )
    names = [name for name in year_columns(data) if len(by_year(data, name)) > 1]
    if not names:
        text = "No column holds years, as far as the values tell."
        return Chapter("years", heading, question, text)
    names.sort(key=lambda name: -abs(trend(data, name)))
    found = ", ".join(f"{name} ({trend(data, name):+.2f})" for name in names)
    text = (
        f"Columns that hold years, with their rank correlation with {target}: {found}. The line is "
        "the median of each year or span of years with at least ten rows; the band holds the "
        "middle half."
    )
    return Chapter("years", heading, question, text, lambda: years_figure(data, names, units))


def year_columns(data: TableData) -> list[str]:
    """The columns of whole numbers that can only be years, as far as their values tell."""
    return [
        column.name
        for column in data.schema.columns
        if column.integer
        and column.minimum is not None
        and column.maximum is not None
        and column.minimum >= EARLIEST
        and column.maximum <= LATEST
        and data.frame[column.name].nunique() >= FEWEST_YEARS
    ]


def by_year(data: TableData, name: str) -> pd.DataFrame:
    """Rows, and the target's lower quartile, median and upper quartile, per year or span of years.

    Indexed by year; of a span, by its middle. Spans of under ten rows are left out.
    """
    known = data.frame[name].notna()
    years, target = data.frame[name][known], data.target[known]
    width = -(-int(years.max() - years.min() + 1) // LONGEST)
    start = years.min() + (years - years.min()) // width * width
    grouped = target.groupby(start + (width - 1) / 2)
    shares = {"low": 0.25, "median": 0.5, "high": 0.75}
    table = pd.DataFrame({name: grouped.quantile(share) for name, share in shares.items()})
    table["rows"] = grouped.size()
    return table[table["rows"] >= FEW]


def trend(data: TableData, name: str) -> float:
    """Spearman's rank correlation of the target with a column of years."""
    known = data.frame[name].notna()
    return float(stats.spearmanr(data.frame[name][known], data.target[known]).statistic)


def years_figure(data: TableData, names: Sequence[str], units: Units) -> Figure:
    """The target's median over the years, with the middle half of the rows, for each column."""
    shown = names[:MOST]
    strongest = max(shown, key=lambda name: abs(trend(data, name)))
    verb = "rises" if trend(data, strongest) > 0 else "falls"
    with style():
        figure = new_figure(8.5, 0.6 + 2.3 * len(shown))
        axes = np.ravel(figure.subplots(len(shown), 1, squeeze=False))
        for axis, name in zip(axes, shown, strict=True):
            table = by_year(data, name)
            axis.fill_between(
                table.index,
                table["low"],
                table["high"],
                color=BLUE,
                alpha=0.2,
                lw=0,
                label="middle half of the rows",
            )
            axis.plot(table.index, table["median"], color=BLUE, marker="o", ms=4, label="median")
            axis.xaxis.set_major_locator(MaxNLocator(9, integer=True))
            axis.set(xlabel=literal(name), ylabel=units.label(data.schema.target))
            units.format_axis(axis, "y")
        axes[0].legend(loc="upper left", labelcolor=GREY)
        set_title(
            figure,
            f"{data.schema.target} {verb} with {strongest} "
            f"(rank correlation {trend(data, strongest):.2f})",
        )
    return figure
