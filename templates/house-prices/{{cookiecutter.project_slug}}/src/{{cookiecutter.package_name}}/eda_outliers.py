"""Rows whose target is far from that of the rows most like them: mistakes, or stories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from sklearn.neighbors import NearestNeighbors

from .data import TableData
from .eda_chapter import Chapter
from .eda_figures import Units
from .eda_statistics import response
from .plotting import BLUE, GREY, RED, literal, new_figure, set_title, style

NEIGHBOURS = 10
COLUMNS = 6  # strongest numbers that say what is like a row
SPREADS = 5.0  # robust standard deviations from the neighbours' median: an outlier
NAMED = 8  # of them in the table and the figure
MOST_ROWS = 20_000
FEWEST_ROWS = 5 * NEIGHBOURS


@dataclass(frozen=True)
class Outliers:
    """Each row's target beside that of its neighbours."""

    rows: pd.DataFrame
    """(n, 3) "line" in the raw file, "target", and "neighbours": their median, in its unit."""
    found: pd.DataFrame
    """Those of the rows that are far off, the farthest first."""


def outliers_chapter(data: TableData, numbers: Sequence[str], units: Units) -> Chapter:
    """Which rows are unlike their neighbours. numbers: the columns, the strongest first."""
    heading, target = "Which rows are odd", data.schema.target
    question = (
        "Is it a typing error, another kind of sale, or a rare but true value? Look each up in the "
        "file before you drop it: what is dropped here still comes in production."
    )
    columns = numbers[:COLUMNS]
    found = outliers(data, columns)
    if found is None:
        text = "There are too few rows or numbers to say which are unlike their neighbours."
        return Chapter("outliers", heading, question, text)
    text = (
        f"Each row beside the {NEIGHBOURS} that are most like it in {', '.join(columns)}. "
        f"{len(found.found)} of {len(found.rows):,} have a {target} more than five times the usual "
        "spread away from their neighbours' median. "
    )
    if len(found.found):
        text += "None was dropped."
    return Chapter(
        "outliers",
        heading,
        question,
        text.strip(),
        lambda: outliers_figure(found, target, units),
        _described(data, found.found.head(NAMED), columns[:3], units),
    )


def outliers(data: TableData, columns: Sequence[str]) -> Outliers | None:
    """Rows far from the median of the ten rows that are nearest in the given numbers.

    Nearness is Euclidean in ranks, so that neither units nor long tails matter; a row without a
    value stands in the middle. Far is five times the spread of all such differences, on the log
    scale where the target has one; the spread is 1.4826 times the median absolute deviation, which
    the outliers themselves do not widen. None if there are too few rows or no numbers.
    """
    if not columns or len(data.frame) < FEWEST_ROWS:
        return None
    rows = np.arange(len(data.frame))
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(0).choice(len(rows), MOST_ROWS, replace=False))
    ranks = data.frame[list(columns)].iloc[rows].rank(pct=True).fillna(0.5).to_numpy()
    near = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(ranks).kneighbors(ranks)[1]
    outcome = response(data).to_numpy()[rows]
    others = np.median(outcome[_without_itself(near)], axis=1)
    log = bool((data.target > 0).all())
    table = pd.DataFrame(
        {
            "line": data.lines[rows],
            "target": data.target.to_numpy()[rows],
            "neighbours": np.exp(others) if log else others,
        }
    )
    differences = outcome - others
    spread = 1.4826 * float(np.median(np.abs(differences - np.median(differences))))
    far = np.abs(differences) > SPREADS * spread if spread > 0 else np.zeros(len(rows), dtype=bool)
    order = np.argsort(-np.abs(differences), kind="stable")
    return Outliers(table, table.iloc[[place for place in order if far[place]]])


def outliers_figure(found: Outliers, target: str, units: Units) -> Figure:
    """Each row's target over that of its neighbours; the farthest rows with their lines."""
    rows, far = found.rows, found.found
    positive = bool((rows["target"] > 0).all())
    with style():
        figure = new_figure(8.5, 4.8)
        axis = figure.subplots()
        if positive:
            axis.set(xscale="log", yscale="log")
            for scale in (axis.xaxis, axis.yaxis):
                scale.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
                scale.set_minor_formatter(NullFormatter())
        axis.scatter(rows["neighbours"], rows["target"], s=9, color=BLUE, alpha=0.35, lw=0)
        ends = [rows["neighbours"].min(), rows["neighbours"].max()]
        axis.plot(ends, ends, color=GREY, lw=1, label="as its neighbours")
        if len(far):
            axis.scatter(far["neighbours"], far["target"], s=34, color=RED, lw=0, label="far off")
        for line, own, others in far[["line", "target", "neighbours"]].head(NAMED).to_numpy():
            axis.annotate(
                f"line {line:.0f}", (others, own), xytext=(6, 4), textcoords="offset points", size=8
            )
        axis.set(
            xlabel=literal(f"median of the {NEIGHBOURS} most similar rows: {units.label(target)}"),
            ylabel=units.label(target),
        )
        for which in ("x", "y"):
            units.format_axis(axis, which)
        axis.legend(loc="upper left")
        count = len(far)
        noun = "row is" if count == 1 else "rows are"
        title = f"{count} {noun} far from the rows most like {'it' if count == 1 else 'them'}"
        set_title(figure, title if count else "No row is far from those most like it")
    return figure


def _described(
    data: TableData, found: pd.DataFrame, columns: Sequence[str], units: Units
) -> pd.DataFrame | None:
    """The odd rows as a reader wants them: where they stand, and what they are."""
    if found.empty:
        return None
    at = pd.Index(data.lines).get_indexer(pd.Index(found["line"]))
    return pd.DataFrame(
        {
            "Line of the file": [f"{line:.0f}" for line in found["line"]],
            data.schema.target: [units.amount(value) for value in found["target"]],
            "Its neighbours": [units.amount(value) for value in found["neighbours"]],
            **{name: [_shown(data.frame[name].iloc[row]) for row in at] for name in columns},
        }
    )


def _shown(value: float) -> str:
    return f"{value:g}" if np.isfinite(value) else "none"


def _without_itself(
    near: np.ndarray[tuple[int, int], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """(n, k + 1) neighbours, to (n, k): each row is its own nearest, unless it has twins."""
    own = near == np.arange(len(near))[:, None]
    own[~own.any(axis=1), -1] = True  # hidden behind its twins: the farthest goes instead
    others: np.ndarray[tuple[int, int], np.dtype[np.int64]] = near[~own].reshape(len(near), -1)
    return others
