"""Shares as lying bars: the form of every figure that ranks columns, classes or words."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from .eda_phrases import percent
from .html_page import shorten
from .plotting import BLUE, GREY, literal


def share_bars(figure: Figure, names: Sequence[str], shares: Sequence[float]) -> Axes:
    """One bar per name with its share written behind it, the first on top. Call in `style()`."""
    axis = figure.subplots()
    bars = axis.barh([literal(name) for name in names], shares, color=BLUE)
    axis.bar_label(bars, [percent(share) for share in shares], padding=4, color=GREY)
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    # Of a hundred classes each has about one per cent: whole ones would stand there twice.
    axis.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if max(shares) > 0.05 else 1))
    return axis


def shown(text: str) -> str:
    """A name as a figure has room for it."""
    return literal(shorten(text))
