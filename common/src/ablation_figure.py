"""The figure of an ablation: what leaving each ingredient out costs, and how sure that is."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from .plotting import BLUE, GREY, ORANGE, literal, new_figure, set_title, style

# Shape as well as colour, so that a print in grey still tells them apart.
MARKS = {"helps": (BLUE, "o"), "no clear effect": (GREY, "D"), "hurts": (ORANGE, "s")}
LONGEST_TITLE = 40


def ablation_figure(
    section: dict[str, Any], data: str, unit: str, metric: str | None = None, rows: str = "rows"
) -> Figure:
    """A dot and an interval per ingredient, the largest difference on top.

    section: as `ablation.section` returns it. data: the data set's name. unit: what one unit of
    the metric is, such as "log price". metric: its name in words; None: as in the section. rows:
    what they are called.
    """
    metric = metric or str(section["metric"])
    ingredients = section["ingredients"]
    count = len(ingredients)
    every = "the interval holds" if count == 1 else f"all {count} intervals hold"
    with style():
        figure = new_figure(8.5, 1.6 + 0.3 * len(ingredients))
        axes = figure.subplots()
        axes.axvline(0.0, color=GREY, lw=1)
        for verdict, (colour, marker) in MARKS.items():
            places = [i for i, each in enumerate(ingredients) if each["verdict"] == verdict]
            if not places:
                continue
            values = np.array([ingredients[i]["difference"] for i in places])
            ends = np.array([[ingredients[i][end] for i in places] for end in ("low", "high")])
            axes.errorbar(
                values,
                places,
                xerr=np.abs(ends - values),
                fmt=marker,
                ms=6,
                color=colour,
                capsize=3,
                label=verdict,
            )
        titles = [literal(_shorten(each["title"])) for each in ingredients]
        axes.set_yticks(range(len(ingredients)), titles)
        axes.set_ylim(len(ingredients) - 0.5, -0.5)
        axes.grid(axis="y", visible=False)
        direction = "lost" if section["higher_is_better"] else "added"
        axes.set_xlabel(
            f"{literal(metric)} {direction} by leaving it out ({literal(unit)})\n"
            f"about {section['confidence']:.0%} confidence that {every}"
        )
        # Beside the axes: within them it would lie over some interval.
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        measured = f"{data}: {section['rows']:,} {rows}, {section['folds']}-fold cross-validation"
        set_title(figure, finding(section, metric), measured)
    return figure


def finding(section: dict[str, Any], metric: str) -> str:
    """What the ablation shows, in one sentence. metric: its name in words."""
    every = section["ingredients"]
    helpful = [each for each in every if each["verdict"] == "helps"]
    if helpful:
        return (
            f"{len(helpful)} of {len(every)} help. Without “{_shorten(helpful[0]['title'])}”, "
            f"{metric} is {abs(helpful[0]['relative']):.0%} {_worse(section)}"
        )
    if every[-1]["verdict"] == "hurts":
        title = _shorten(every[-1]["title"])
        return f"“{title}” does harm: {metric} is better without it"
    return "No ingredient has an effect that these rows can tell from chance"


def _worse(section: dict[str, Any]) -> str:
    return "lower" if section["higher_is_better"] else "higher"


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_TITLE else f"{text[: LONGEST_TITLE - 1]}…"
