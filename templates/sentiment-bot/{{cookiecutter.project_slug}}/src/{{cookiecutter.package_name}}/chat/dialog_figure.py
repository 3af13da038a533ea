"""The dialog as a figure, for pages that cannot show Mermaid: each way between states is a row."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from ..plotting import GREY, PALETTE, literal, new_figure, save_figure, set_title, style
from .diagram import ANYWHERE, END_LABEL, Way, ways
from .rules import Dialog, Rules
from .rules_graph import from_start

FIGURE = Path("reports/figures/dialog.png")
WIDTH = 10.0  # inches
ROW, LINE, GAP = 0.42, 0.17, 0.18  # inches: a row, a further line of its text, between two states
BOX = 0.21  # of the width
LETTERS = 62  # of a line of conditions


def dialog_figure(rules: Rules, path: Path = FIGURE) -> Path:
    """Draw the dialog and write it. Returns the path."""
    with style():
        figure = _drawn(rules.dialog)
    return save_figure(figure, path)


def _drawn(dialog: Dialog) -> Figure:
    found = ways(dialog)
    texts = [_wrapped(way) for way in found]
    heights = [
        ROW + LINE * (len(lines) - 1) + (GAP if i and found[i - 1].of != way.of else 0.0)
        for i, (way, lines) in enumerate(zip(found, texts, strict=True))
    ]
    total = sum(heights) + 0.2
    figure = new_figure(WIDTH, total + 0.75)
    set_title(
        figure,
        f"The conversation begins at {dialog.start}; each row is a way on from a state",
        f"{len(dialog.states)} states of {rules_name(dialog)}",
    )
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(total, 0)
    colours = _colours(dialog)
    top = 0.1
    for i, (way, lines, height) in enumerate(zip(found, texts, heights, strict=True)):
        first = i == 0 or found[i - 1].of != way.of
        middle = top + height - (ROW + LINE * (len(lines) - 1)) / 2
        if first:
            _box(axes, 0.0, middle, way.of, colours.get(way.of, GREY))
        _arrow(axes, middle, lines)
        name = END_LABEL if way.to is None else way.to
        _box(axes, 1.0 - BOX, middle, name, colours.get(name, GREY))
        top += height
    return figure


def rules_name(dialog: Dialog) -> str:
    """What the figure is of."""
    count = sum(1 for _ in dialog.rules())
    return f"dialog.yaml, {count} rules"


def _wrapped(way: Way) -> list[str]:
    return wrap(" · ".join(way.conditions), LETTERS) or [""]


def _colours(dialog: Dialog) -> dict[str, str]:
    """Each state's own colour, as long as there are enough, so that the eye finds it again."""
    colours = [colour for colour in PALETTE if colour != GREY]
    return {name: colours[i % len(colours)] for i, name in enumerate(from_start(dialog))}


def _box(axes: Axes, left: float, middle: float, name: str, colour: str) -> None:
    rounded = "round,pad=0,rounding_size=0.012"
    style_of = "--" if name in (ANYWHERE, END_LABEL) else "-"
    axes.add_patch(
        FancyBboxPatch(
            (left, middle - 0.15),
            BOX,
            0.3,
            boxstyle=rounded,
            mutation_aspect=10,
            facecolor="white",
            edgecolor=colour,
            linewidth=2,
            linestyle=style_of,
            clip_on=False,
        )
    )
    shown = name if len(name) <= 24 else f"{name[:23]}…"
    axes.text(left + BOX / 2, middle, literal(shown), ha="center", va="center", fontsize=9.5)


def _arrow(axes: Axes, middle: float, lines: list[str]) -> None:
    axes.annotate(
        "",
        xy=(1.0 - BOX - 0.005, middle),
        xytext=(BOX + 0.005, middle),
        arrowprops={"arrowstyle": "-|>", "color": "#9CA3AF", "linewidth": 1.2},
    )
    axes.text(
        0.5,
        middle,
        literal("\n".join(lines)),
        ha="center",
        va="center",
        fontsize=8.5,
        color="#374151",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 2.0},
    )
