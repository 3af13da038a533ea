"""The figures of what only a classifier of pictures is asked: damage, doubt, and strangers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from .plotting import BLUE, GREY, ORANGE, PALETTE, literal, new_figure, set_title, style

# A print in grey is to tell the lines apart, too.
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")


def robustness_figure(found: Mapping[str, Any], data: str) -> Figure:
    """Accuracy over the strength of each corruption. found: the section `robustness`."""
    with style():
        figure = new_figure(8.0, 4.6)
        axes = figure.subplots()
        levels = range(len(found["corruptions"][0]["strengths"]) + 1)
        for number, each in enumerate(found["corruptions"]):
            axes.plot(
                levels,
                [found["clean"], *each["accuracy"]],
                color=PALETTE[number],
                marker=MARKS[number],
                ms=5,
                label=each["name"],
            )
        axes.set_ylim(0.0, 1.02)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xticks(levels, ["none", *(str(level) for level in levels[1:])])
        axes.set_xlabel("strength")
        axes.set_ylabel("accuracy")
        axes.legend(loc="lower left", title="pictures made worse by")
        worst = min(found["corruptions"], key=lambda each: float(each["mean"]))
        finding = (
            f"{worst['name'][0].upper()}{worst['name'][1:]} harms most: accuracy "
            f"{found['clean']:.1%} without, {worst['mean']:.1%} on average with it"
        )
        set_title(figure, finding, f"{data}: {found['rows']:,} held-out pictures")
    return figure


def risk_figure(found: Mapping[str, Any], data: str) -> Figure:
    """The share of wrong answers among the surest ones. found: the section `answers`."""
    curve = found["curve"]
    with style():
        figure = new_figure(7.5, 4.4)
        axes = figure.subplots()
        axes.plot(
            [each["coverage"] for each in curve],
            [each["risk"] for each in curve],
            color=BLUE,
            marker="o",
            ms=4,
            label="the surest answers",
        )
        axes.axhline(1.0 - found["asked"], color=GREY, lw=1, ls="--", label="wrong at most, asked")
        finding = "No confidence is precise enough: no answer is given as sure"
        if found["rows"]:
            axes.plot(
                found["coverage"], 1.0 - found["precision"], "D", color=ORANGE, ms=8, label="served"
            )
            finding = (
                f"{found['coverage']:.0%} of the pictures get a sure answer, and "
                f"{found['precision']:.1%} of those are right"
            )
        axes.set_xlim(0.0, 1.02)
        axes.set_ylim(bottom=0.0)
        axes.margins(y=0.1)
        for name in ("x", "y"):
            getattr(axes, f"{name}axis").set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel("share of the held-out pictures that are answered, the surest first")
        axes.set_ylabel("wrong among them")
        axes.legend(loc="best")
        set_title(figure, finding, data)
    return figure


def strangers_figure(found: Mapping[str, Any], data: str) -> Figure:
    """Where the energies of held-out pictures and of strangers lie.

    found: the section `out_of_distribution`.
    """
    rows = [("held-out pictures", found["energies"], BLUE)]
    rows += [(each["name"], each["energies"], ORANGE) for each in found["sets"]]
    with style():
        figure = new_figure(7.5, 1.7 + 0.55 * len(rows))
        axes = figure.subplots()
        for place, (_, (low, first, median, third, high), colour) in enumerate(rows):
            axes.plot([low, high], [place, place], color=colour, lw=1.5)
            axes.plot([first, third], [place, place], color=colour, lw=8, solid_capstyle="butt")
            axes.plot(median, place, "|", color="white", ms=9, mew=2)
        axes.axvline(found["threshold"], color=GREY, lw=1.2, ls="--")
        axes.set_yticks(range(len(rows)), [literal(name) for name, _, _ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_locator(MaxNLocator(7))
        axes.set_xlabel("energy: line 5 % to 95 %, bar the middle half; dashed: unfamiliar beyond")
        hardest = min(found["sets"], key=lambda each: float(each["auroc"]))
        finding = f"Hardest to notice: {hardest['name']}, AUROC {hardest['auroc']:.3f}"
        set_title(figure, finding, data)
    return figure
