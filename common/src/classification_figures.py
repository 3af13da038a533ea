"""The figures of a classifier: what is taken for what, precision and recall, calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from sklearn.metrics import average_precision_score, precision_recall_curve

from .plotting import BLUE, GREY, ORANGE, PALETTE, literal, new_figure, set_title, style

Array = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]

WRITTEN = 12  # classes of which each cell has its numbers; with more, they would not fit
DRAWN = len(PALETTE) - 1  # curves that can be told apart; grey is for lines that help to read
LONGEST_NAME = 18
DASHES = ("-", "--", "-.", ":")  # so that a print in grey tells curves apart too


def confusion_figure(
    counts: npt.NDArray[np.int64], names: Sequence[str], data: str, rows: str = "held-out rows"
) -> Figure:
    """True against predicted class; a cell's colour is its share of the true class.

    counts: (k, k), true class first. data: name of the data set. rows: what they are called.
    """
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    size = 3.2 + 0.75 * min(len(names), WRITTEN)
    with style():
        figure = new_figure(max(size + 1.2, 7.5), size)
        axes = figure.subplots()
        image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        if len(names) <= WRITTEN:
            _write_cells(axes, counts, shares)
        ticks = [literal(_shorten(name)) for name in names]
        axes.set_xticks(range(len(names)), ticks, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(names)), ticks)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        bar = figure.colorbar(image, ax=axes, shrink=0.7, aspect=25)
        bar.ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        bar.set_label("share of the true class")
        bar.outline.set_visible(False)
        set_title(figure, _confused(counts, names), f"{data}: {counts.sum():,} {rows}")
    return figure


def precision_recall_figure(
    target: Classes, found: Array, names: Sequence[str], data: str
) -> Figure:
    """A curve per class over all thresholds; of many classes, those with the lowest precision.

    target: (n,). found: probabilities, (n, k). A class without rows has no curve.
    """
    average = {
        place: float(average_precision_score(target == place, found[:, place]))
        for place in range(len(names))
        if (target == place).any()
    }
    drawn = sorted(sorted(average, key=lambda place: average[place])[:DRAWN])
    with style():
        figure = new_figure(7.0, 5.0)
        axes = figure.subplots()
        for number, place in enumerate(drawn):
            own = target == place
            precision, recall, _ = precision_recall_curve(own, found[:, place])
            axes.step(
                recall,
                precision,
                where="post",
                color=PALETTE[number],
                ls=DASHES[number % len(DASHES)],
                label=literal(f"{_shorten(names[place])} (average {average[place]:.2f})"),
            )
            axes.axhline(own.mean(), color=PALETTE[number], lw=0.8, ls=":", alpha=0.6)
        axes.set_xlim(0.0, 1.0)
        axes.set_ylim(0.0, 1.02)
        axes.set_xlabel("recall: share of the class that is found")
        axes.set_ylabel("precision: share of the found that is right")
        axes.legend(loc="lower left", title="dotted lines: by chance")
        hardest = min(average, key=lambda place: average[place])
        finding = f"“{_shorten(names[hardest])}” is the hardest to find without mistakes"
        more = f" ({DRAWN} of {len(average)} classes)" if len(average) > DRAWN else ""
        set_title(figure, finding, f"{data}{more}")
    return figure


def reliability_figure(calibration: Mapping[str, Any], data: str) -> Figure:
    """Confidence against accuracy before and after temperature scaling, side by side.

    calibration: `temperature`, `ece_before`, `ece_after`, and the bins `before` and `after` as
    `calibration.reliability_bins` gives them.
    """
    with style():
        figure = new_figure(8.5, 4.6)
        for axes, key, colour, heading in zip(
            figure.subplots(1, 2, sharey=True),
            ("before", "after"),
            (ORANGE, BLUE),
            ("as trained", f"temperature {calibration['temperature']:.2f}"),
            strict=True,
        ):
            _draw_bins(axes, calibration[key], colour)
            axes.set_title(f"{heading}: mean gap {calibration[f'ece_{key}']:.1%}")
        figure.axes[0].set_ylabel("accuracy (bars: share of all)")
        change = calibration["ece_after"] - calibration["ece_before"]
        word = "narrows" if change < 0 else "does not narrow"
        finding = f"The temperature {word} the gap between confidence and accuracy"
        set_title(figure, finding, data)
    return figure


def _draw_bins(axes: Axes, bins: Sequence[Mapping[str, float]], colour: str) -> None:
    rows = sum(part["rows"] for part in bins)
    axes.plot([0, 1], [0, 1], color=GREY, lw=1, ls="--", label="perfect")
    axes.bar(
        [(part["from"] + part["to"]) / 2 for part in bins],
        [part["rows"] / rows for part in bins],
        width=[part["to"] - part["from"] for part in bins],
        color=colour,
        alpha=0.2,
    )
    axes.plot(
        [part["confidence"] for part in bins],
        [part["accuracy"] for part in bins],
        color=colour,
        marker="o",
        ms=5,
        label="measured",
    )
    for name in ("x", "y"):
        getattr(axes, f"{name}axis").set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.02)
    axes.set_xlabel("confidence")
    axes.legend(loc="upper left")


def _write_cells(axes: Axes, counts: npt.NDArray[np.int64], shares: Array) -> None:
    for (true, predicted), count in np.ndenumerate(counts):
        share = shares[true, predicted]
        axes.text(
            predicted,
            true,
            f"{count:,}\n{share:.0%}",
            ha="center",
            va="center",
            fontsize=9,
            color="white" if share > 0.55 else "#1f2937",
        )


def _confused(counts: npt.NDArray[np.int64], names: Sequence[str]) -> str:
    """Which mistake is the most frequent."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    if not wrong.any():
        return "No row is taken for another class"
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    count, of = wrong[true, predicted], counts[true].sum()
    return (
        f"The most frequent mistake: “{_shorten(names[int(true)])}” taken for "
        f"“{_shorten(names[int(predicted)])}”, {count:,} of {of:,}"
    )


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"
