"""The figures of the exploration but for its pictures: each title says what there is to see."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator, PercentFormatter

from .eda_bars import shown
from .eda_boxes import class_boxes
from .eda_statistics import CHANNELS, Channels
from .plotting import BLUE, DIVERGING, GREEN, GREY, RED, new_figure, set_title, style

WIDE = 8.5  # inches
MOST_CLASSES = 20  # that are drawn
BARS = 64  # of the channels' histogram
COLOURS = {"red": RED, "green": GREEN, "blue": BLUE}
MARKERS = {"red": "o", "green": "s", "blue": "^"}
BOX = "(box: middle half; whiskers: 5 % to 95 %)"


def sizes_figure(table: pd.DataFrame, size: int, kept: pd.Series[float], finding: str) -> Figure:
    """Width and height of the files, and how much of each the model's square keeps.

    size: pixels of the model's side. kept: share of each picture's area.
    """
    counts = table.value_counts(["width", "height"]).reset_index(name="pictures")
    with style():
        figure = new_figure(WIDE, 4.0)
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1.0))
        area = 14 + 260 * counts["pictures"] / max(25, counts["pictures"].max())
        left.scatter(
            counts["width"], counts["height"], s=area, color=BLUE, alpha=0.35, linewidths=0
        )
        low = 0.8 * min(size, counts["width"].min(), counts["height"].min())
        high = 1.25 * max(size, counts["width"].max(), counts["height"].max())
        left.plot([low, high], [low, high], color=GREY, lw=1, ls="--", label="square")
        left.plot([size], [size], color=RED, marker="s", ms=8, ls="", label=f"the model's {size}")
        left.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), aspect="equal")
        left.set(xlabel="width of the file in pixels", ylabel="height of the file in pixels")
        for axis in (left.xaxis, left.yaxis):
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
            axis.set_minor_locator(NullLocator())
        left.legend(loc="upper left", labelcolor=GREY)
        right.hist(kept, bins=np.linspace(0, 1, 21).tolist(), color=BLUE, rwidth=0.9)
        right.set(xlabel="share of the picture that the model sees", ylabel="pictures", xlim=(0, 1))
        right.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        set_title(figure, finding)
    return figure


def channels_figure(found: Channels, finding: str) -> Figure:
    """How frequent each value of a channel is, and the channels' means in each class."""
    drawn = _ends(found.by_class["red"]) if len(found.by_class) > MOST_CLASSES else None
    means = found.by_class if drawn is None else found.by_class.loc[drawn]
    part = "" if drawn is None else f"{len(means)} of {len(found.by_class)} classes at the right"
    names = CHANNELS[:1] if found.grey else CHANNELS
    with style():
        figure = new_figure(WIDE, max(3.6, 1.3 + 0.27 * len(means)) + (0.25 if part else 0.0))
        left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.1))
        edges = np.arange(0, 257, 256 // BARS)
        for row, name in enumerate(names):
            shares = found.counts[row].reshape(BARS, -1).sum(axis=1) / found.counts[row].sum()
            colour, label = (GREY, "grey") if found.grey else (COLOURS[name], name)
            left.stairs(shares, edges, color=colour, lw=1.6, label=label)
            left.axvline(found.mean[row], color=colour, lw=1, ls=":")
            right.plot(
                means[name],
                np.arange(len(means)),
                color=colour,
                marker="o" if found.grey else MARKERS[name],
                ms=5,
                ls="",
            )
        left.set(xlabel="value of a pixel (dotted: the mean)", ylabel="share of the pixels")
        left.set(xlim=(0, 256), ylim=(0, None))
        left.yaxis.set_major_formatter(PercentFormatter(1.0))
        left.legend(loc="upper right", labelcolor=GREY)
        right.set_yticks(range(len(means)), [shown(str(name)) for name in means.index])
        right.set(xlabel="mean of the class", ylim=(len(means) - 0.5, -0.5))
        set_title(figure, finding, part)
    return figure


def light_figure(table: pd.DataFrame, finding: str) -> Figure:
    """Brightness and contrast of the pictures of each class, the darkest on top."""
    medians = table.groupby("class", observed=True)["brightness"].median().sort_values()
    names = _ends(medians)
    part = "" if len(names) == len(medians) else _only(len(names), len(medians))
    with style():
        figure = new_figure(WIDE, max(3.0, 1.4 + 0.27 * len(names)) + (0.25 if part else 0.0))
        for axis, column in zip(
            np.ravel(figure.subplots(1, 2, sharey=True)), ("brightness", "contrast"), strict=True
        ):
            groups = [table.loc[table["class"] == name, column].to_numpy() for name in names]
            class_boxes(axis, names, groups, f"{column}, 0 to 1")
        figure.axes[1].tick_params(left=False)
        # A shared axis was turned over twice.
        figure.axes[0].set_ylim(len(names) + 0.6, 0.4)
        figure.supxlabel(BOX, size=9, color=GREY)
        set_title(figure, finding, part)
    return figure


def telling_figure(areas: pd.DataFrame, finding: str) -> Figure:
    """The area under the ROC curve of each number for each class; 0.5 is none."""
    strength = (areas - 0.5).abs().max(axis=1)
    chosen = set(strength.nlargest(MOST_CLASSES).index)
    drawn = areas.loc[[name for name in areas.index if name in chosen]]
    part = "" if len(drawn) == len(areas) else f"The {len(drawn)} most easily told of {len(areas)}"
    values = drawn.to_numpy()
    with style():
        figure = new_figure(WIDE, 2.2 + 0.3 * len(drawn) + (0.25 if part else 0.0))
        axis = figure.subplots()
        image = axis.imshow(values, cmap=DIVERGING, vmin=0.0, vmax=1.0, aspect="auto")
        axis.grid(visible=False)
        axis.set_xticks(
            range(len(drawn.columns)),
            drawn.columns,
            rotation=25,
            ha="right",
            rotation_mode="anchor",
        )
        axis.set_yticks(range(len(drawn)), [shown(str(name)) for name in drawn.index])
        for (row, column), area in np.ndenumerate(values):
            colour = "white" if abs(area - 0.5) > 0.3 else "#111827"
            axis.text(column, row, f"{area:.2f}", ha="center", va="center", color=colour, size=8)
        bar = figure.colorbar(image, ax=axis, label="area under the curve")
        bar.set_ticks([0, 0.5, 1], labels=["0: less of it", "0.5: no help", "1: more of it"])
        set_title(figure, finding, part)
    return figure


def _ends(values: pd.Series[float]) -> list[str]:
    """The classes by these numbers, the lowest first; of many, those at the two ends."""
    names = [str(name) for name in values.sort_values(kind="stable").index]
    half = MOST_CLASSES // 2
    return names if len(names) <= MOST_CLASSES else [*names[:half], *names[-half:]]


def _only(drawn: int, classes: int) -> str:
    return f"The {drawn // 2} darkest and the {drawn // 2} brightest of {classes} classes"
