"""The metric of each slice with its interval, against the metric of all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from .plotting import BLUE, GREY, ORANGE, literal, new_figure, set_title, style
from .slices import called, clearly_worse


def slices_figure(
    slices: Sequence[Mapping[str, Any]],
    overall: float,
    label: str,
    data: str,
    *,
    lower_is_better: bool = True,
    rows: str = "rows",
) -> Figure:
    """A dot and an interval per slice, and a line at the metric of all rows, `overall`.

    slices: as in reports/metrics.json. label: the metric's name and unit. data: name of the data
    set, under the title. rows: what they are called.
    """
    worse = clearly_worse(slices, overall, lower_is_better)
    names = list(dict.fromkeys(each["slice"] for each in slices))
    labels: list[str] = []
    with style():
        figure = new_figure(8.0, 1.6 + 0.25 * (len(slices) + len(names)))
        axes = figure.subplots()
        axes.axvline(overall, color=GREY, lw=1.5, ls="--")
        for name in names:
            labels.append(name)  # a line of its own, as the heading of its values
            for each in (each for each in slices if each["slice"] == name):
                axes.errorbar(
                    each["error"],
                    len(labels),
                    # A percentile interval need not hold the value itself.
                    xerr=[
                        [max(0.0, each["error"] - each["low"])],
                        [max(0.0, each["high"] - each["error"])],
                    ],
                    fmt="s" if each in worse else "o",
                    color=ORANGE if each in worse else BLUE,
                    capsize=3,
                )
                labels.append(f"{each['value']} ({each['rows']:,} {rows})")
        axes.set_yticks(range(len(labels)), [literal(text) for text in labels], fontsize=9)
        for tick in axes.get_yticklabels():
            tick.set_fontweight("bold" if tick.get_text() in map(literal, names) else "normal")
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(literal(f"{label}; dashed: all held-out {rows}"))
        set_title(figure, _finding(worse, rows), data)
    return figure


def _finding(worse: Sequence[Mapping[str, Any]], rows: str) -> str:
    if not worse:
        return f"In no slice is the model clearly worse than on all {rows}"
    named = " and ".join(map(called, worse[:2]))
    more = f", and {len(worse) - 2} more" if len(worse) > 2 else ""
    return f"Clearly worse than on all {rows}: {named}{more}"
