"""The figures of the exploration. Each title says what there is to see, from the data at hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from scipy import stats

from . import eda_statistics as statistics
from .data import TableData
from .eda_bars import share_bars
from .eda_phrases import percent
from .plotting import BLUE, DIVERGING, GREY, ORANGE, RED, literal, new_figure, set_title, style
from .schema import TableSchema
from .words import Words


@dataclass(frozen=True)
class Units:
    """How amounts and axes are written."""

    names: Mapping[str, str]  # column -> unit
    currency: str  # before an amount of the target; empty if the unit is not known

    @classmethod
    def of(cls, data: TableData) -> "Units":
        """Those of the rows' columns, see `of_schema`."""
        return cls.of_schema(data.schema)

    @classmethod
    def of_schema(cls, schema: TableSchema) -> "Units":
        """Dollars and feet for the Ames columns; no unit for a table that we know nothing of."""
        words = Words.of(schema)
        return cls(words.units, "$" if words.currency == "USD" else "")

    def label(self, name: str) -> str:
        unit = self.names.get(name)
        return literal(f"{name} ({unit})" if unit else name)

    def amount(self, value: float) -> str:
        """A short form of an amount of the target: $163k, 2.4M, 0.52."""
        size = abs(value)
        if size >= 1e6:
            text = f"{value / 1e6:.3g}M"
        elif size >= 1e4:
            text = f"{value / 1e3:.0f}k"
        else:
            text = f"{value:,.4g}"
        return f"{self.currency}{text}"

    def format_axis(self, axis: Axes, which: str) -> None:
        formatter = FuncFormatter(lambda value, _: literal(self.amount(value)))
        (axis.xaxis if which == "x" else axis.yaxis).set_major_formatter(formatter)


def describe_skewness(target: str, found: statistics.Skewness) -> str:
    """One sentence on the target's shape and what a logarithm does to it."""
    side = "right" if found.raw > 0 else "left"
    if abs(found.raw) < 0.5:
        shape = f"{target} is nearly symmetric (skewness {found.raw:.1f})"
    else:
        shape = f"{target} is {side}-skewed (skewness {found.raw:.1f})"
    if found.log is None:
        return f"{shape}; it has no logarithm, as not every value is positive"
    if abs(found.log) < 0.5:
        after = "nearly symmetric"
    else:
        after = "less skewed" if abs(found.log) < abs(found.raw) else "no better"
    return f"{shape}; its logarithm is {after} ({found.log:.1f})"


def target_figure(data: TableData, units: Units) -> Figure:
    """The target before and after the logarithm, with a normal curve for comparison."""
    found, name = statistics.skewness(data.target), data.schema.target
    panels = [(data.target, units.label(name))]
    if found.log is not None:
        panels.append((statistics.response(data), literal(f"log {name}")))
    with style():
        figure = new_figure(8.5, 3.8)
        for axis, (values, label) in zip(
            np.ravel(figure.subplots(1, len(panels))), panels, strict=True
        ):
            _histogram(axis, values)
            axis.set(xlabel=label, ylabel="rows")
        units.format_axis(figure.axes[0], "x")
        figure.axes[0].xaxis.set_major_locator(MaxNLocator(6))
        figure.axes[-1].margins(y=0.18)  # room for the legend
        figure.axes[-1].legend(loc="upper right")
        set_title(figure, describe_skewness(name, found))
    return figure


def _histogram(axis: Axes, values: "pd.Series[float]") -> None:
    bins = int(np.clip(np.sqrt(len(values)), 8, 45))
    _, edges, _ = axis.hist(values, bins=bins, color=BLUE, alpha=0.85)
    grid = np.linspace(edges[0], edges[-1], 200)
    scale = len(values) * (edges[1] - edges[0])
    curve = stats.norm.pdf(grid, values.mean(), values.std()) * scale
    axis.plot(grid, curve, color=RED, linewidth=1.8, label="normal, same mean and spread")


def missing_figure(shares: "pd.Series[float]", columns: int, most: int = 20) -> Figure:
    """Share of rows without a value per column. Needs at least one such column."""
    top = shares.iloc[:most]
    with style():
        figure = new_figure(8.5, 1.3 + 0.27 * len(top))
        axis = share_bars(figure, [str(name) for name in top.index], top.tolist())
        axis.set(xlabel="training rows without a value", xlim=(0, min(1.0, top.max()) * 1.12))
        shown = f"the {len(top)} emptiest of " if len(top) < len(shares) else ""
        noun = "column lacks" if len(shares) == 1 and not shown else "columns lack"
        set_title(figure, f"{shown}{len(shares)} of {columns} {noun} values".capitalize())
    return figure


def strength_figure(shares: "pd.Series[float]", target: str, most: int = 15) -> Figure:
    """Which columns tell most about the target, each alone."""
    top = shares.iloc[:most]
    with style():
        figure = new_figure(8.5, 1.3 + 0.27 * len(top))
        axis = share_bars(figure, [str(name) for name in top.index], top.tolist())
        axis.set(xlabel=literal(f"share of the variance of {target} explained alone"))
        axis.set_xlim(0, max(0.01, float(top.max())) * 1.12)
        title = f"{top.index[0]!s} alone explains {percent(float(top.iloc[0]))} of the variance"
        set_title(figure, title)
    return figure


