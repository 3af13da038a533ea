"""The figure of a training: loss and macro-F1, epoch by epoch."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .plotting import BLUE, GREY, ORANGE, new_figure, set_title, style


def curve_figure(training: dict[str, Any], model: str, data: str, rows: str) -> Figure:
    """The curves of a training as reports/metrics.json holds it, with the epoch that was kept.

    rows: what the data are made of, such as "texts".
    """
    curve, best = training["curve"], training["best_epoch"]
    epochs = [each["epoch"] for each in curve]
    kept = next(each for each in curve if each["epoch"] == best)
    with style():
        figure = new_figure(9.0, 4.0)
        left, right = figure.subplots(1, 2)
        mark = "o" if len(epochs) < 30 else ""
        for key, color, part in (
            ("train_loss", BLUE, "training"),
            ("validation_loss", ORANGE, "validation"),
        ):
            values = [each[key] for each in curve]
            # The highest point may lie at the upper edge: its mark is to be whole.
            label = f"{part} {rows}"
            left.plot(epochs, values, marker=mark, color=color, label=label, clip_on=False)
        left.set_ylabel("loss")
        left.set_ylim(bottom=0.0)
        left.legend(loc="best")
        right.plot(epochs, [each["macro_f1"] for each in curve], marker=mark, color=ORANGE)
        right.set_ylabel(f"macro-F1 on the validation {rows}")
        for axes in (left, right):
            axes.axvline(best, color=GREY, ls="--", lw=1.5, zorder=0)
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
        finding = (
            f"Epoch {best} of {len(epochs)} was kept, with a macro-F1 of {kept['macro_f1']:.3f}"
        )
        set_title(figure, finding, f"{model}, {data}")
    return figure
