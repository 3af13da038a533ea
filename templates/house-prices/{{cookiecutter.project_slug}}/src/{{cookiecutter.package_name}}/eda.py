"""Look at the training rows before modelling: figures in reports/figures, and reports/eda.html.

The held-out rows are not opened: what is seen here shapes the model, so it must not come from the
rows that the model is judged on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from . import eda_figures as figures
from . import eda_statistics as statistics
from .artifacts import write_text
from .config import Params
from .data import TableData, load_train
from .eda_report import Section, render
from .plotting import save_figure
from .progress import steps

REPORT = Path("reports/eda.html")
FIGURES = Path("reports/figures")

CORRELATED = 12  # numbers in the correlation figure
RELATIONS = 6  # numbers plotted against the target
GROUPS = 25  # levels in the figure of the strongest category


@dataclass(frozen=True)
class Chapter:
    """One question put to the data: its heading, what the figure shows, and how to draw it.

    draw is None if the data at hand have nothing to show; the text then says so.
    """

    name: str
    heading: str
    text: str
    draw: Callable[[], Figure] | None


def explore(params: Params) -> Path:
    """Draw the figures and write the report. Returns the report's path."""
    data = load_train(params)
    sections = []
    story = chapters(data)
    with steps("eda", len(story)) as bar:
        for chapter in story:
            path = FIGURES / f"eda-{chapter.name}.png"
            path.unlink(missing_ok=True)  # an earlier table's figure would be taken for this one's
            picture = save_figure(chapter.draw(), path).read_bytes() if chapter.draw else None
            sections.append(Section(chapter.name, chapter.heading, chapter.text, picture))
            bar.advance(chapter.name)
    write_text(REPORT, render(data, sections))
    return REPORT


def chapters(data: TableData) -> list[Chapter]:
    """The story in order: the target, what is missing, what is strong, how it hangs together."""
    units = figures.Units.of(data)
    strengths = statistics.strengths(data)
    return [
        _target(data, units),
        _missing(data),
        _strength(data, strengths),
        _relations(data, strengths, units),
        _groups(data, strengths, units),
        _correlations(data),
    ]


def _target(data: TableData, units: figures.Units) -> Chapter:
    target, name = data.target, data.schema.target
    found = statistics.skewness(target)
    low, middle, high = (units.amount(float(value)) for value in target.quantile([0.25, 0.5, 0.75]))
    text = (
        f"Half of the {len(target):,} training rows lie between {low} and {high}; the median is "
        f"{middle}, the mean {units.amount(float(target.mean()))}. "
        f"{figures.describe_skewness(name, found)}."
    )
    if found.log is not None and abs(found.log) < abs(found.raw):
        text += (
            " A model of the logarithm is not ruled by the few largest values, and its errors are "
            "shares of the value rather than amounts: 10 % off counts the same for small and large."
        )
    return Chapter(
        "target", f"What {name} looks like", text, lambda: figures.target_figure(data, units)
    )


def _missing(data: TableData) -> Chapter:
    shares, columns = statistics.missing_shares(data), len(data.schema.columns)
    heading = "What is missing"
    if shares.empty:
        return Chapter("missing", heading, f"No value is missing in the {columns} columns.", None)
    mostly = int((shares > 0.5).sum())
    text = (
        f"{len(shares)} of {columns} columns lack values; {shares.index[0]!s} lacks most "
        f"({figures.percent(shares.iloc[0])} of the rows), and {mostly} lack more than half. "
        "No row is dropped for it: in a category, missing is a level of its own (in house data it "
        "mostly means that there is none of it), and a missing number is filled in from the "
        "training rows."
    )
    return Chapter("missing", heading, text, lambda: figures.missing_figure(shares, columns))


def _strength(data: TableData, strengths: "pd.Series[float]") -> Chapter:
    name = data.schema.target
    scale = f"log {name}" if (data.target > 0).all() else name
    strong = ", ".join(f"{column!s} ({share:.0%})" for column, share in strengths.iloc[:3].items())
    text = (
        f"Each column alone, as the share of the variance of {scale} that its levels, or ten equal "
        f"bands of a number, explain: {strong} come first. The shares do not add up, because "
        "columns overlap, and a column that is weak alone may matter beside others."
    )
    doubtful = statistics.disguises(data, strengths)
    if doubtful:
        text += (
            f" Look again at {', '.join(doubtful)}: what goes with the target this closely is "
            "often made from it, or known only after the fact. If so, list it in data.ignore."
        )
    return Chapter(
        "strength",
        "Which columns tell most",
        text,
        lambda: figures.strength_figure(strengths, scale),
    )


def _relations(data: TableData, strengths: "pd.Series[float]", units: figures.Units) -> Chapter:
    heading = f"How the strongest numbers go with {data.schema.target}"
    names = [str(name) for name in strengths.index if name in data.schema.numbers][:RELATIONS]
    if not names:
        return Chapter("relations", heading, "The table has no number columns.", None)
    bends = [name for name in names if not statistics.is_monotonic(data, name)]
    text = "Each dot is a training row; the line joins the medians of equally filled bands. " + (
        f"It turns at least once for {', '.join(bends)}: a straight line would miss that."
        if bends
        else "Every line goes one way throughout; whether it is straight is another matter."
    )
    return Chapter("relations", heading, text, lambda: figures.relations_figure(data, names, units))


def _groups(data: TableData, strengths: "pd.Series[float]", units: figures.Units) -> Chapter:
    target = data.schema.target
    best = next((str(name) for name in strengths.index if name in data.schema.categories), None)
    if best is None:
        return Chapter("groups", f"{target} by category", "The table has no categories.", None)
    heading = f"{target} by {best}"
    every = statistics.levels(data, best, least=1)
    found = sorted(every, key=lambda level: -level.rows)[:GROUPS]
    found.sort(key=lambda level: -level.median)
    high, low = found[0], found[-1]
    text = (
        f"{best} explains most of any category ({strengths[best]:.0%} alone). The median is "
        f"{units.amount(high.median)} in {high.name} ({high.rows} rows) and "
        f"{units.amount(low.median)} in {low.name} ({low.rows} rows). "
    )
    few = sum(level.rows < statistics.FEW for level in every)
    if few:
        text += (
            f"{few} of {len(every)} levels have fewer than {statistics.FEW} rows: their medians "
            "are rough. "
        )
    if len(every) > len(found):
        text += f"The {len(found)} most frequent of {len(every)} levels are shown."
    return Chapter(
        "groups",
        heading,
        text.strip(),
        lambda: figures.groups_figure(data, best, found, units),
    )


def _correlations(data: TableData) -> Chapter:
    heading = "Which numbers go together"
    ranks = statistics.correlations(data, CORRELATED)
    if len(ranks) < 2:
        return Chapter("correlations", heading, "There are no two numbers to compare.", None)
    text = (
        "Spearman's rank correlation: 1 if two columns always rise together, -1 if one falls when "
        "the other rises, 0 if neither."
    )
    pair = statistics.strongest_pair(ranks)
    if pair and abs(pair[2]) > 0.7:
        text += (
            f" {pair[0]} and {pair[1]} ({pair[2]:.2f}) say nearly the same. A linear model cannot "
            "tell their effects apart without a penalty, which is one reason for ridge and the "
            "elastic net; and an explanation may credit either."
        )
    return Chapter("correlations", heading, text, lambda: figures.correlation_figure(ranks))