def correlation_figure(ranks: pd.DataFrame) -> Figure:
    """Rank correlations between the target (first row) and the numbers."""
    size = 2.4 + 0.4 * len(ranks)
    names = [literal(str(name)) for name in ranks.index]
    with style():
        figure = new_figure(max(6.5, size + 1.4), size)
        axis = figure.subplots()
        image = axis.imshow(ranks.to_numpy(), cmap=DIVERGING, vmin=-1, vmax=1)
        axis.grid(visible=False)
        axis.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
        axis.set_yticks(range(len(names)), names)
        for (row, column), value in np.ndenumerate(ranks.to_numpy()):
            colour = "white" if abs(value) > 0.6 else "#111827"
            axis.text(column, row, f"{value:.1f}", ha="center", va="center", color=colour, size=8)
        figure.colorbar(image, ax=axis, shrink=0.8, label="Spearman's rank correlation")
        pair = statistics.strongest_pair(ranks)
        title = (
            f"{pair[0]} and {pair[1]} go together most ({pair[2]:.2f})"
            if pair
            else f"{ranks.index[1]!s} and {ranks.index[0]!s}: {float(ranks.to_numpy()[0, 1]):.2f}"
        )
        set_title(figure, title)
    return figure


def groups_figure(
    data: TableData, name: str, found: Sequence[statistics.Level], units: Units
) -> Figure:
    """The target by level of a category, dearest first; whiskers reach 1.5 times the box."""
    values = [data.target[data.frame[name] == level.name].to_numpy() for level in found]
    labels = [literal(f"{level.name} ({level.rows})") for level in found]
    with style():
        figure = new_figure(8.5, 1.4 + 0.27 * len(found))
        axis = figure.subplots()
        axis.boxplot(
            values,
            orientation="horizontal",
            tick_labels=labels,
            widths=0.65,
            patch_artist=True,
            boxprops={"facecolor": "#CFE3F2", "edgecolor": BLUE},
            medianprops={"color": RED, "linewidth": 2},
            whiskerprops={"color": BLUE},
            capprops={"color": BLUE},
            flierprops={"marker": ".", "markersize": 4, "markeredgecolor": GREY},
        )
        axis.invert_yaxis()
        axis.grid(visible=False, axis="y")
        axis.set(xlabel=units.label(data.schema.target), ylabel=literal(f"{name} (rows)"))
        units.format_axis(axis, "x")
        span = f"{units.amount(found[-1].median)} to {units.amount(found[0].median)}"
        set_title(figure, f"Median {data.schema.target} by {name}: {span}")
    return figure


def shapes_figure(data: TableData, names: Sequence[str], units: Units) -> Figure:
    """How each number is distributed. Needs one to nine names."""
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    skewness = statistics.shapes(data)["skewness"]
    with style():
        figure = new_figure(8.5, 2.1 * rows + 0.5)
        axes = np.ravel(figure.subplots(rows, columns, squeeze=False))
        for axis, name in zip(axes, names, strict=False):
            values = data.frame[name].dropna()
            edges, gap = _edges(values, data.schema.column(name).integer)
            axis.hist(values, bins=edges, rwidth=1.0 - gap, color=BLUE)
            axis.set(xlabel=units.label(name), ylabel="rows")
            axis.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        for axis in axes[len(names) :]:
            axis.remove()
        most = max(names, key=lambda name: abs(skewness[name]))
        side = "right" if skewness[most] > 0 else "left"
        title = f"{most} has the longest tail of these, to the {side} ({skewness[most]:.1f})"
        set_title(figure, title)
    return figure


def _edges(
    values: "pd.Series[float]", integer: bool
) -> "tuple[np.ndarray[tuple[int], np.dtype[Any]], float]":
    """Edges of the bars, and the gap between them. Few whole values have a bar each."""
    if integer and values.max() - values.min() < 30:
        return np.arange(values.min() - 0.5, values.max() + 1.0), 0.15
    bars = int(np.clip(np.sqrt(len(values)), 8, 40))
    return np.linspace(values.min(), values.max(), bars + 1), 0.0


def relations_figure(data: TableData, names: Sequence[str], units: Units) -> Figure:
    """The target against each number, with the median per band. Needs one to six names."""
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    target, label = data.target, units.label(data.schema.target)
    with style():
        figure = new_figure(max(4.5, 2.85 * columns), 2.7 * rows + 0.5)
        axes = np.ravel(figure.subplots(rows, columns, sharey=True, squeeze=False))
        for axis, name in zip(axes, names, strict=False):
            values = data.frame[name]
            axis.scatter(values, target, s=7, color=BLUE, alpha=0.3, linewidths=0, rasterized=True)
            medians = statistics.band_medians(data, name)
            axis.plot(
                medians["value"],
                medians["target"],
                color=ORANGE,
                linewidth=2.2,
                marker="o",
                markersize=4,
                label="median of a band",
            )
            axis.set_xlabel(units.label(name))
            whole = data.schema.column(name).integer
            axis.xaxis.set_major_locator(MaxNLocator(4, integer=whole, steps=[1, 2, 5, 10]))
            units.format_axis(axis, "y")
        for axis in axes[len(names) :]:
            axis.remove()
        for axis in axes[::columns]:
            axis.set_ylabel(label)
        axes[0].legend(loc="upper left", labelcolor=GREY, fontsize=9)
        set_title(figure, _directions(data, names))
    return figure


def _directions(data: TableData, names: Sequence[str]) -> str:
    """In words, how the target goes with the numbers: with how many it rises."""
    ranks = data.frame[list(names)].corrwith(data.target, method="spearman")
    target, count, rising = data.schema.target, len(names), int((ranks > 0).sum())
    if rising in (0, count):
        which = f"all of its {count} strongest numbers" if count > 1 else names[0]
        return f"{target} {'rises' if rising else 'falls'} with {which}"
    return f"Of its {count} strongest numbers, {target} rises with {rising}, falls with the rest"
