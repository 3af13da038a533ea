"""The figures of a set of predictions: against the truth, their errors, their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from .eda_figures import Units
from .plotting import BLUE, GREY, ORANGE, literal, new_figure, set_title, style

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """What stands on a figure beside its values."""

    units: Units
    target: str
    data: str
    """Name of the data set, under each title: a figure travels without its page."""

    @property
    def label(self) -> str:
        return self.units.label(self.target)

    def title(self, figure: Figure, finding: str) -> None:
        set_title(figure, finding, self.data)


def predictions_figure(
    target: Array,
    prediction: Array,
    lower: Array,
    upper: Array,
    look: Look,
    rows: str = "held-out rows",
) -> Figure:
    """True against predicted price, (n,) each, in the target's unit; missed intervals marked.

    rows: what they are called in the title.
    """
    inside = (target >= lower) & (target <= upper)
    order = np.argsort(prediction, kind="stable")
    with style():
        figure = new_figure(7.0, 6.0)
        axes = figure.subplots()
        axes.fill_between(
            prediction[order], lower[order], upper[order], color=BLUE, alpha=0.12, lw=0
        )
        ends = np.array([prediction.min(), prediction.max()])
        axes.plot(ends, ends, color=GREY, lw=1)
        for marked, colour, label in (
            (inside, BLUE, "inside its interval"),
            (~inside, ORANGE, "outside"),
        ):
            axes.scatter(
                prediction[marked],
                target[marked],
                s=14,
                color=colour,
                alpha=0.7,
                lw=0,
                label=f"{label} ({marked.sum():,})",
            )
        if (lower > 0).all() and (target > 0).all():
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.minorticks_off()
            axes.set_xticks(_round_ticks(prediction))
            axes.set_yticks(_round_ticks(target))
        look.units.format_axis(axes, "x")
        look.units.format_axis(axes, "y")
        axes.set_xlabel(f"predicted {look.label}")
        axes.set_ylabel(f"true {look.label}")
        axes.legend(loc="upper left")
        look.title(figure, f"{inside.mean():.0%} of {len(target):,} {rows} lie in their interval")
    return figure


def residuals_figure(target: Array, prediction: Array, look: Look) -> Figure:
    """Errors over the predicted price, and how they are spread; arrays of shape (n,)."""
    logs = bool((target > 0).all() and (prediction > 0).all())
    errors = np.log(prediction / target) if logs else prediction - target
    unit = f"log {look.target}, predicted − true" if logs else f"predicted − true {look.label}"
    with style():
        figure = new_figure(9.0, 4.5)
        left, right = figure.subplots(1, 2, width_ratios=(3, 1), sharey=True)
        left.axhline(0.0, color=GREY, lw=1)
        left.scatter(prediction, errors, s=14, color=BLUE, alpha=0.6, lw=0)
        if logs:
            left.set_xscale("log")
            left.minorticks_off()
            left.set_xticks(_round_ticks(prediction))
        look.units.format_axis(left, "x")
        left.set_xlabel(f"predicted {look.label}")
        left.set_ylabel(literal(unit))
        right.hist(errors, bins=30, orientation="horizontal", color=BLUE, alpha=0.8)
        right.set_xlabel("rows")
        typical = np.median(np.abs(errors))
        shown = f"{typical:.1%} of the price" if logs else look.units.amount(float(typical))
        look.title(figure, f"Half of the errors are smaller than {shown}")
    return figure


def coverage_figure(interval: dict[str, Any], look: Look) -> Figure:
    """Measured coverage by predicted price, with its 95 % interval, against what was asked for.

    interval: the section of that name in reports/metrics.json.
    """
    bands = interval["by_price"]
    measured = np.array([band["measured"] for band in bands])
    spread = np.array([[b["measured"] - b["low"], b["high"] - b["measured"]] for b in bands]).T
    labels = [
        f"{look.units.amount(b['from'])} – {look.units.amount(b['to'])}\n{b['rows']} rows"
        for b in bands
    ]
    with style():
        figure = new_figure(7.0, 4.0)
        axes = figure.subplots()
        axes.axhline(interval["coverage"], color=GREY, lw=1.5, ls="--", label="asked for")
        axes.errorbar(
            range(len(bands)), measured, spread, fmt="o", color=BLUE, capsize=4, label="measured"
        )
        axes.set_xticks(range(len(bands)), [literal(label) for label in labels])
        axes.set_xlim(-0.5, len(bands) - 0.5)
        axes.set_ylim(min(0.7, float((measured - spread[0]).min()) - 0.02), 1.01)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlabel(f"third of the rows, by predicted {look.label}")
        axes.set_ylabel("true prices inside the interval")
        axes.legend(loc="lower right")
        look.title(figure, f"The interval covers {interval['measured']:.1%} of held-out rows")
    return figure


def _round_ticks(values: Array) -> list[float]:
    """Round amounts, 1, 2 and 5 times a power of ten, around the values of a logarithmic axis."""
    low, high = float(values.min()), float(values.max())
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = [float(step * power) for power in powers for step in (1, 2, 5)]
    return [tick for tick in ticks if low * 0.95 <= tick <= high * 1.05]
