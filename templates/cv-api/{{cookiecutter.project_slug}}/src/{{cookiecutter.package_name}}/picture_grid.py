"""Pictures side by side: in a figure, and on a page with the pictures in it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from .examples import redrawn
from .html_page import shorten
from .plotting import RED, literal, new_figure, set_title, style

COLUMNS = 6
LETTERS = 18  # of a line under a picture
SHOWN = 144  # pixels of a picture's longer side on the page


@dataclass(frozen=True)
class Tile:
    """A picture and the two lines over it."""

    picture: bytes | npt.NDArray[np.uint8]
    """A file, or what is to be seen, (h, w, 3)."""
    first: str
    second: str = ""
    wrong: bool = False
    """Whether the lines are written in red."""


def grid(tiles: Sequence[Tile | None], finding: str, data: str, columns: int = COLUMNS) -> Figure:
    """A figure of the pictures, row by row; None leaves a place empty.

    finding, data: the two parts of its title.
    """
    rows = max(1, -(-len(tiles) // columns))
    with style():
        figure = new_figure(1.5 * columns + 0.2, 1.75 * rows + 0.8)
        places = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in places:
            axes.set_axis_off()
        for axes, tile in zip(places, tiles, strict=False):
            if tile is not None:
                _draw(axes, tile)
        set_title(figure, finding, data)
    return figure


def _draw(axes: Axes, tile: Tile) -> None:
    picture = decoded(tile.picture) if isinstance(tile.picture, bytes) else tile.picture
    # Small pictures are shown pixel by pixel: smoothed, they would look better than they are.
    axes.imshow(picture, interpolation="nearest" if max(picture.shape) <= 64 else "antialiased")
    lines = [literal(shorten(line, LETTERS)) for line in (tile.first, tile.second) if line]
    colour = RED if tile.wrong else "#1f2937"
    axes.set_title("\n".join(lines), loc="center", fontsize=8, color=colour)


def decoded(content: bytes) -> npt.NDArray[np.uint8]:
    """A readable picture as it is to be shown, (h, w, 3): small and upright."""
    return np.asarray(Image.open(io.BytesIO(redrawn(content))).convert("RGB"))


def card(content: bytes, text: str, lines: Sequence[str]) -> str:
    """A picture with lines under it, as HTML. text: what it shows, for those who cannot see it."""
    return of_html(_image(redrawn(content), text), lines)


def of_html(image: str, lines: Sequence[str]) -> str:
    """Any HTML with lines under it. lines: plain texts."""
    told = "<br>".join(escape(shorten(line, 48)) for line in lines)
    return (
        f'<figure style="margin: 0">{image}'
        f'<figcaption style="overflow-wrap: anywhere">{told}</figcaption></figure>'
    )


def cards(found: Sequence[str], *, wide: bool = False) -> str:
    """Cards side by side, as many as there is room for. wide: with several pictures each."""
    width = (3 if wide else 1) * (SHOWN + 16)
    columns = f"repeat(auto-fill, minmax(min({width}px, 100%), 1fr))"
    return f'<div style="display: grid; gap: 1rem; grid-template-columns: {columns}">' + (
        "\n".join(found) + "</div>"
    )


def source(content: bytes) -> str:
    """A PNG or a JPEG as the `src` of an HTML image."""
    kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _image(content: bytes, text: str) -> str:
    return (
        f'<img src="{source(content)}" alt="{escape(text)}" style="width: {SHOWN}px; '
        f'height: {SHOWN}px; object-fit: contain; image-rendering: {_rendering(content)}">'
    )


def _rendering(content: bytes) -> str:
    """Pictures of a few pixels are shown as such."""
    return "pixelated" if content.startswith(b"\x89PNG") else "auto"
