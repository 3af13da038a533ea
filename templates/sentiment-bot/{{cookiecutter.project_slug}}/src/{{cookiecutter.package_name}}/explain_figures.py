"""The figure of the words that drive each class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from .eda_phrases import counted
from .html_page import shorten
from .plotting import BLUE, literal, new_figure, set_title, style

COLUMNS = 3
PANELS = 9  # classes; of more, those with the most texts
WORDS = 12  # in a panel


def words_figure(section: Mapping[str, Any], data: str) -> Figure:
    """A panel per class with its words, the strongest on top. section: `explanation`."""
    by_texts = sorted(section["classes"], key=lambda each: -each["texts"])[:PANELS]
    panels = [each for each in section["classes"] if each in by_texts]
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    with style():
        figure = new_figure(3.2 * columns + 0.6, 3.4 * rows + 0.9)
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
        for axes, each in zip(grid, panels, strict=False):
            shown = each["words"][:WORDS]
            places = range(len(shown))
            axes.barh(places, [line["weight"] for line in shown], color=BLUE)
            axes.set_yticks(places, [literal(shorten(line["word"], 16)) for line in shown])
            axes.set_ylim(max(len(shown), 1) - 0.4, -0.6)
            axes.grid(axis="y", visible=False)
            texts = counted(each["texts"], "text")
            axes.set_title(literal(f"{shorten(each['class'], 20)} ({texts})"))
            if not shown:
                axes.text(
                    0.5,
                    0.5,
                    "no word is in enough texts",
                    ha="center",
                    va="center",
                    transform=axes.transAxes,
                    fontsize=9,
                )
        for axes in grid[len(panels) :]:
            axes.set_visible(False)
        figure.supxlabel("how much the log-odds of the answer fall without the word (mean)", size=9)
        set_title(figure, "The words that each answer rests on", data)
    return figure
