"""The exploration as a story: one question after the other, each with what the rows answer.

The report and the notebook both tell it from here, so that they cannot say different things.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from . import eda_figures as figures
from . import eda_statistics as statistics
from .data import TableData
from .eda_chapter import Chapter
from .eda_outliers import outliers_chapter
from .eda_phrases import counted, listed, percent
from .eda_years import years_chapter
from .leakage_columns import target_leaks

CORRELATED = 12  # numbers in the correlation figure
RELATIONS = 6  # numbers plotted against the target
SHAPES = 9  # numbers whose distributions are drawn
GROUPS = 25  # levels in the figure of the strongest category
ALIKE = 0.7  # rank correlation from which two columns say nearly the same


def chapters(data: TableData) -> list[Chapter]:
    """The story in order: rows, target, gaps, shapes, strength, relations, what is odd."""
    units = figures.Units.of(data)
    strengths = statistics.strengths(data)
    numbers = [str(name) for name in strengths.index if name in data.schema.numbers]
    return [
        _rows(data),
        _target(data, units),
        _missing(data),
        _shapes(data, numbers, units),
        _strength(data, strengths),
        _relations(data, numbers[:RELATIONS], units),
        _groups(data, strengths, units),
        _correlations(data),
        years_chapter(data, units),
        outliers_chapter(data, numbers, units),
    ]


def _rows(data: TableData) -> Chapter:
    schema, meta = data.schema, data.meta
    text = (
        f"{len(data.frame):,} rows to train on, each with {len(schema.numbers)} numbers and "
        f"{len(schema.categories)} categories. "
    )
    if meta.duplicates or meta.near_duplicates:
        text += (
            f"Of all {meta.rows:,} rows, {meta.duplicates:,} repeat an earlier one and "
            f"{meta.near_duplicates:,} do so in all columns but one; repeats are on one side of "
            "the split and in one fold. "
        )
    else:
        text += "No row repeats another, not even in all columns but one. "
    if meta.test_rows:
        text += (
            f"{meta.test_rows:,} rows are held out. They were drawn at random within bands of "
            f"{meta.target}, so that both parts hold low values and high ones, and stay closed."
        )
    else:
        text += "No rows are held out."
    question = "Is a row what you take it for: one house, one sale, one day? Does it come twice?"
    return Chapter("rows", "What a row is", question, text)


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
        "target",
        f"What {name} looks like",
        "Is it symmetric, before or after the logarithm? Are there values that cannot be true?",
        text,
        lambda: figures.target_figure(data, units),
    )


def _missing(data: TableData) -> Chapter:
    shares, columns = statistics.missing_shares(data), len(data.schema.columns)
    heading = "What is missing"
    question = (
        "Does a gap mean that nobody knows, or that there is none of it? Which columns have their "
        "gaps in the same rows, and why?"
    )
    if shares.empty:
        return Chapter("missing", heading, question, f"No value is missing in {columns} columns.")
    mostly = int((shares > 0.5).sum())
    text = (
        f"{len(shares)} of {columns} columns lack values; {shares.index[0]!s} lacks most "
        f"({percent(shares.iloc[0])} of the rows), and {mostly} lack more than half. "
    )
    together = statistics.missing_together(data)
    if together:
        text += f"{listed(together)} lack them in exactly the same rows. "
    text += (
        "No row is dropped for it: in a category, missing is a level of its own (in house data it "
        "mostly means that there is none of it), and a missing number is filled in from the "
        "training rows."
    )
    return Chapter(
        "missing", heading, question, text, lambda: figures.missing_figure(shares, columns)
    )


def _shapes(data: TableData, numbers: Sequence[str], units: figures.Units) -> Chapter:
    heading = "How the numbers are distributed"
    question = (
        "Which have a long tail? Which are mostly one value, such as nought for houses without it? "
        "Which are counts or grades rather than amounts?"
    )
    if not numbers:
        return Chapter("shapes", heading, question, "The table has no number columns.")
    table = statistics.shapes(data)
    skewed = [str(name) for name in table.index[table["skewness"].abs() > 1]]
    zeros = [str(name) for name in table.index[table["zeros"] > 0.5]]
    text = (
        f"{len(skewed)} of {len(table)} numbers are strongly skewed (beyond 1 either way)"
        f"{', most of all ' + listed(skewed) if skewed else ''}. "
        f"{len(zeros)} are 0 in more than half of the rows"
        f"{', most often ' + listed(zeros) if zeros else ''}. "
        "Trees do not mind either; for linear models a long tail is shortened by a logarithm or a "
        "power, or a few rows decide the slope."
    )
    shown = numbers[:SHAPES]
    return Chapter(
        "shapes", heading, question, text, lambda: figures.shapes_figure(data, shown, units)
    )


def _strength(data: TableData, strengths: pd.Series[float]) -> Chapter:
    name = data.schema.target
    scale = f"log {name}" if (data.target > 0).all() else name
    strong = ", ".join(f"{column!s} ({share:.0%})" for column, share in strengths.iloc[:3].items())
    text = (
        f"Each column alone, as the share of the variance of {scale} that its levels, or ten equal "
        f"bands of a number, explain: {strong} come first. The shares do not add up, because "
        "columns overlap, and a column that is weak alone may matter beside others."
    )
    leaks = target_leaks(data.frame, data.target, data.schema)
    text += "".join(f" {leak}" for leak in leaks) or (
        f" No column, and no sum or product of two numbers, is so close to {name} that it must "
        "have been made from it."
    )
    return Chapter(
        "strength",
        "Which columns tell most",
        "Would you have named the same ones? Is any too good to be true?",
        text,
        lambda: figures.strength_figure(strengths, scale),
    )


def _relations(data: TableData, names: Sequence[str], units: figures.Units) -> Chapter:
    heading = f"How the strongest numbers go with {data.schema.target}"
    question = "Where does the line bend, and where do the dots fan out? Which dots lie alone?"
    if not names:
        return Chapter("relations", heading, question, "The table has no number columns.")
    bends = [name for name in names if not statistics.is_monotonic(data, name)]
    text = "Each dot is a training row; the line joins the medians of equally filled bands. " + (
        f"It turns at least once for {', '.join(bends)}: a straight line would miss that."
        if bends
        else "Every line goes one way throughout; whether it is straight is another matter."
    )
    return Chapter(
        "relations",
        heading,
        question,
        text,
        lambda: figures.relations_figure(data, names, units),
    )


def _groups(data: TableData, strengths: pd.Series[float], units: figures.Units) -> Chapter:
    target = data.schema.target
    question = "Do the boxes overlap? How many rows stand behind the highest and the lowest?"
    best = next((str(name) for name in strengths.index if name in data.schema.categories), None)
    if best is None:
        text = "The table has no categories."
        return Chapter("groups", f"{target} by category", question, text)
    every = statistics.levels(data, best, least=1)
    found = sorted(every, key=lambda level: -level.rows)[:GROUPS]
    found.sort(key=lambda level: -level.median)
    high, low = found[0], found[-1]
    text = (
        f"{best} explains most of any category ({strengths[best]:.0%} alone). The median is "
        f"{units.amount(high.median)} in {high.name} ({counted(high.rows, 'row')}) and "
        f"{units.amount(low.median)} in {low.name} ({counted(low.rows, 'row')}). "
    )
    few = sum(level.rows < statistics.FEW for level in every)
    if few:
        text += (
            f"{few} of {len(every)} levels have fewer than {statistics.FEW} rows: their medians "
            "are rough, which is why models shrink the effect of rare levels. "
        )
    if len(every) > len(found):
        text += f"The {len(found)} most frequent of {len(every)} levels are shown."
    return Chapter(
        "groups",
        f"{target} by {best}",
        question,
        text.strip(),
        lambda: figures.groups_figure(data, best, found, units),
    )


def _correlations(data: TableData) -> Chapter:
    heading = "Which numbers go together"
    question = "Which two say the same thing twice? Which pair surprises you?"
    ranks = statistics.correlations(data, CORRELATED)
    if len(ranks) < 2:
        return Chapter("correlations", heading, question, "There are no two numbers to compare.")
    text = (
        "Spearman's rank correlation: 1 if two columns always rise together, -1 if one falls when "
        "the other rises, 0 if neither."
    )
    pair = statistics.strongest_pair(ranks)
    if pair and abs(pair[2]) > ALIKE:
        text += (
            f" {pair[0]} and {pair[1]} ({pair[2]:.2f}) say nearly the same. A linear model cannot "
            "tell their effects apart without a penalty, which is one reason for ridge and the "
            "elastic net; and an explanation may credit either."
        )
    return Chapter(
        "correlations", heading, question, text, lambda: figures.correlation_figure(ranks)
    )
