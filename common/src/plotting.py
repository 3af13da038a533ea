"""One look for every figure of the project, and a safe way to store one.

Figures are made with matplotlib's object interface, `new_figure`, rather than with pyplot: no
window, no global list of open figures, nothing to close.
"""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from textwrap import wrap
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

from .artifacts import atomic_path

# Okabe and Ito (2008), "Color universal design": told apart with every common colour blindness.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PINK, SKY, YELLOW, GREY = "#CC79A7", "#56B4E9", "#F0E442", "#6B7280"
PALETTE = (BLUE, ORANGE, GREEN, RED, PINK, SKY, YELLOW, GREY)
DIVERGING = "RdBu_r"  # for a scale with a meaningful zero, such as a correlation

DPI = 150
LETTERS_PER_INCH = 10  # of a title, at the least
STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#9CA3AF",
    "axes.grid": True,
    "axes.labelcolor": "#374151",
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "figure.titlesize": 12,
    "figure.titleweight": "bold",
    "font.family": "DejaVu Sans",  # comes with matplotlib, so a figure is the same everywhere
    "font.size": 10,
    "grid.color": "#E5E7EB",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "xtick.color": "#374151",
    "ytick.color": "#374151",
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the project's style inside the block; other people's figures are left alone."""
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]  # it lists every key by name
        yield


def new_figure(width: float = 8.0, height: float = 4.5) -> Figure:
    """An empty figure of that size in inches. Call and draw inside `style()`."""
    return Figure(figsize=(width, height), layout="constrained")


def set_title(figure: Figure, finding: str, data: str = "") -> None:
    """What the figure shows, in a sentence, and below it which data it is of. Plain texts.

    Over the whole figure, from its left edge: a figure travels without its page. Call in `style()`.
    """
    lines = [*wrap(finding, int(figure.get_figwidth() * LETTERS_PER_INCH)), data]
    text = "\n".join(literal(line) for line in lines if line)
    figure.suptitle(text, x=0.01, ha="left")


def save_figure(figure: Figure, path: Path) -> Path:
    """Write the figure as PNG, whole or not at all. Returns the path."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(to_png(figure))
    return path


def to_png(figure: Figure) -> bytes:
    """The figure as PNG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    with style():
        # No software version in the file: it would change the bytes with every upgrade.
        figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def data_uri(png: bytes) -> str:
    """A PNG as the `src` of an HTML image, so that a page needs no second file."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def literal(text: str) -> str:
    """A text to be shown as it is; matplotlib takes what stands between dollar signs for maths.

    A character that the font does not have, such as a Chinese one, is shown as a square.
    """
    if not text.isascii():
        text = "".join(letter if ord(letter) in _glyphs() else "\u25a1" for letter in text)
    return text.replace("$", r"\$")


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont(STYLE["font.family"])).get_charmap())
