"""Two distributions of one column side by side, and what tells the samples apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from .drift_sample import Sample, Words
from .drift_tests import NO_VALUE, level_counts
from .plotting import BLUE, ORANGE, literal, new_figure, style

WIDTH, HEIGHT = 5.6, 3.0  # inches
BINS = 14
FEW_VALUES = 12  # a number with no more values than this gets a bar for each
MOST_LEVELS = 8
TAIL = 0.01  # share of the rows at either end that goes into the outermost bars
LONGEST_NAME = 22


def comparison_figure(name: str, reference: Sample, logged: Sample) -> Figure:
    """Shares of the training rows (blue) and of the logged rows (orange) per value of a column."""
    before, after = reference.frame[name], logged.frame[name]
    if name in reference.outputs:
        before, after = before.dropna(), after.dropna()
    with style():
        figure = new_figure(WIDTH, HEIGHT)
        axes = figure.add_subplot()
        if reference.kind(name) == "category":
            _draw_levels(axes, before, after, reference.words)
        else:
            _draw_numbers(axes, before, after, reference.words)
        axes.set_title(literal(name))
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=2)
    return figure


def importance_figure(importance: Mapping[str, float], words: Words) -> Figure:
    """What the classifier's AUC loses without each column; the most telling on top."""
    names = list(importance)[::-1]
    with style():
        figure = new_figure(9.0, 0.9 + 0.3 * len(names))
        axes = figure.add_subplot()
        axes.barh([_shown(name) for name in names], [importance[n] for n in names], color=ORANGE)
        axes.set_xlabel(f"AUC lost when the {words.column} is shuffled")
        axes.grid(visible=False, axis="y")
    return figure


def _draw_levels(axes: Axes, before: pd.Series[Any], after: pd.Series[Any], words: Words) -> None:
    counts = level_counts(before, after)
    shares = counts / counts.sum()
    # By the larger of the two shares: a level that is new, or gone, has to be seen.
    order = shares.max(axis=1).sort_values(ascending=False, kind="stable").index
    shown = shares.loc[order[:MOST_LEVELS]]
    labels = [_shown(str(level)) for level in shown.index]
    pair = [shown["reference"].tolist(), shown["logged"].tolist()]
    if len(order) > MOST_LEVELS:
        labels.append(f"{len(order) - MOST_LEVELS} others")
        for bars, rest in zip(pair, 1.0 - shown.sum(), strict=True):
            bars.append(rest)
    places = np.arange(len(labels))[::-1]
    for offset, color, label, values in _sides(pair, before, after, words):
        axes.barh(places - offset, values, height=0.38, color=color, label=label)
    axes.set_yticks(places, labels)
    axes.set_xlabel(f"share of the {words.row}s")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(visible=False, axis="y")


def _draw_numbers(
    axes: Axes, before: pd.Series[float], after: pd.Series[float], words: Words
) -> None:
    values, new = before.dropna().to_numpy(), after.dropna().to_numpy()
    labels, counts = _binned(values, new)
    missing = [len(before) - len(values), len(after) - len(new)]
    pair = [
        counted / max(1, len(all_)) for counted, all_ in zip(counts, (before, after), strict=True)
    ]
    if any(missing):
        labels.append(NO_VALUE)
        pair = [
            np.append(bars, gone / max(1, len(all_)))
            for bars, gone, all_ in zip(pair, missing, (before, after), strict=True)
        ]
    places = np.arange(len(labels))
    for offset, color, label, bars in _sides(pair, before, after, words):
        axes.bar(places + offset, bars, width=0.38, color=color, label=label)
    every = max(1, len(labels) // 7)
    ticks = list(range(0, len(labels), every))
    if any(missing):
        # "no value" is always named, and needs room.
        ticks = [i for i in ticks if i < len(labels) - 2] + [len(labels) - 1]
    axes.set_xticks(ticks, [labels[i] for i in ticks])
    axes.set_ylabel(f"share of the {words.row}s")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(visible=False, axis="x")


def _binned(
    values: npt.NDArray[Any], new: npt.NDArray[Any]
) -> tuple[list[str], list[npt.NDArray[Any]]]:
    """Names of the bars, and the rows of both samples in each."""
    both = np.concatenate([values, new])
    distinct = np.unique(both)
    if len(distinct) <= FEW_VALUES:
        counts = [(part[:, None] == distinct).sum(axis=0) for part in (values, new)]
        return [f"{value:.6g}" for value in distinct], counts
    # Both samples weigh the same, so that a short log that moved away is not cut off.
    ends = [np.quantile(part, (TAIL, 1 - TAIL)) for part in (values, new) if len(part)]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    if low == high:
        low, high = both.min(), both.max()
    edges = np.linspace(low, high, BINS + 1)
    counts = [np.histogram(part.clip(low, high), edges)[0] for part in (values, new)]
    form = ",.0f" if edges[1] - edges[0] >= 1 else ".3g"
    return [f"{middle:{form}}" for middle in (edges[:-1] + edges[1:]) / 2], counts


def _sides(
    pair: list[Any], before: pd.Series[Any], after: pd.Series[Any], words: Words
) -> list[tuple[float, str, str, Any]]:
    return [
        (-0.2, BLUE, f"training ({len(before):,} {words.row}s)", pair[0]),
        (0.2, ORANGE, f"logged ({len(after):,} {words.row}s)", pair[1]),
    ]


def _shown(text: str) -> str:
    cut = text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 3]}..."
    return literal(cut)
