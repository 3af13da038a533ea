"""The figures of SHAP values: how much each column matters, in which direction, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from .eda_figures import Units
from .features import role
from .plotting import BLUE, GREY, literal, new_figure, set_title, style
from .schema import TableSchema

Array = npt.NDArray[np.float64]

SHOWN = 15  # columns in the summary
LEVELS = 10  # of a category in a dependence plot; the rarest go without
# From low to high; told apart with every common colour blindness, and never grey.
COLOURS = "viridis"
MISSING = "missing"


@dataclass(frozen=True)
class Explained:
    """SHAP values with the rows that they are of."""

    schema: TableSchema
    frame: pd.DataFrame
    """(n, k) as the model reads it: numbers, and categories by name."""
    encoded: Array
    """(n, k) the same as codes; on an ordinal scale, from worst to best."""
    values: Array
    """(n, k) in the model's unit."""
    unit: str
    data: str
    """Name of the data set."""

    @cached_property
    def mean_abs(self) -> dict[str, float]:
        """Column -> mean of its absolute SHAP values."""
        means = np.abs(self.values).mean(axis=0)
        return dict(zip(self.schema.names, means.tolist(), strict=True))

    @cached_property
    def ranked(self) -> list[str]:
        """The columns' names, the one that moves predictions most first."""
        return sorted(self.mean_abs, key=lambda name: -self.mean_abs[name])

    def of(self, name: str) -> Array:
        """The SHAP values of one column, shape (n,)."""
        return self.values[:, self.schema.names.index(name)]


def bar_figure(explained: Explained) -> Figure:
    """Mean absolute SHAP value of the columns that matter most."""
    names = explained.ranked[:SHOWN][::-1]
    with style():
        figure = new_figure(8.5, 1.2 + 0.27 * len(names))
        axes = figure.subplots()
        axes.barh([literal(n) for n in names], [explained.mean_abs[n] for n in names], color=BLUE)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(literal(f"mean size of the effect on {explained.unit} (|SHAP value|)"))
        set_title(figure, f"{names[-1]} moves the predictions most", explained.data)
    return figure


def summary_figure(explained: Explained) -> Figure:
    """A point per row and column: how far the column's value moved that row's prediction."""
    names = explained.ranked[:SHOWN][::-1]
    with style():
        figure = new_figure(8.5, 1.6 + 0.38 * len(names))
        axes = figure.subplots()
        axes.axvline(0.0, color=GREY, lw=1)
        for height, name in enumerate(names):
            values = explained.of(name)
            colours = _colours(explained, name)
            axes.scatter(values, height + _offsets(values), s=10, c=colours, lw=0, alpha=0.85)
        axes.set_yticks(range(len(names)), [literal(name) for name in names])
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(literal(f"SHAP value: effect on {explained.unit}"))
        axes.set_title("Each point is a row; grey: a category without an order", color=GREY, size=9)
        set_title(figure, f"How each column's value moves {explained.unit}", explained.data)
        bar = figure.colorbar(ScalarMappable(cmap=COLOURS), ax=axes, shrink=0.5, aspect=25)
        bar.set_ticks([0.0, 1.0], labels=["low", "high"])
        bar.set_label("the column's value")
        bar.outline.set_visible(False)
    return figure


def dependence_figure(explained: Explained, names: Sequence[str]) -> Figure:
    """A plot per column: its SHAP value over its value."""
    columns = min(2, len(names))
    rows = -(-len(names) // columns)
    units = Units.of_schema(explained.schema)
    with style():
        figure = new_figure(8.5, 2.7 * rows + 0.6)
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, name in zip(grid, names, strict=False):
            axes.axhline(0.0, color=GREY, lw=1)
            if explained.schema.column(name).kind == "number":
                _draw_number(axes, explained, name)
            else:
                _draw_category(axes, explained, name)
            axes.set_xlabel(units.label(name))
        for axes in grid[len(names) :]:
            axes.set_visible(False)
        figure.supylabel(literal(f"SHAP value: effect on {explained.unit}"), size=10)
        set_title(figure, f"What a value of {names[0]} and others does", explained.data)
    return figure


def _draw_number(axes: Axes, explained: Explained, name: str) -> None:
    column = explained.frame[name].to_numpy(dtype=np.float64)
    values = explained.of(name)
    present = np.isfinite(column)
    axes.scatter(column[present], values[present], s=14, color=BLUE, alpha=0.6, lw=0)
    if not present.all() and present.any():
        # Beside the values, since a missing one has no place among them.
        low, high = column[present].min(), column[present].max()
        place = low - 0.12 * ((high - low) or 1.0)
        axes.scatter(
            np.full((~present).sum(), place), values[~present], s=14, color=GREY, alpha=0.6, lw=0
        )
        axes.annotate(
            MISSING,
            (place, 0.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            color=GREY,
            fontsize=8,
        )


def _draw_category(axes: Axes, explained: Explained, name: str) -> None:
    levels = explained.frame[name].fillna(MISSING).to_numpy()
    values = explained.of(name)
    common = pd.Series(levels).value_counts().index[:LEVELS]
    order = sorted(common, key=lambda level: float(np.median(values[levels == level])))
    for place, level in enumerate(order):
        own = values[levels == level]
        colour = GREY if level == MISSING else BLUE
        axes.scatter(place + _offsets(own), own, s=14, color=colour, alpha=0.6, lw=0)
    turned = len(order) > 4 or max(map(len, order)) > 6
    axes.set_xticks(
        range(len(order)),
        [literal(level if len(level) <= 14 else f"{level[:13]}…") for level in order],
        rotation=45 if turned else 0,
        ha="right" if turned else "center",
        rotation_mode="anchor",
        fontsize=8,
    )
    axes.grid(axis="x", visible=False)


def _colours(explained: Explained, name: str) -> Array:
    """RGBA per row, (n, 4): by rank among the column's values; grey where they have no order."""
    colours = np.tile(to_rgba(GREY), (len(explained.frame), 1))
    if role(explained.schema.column(name)) != "code":
        encoded = pd.Series(explained.encoded[:, explained.schema.names.index(name)])
        ranks = encoded.rank().to_numpy()
        present = np.isfinite(ranks)
        span = np.nanmax(ranks) - np.nanmin(ranks) if present.any() else 0.0
        share = (ranks - np.nanmin(ranks)) / span if span > 0 else np.full(len(ranks), 0.5)
        colours[present] = colormaps[COLOURS](share[present])
    return colours


def _offsets(values: Array, bins: int = 60, widest: float = 0.35) -> Array:
    """Sideways shifts, (n,), that spread out points of nearly the same value, as in a beeswarm."""
    shifts = np.zeros(len(values))
    span = values.max() - values.min() if len(values) else 0.0
    if span == 0.0:
        return np.linspace(-widest, widest, len(values)) if len(values) > 1 else shifts
    cells = np.floor((values - values.min()) / span * (bins - 1)).astype(int)
    fullest = np.bincount(cells).max()
    for cell in np.unique(cells):
        rows = np.flatnonzero(cells == cell)
        # From the middle outwards: 0, 1, -1, 2, -2, ...
        order = np.arange(1, len(rows) + 1) // 2 * np.where(np.arange(len(rows)) % 2, 1, -1)
        shifts[rows] = order / max(fullest / 2, 8.0) * widest
    return shifts
