"""Many small pictures in one figure, in rows with a name: quickly drawn, however many they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from PIL import Image

from .eda_bars import shown
from .html_page import shorten
from .picture import Pixels
from .plotting import literal, new_figure, set_title, style

WIDE = 8.5  # inches
LETTER = 0.085  # of these, that a letter of a row's name takes
CELL, GAP, LINE = 200, 13, 43  # dots of a picture's side, between pictures, and for a caption


def mosaic(
    rows: Sequence[Sequence[Pixels]],
    finding: str,
    data: str = "",
    *,
    names: Sequence[str] = (),
    captions: Sequence[Sequence[str]] = (),
) -> Figure:
    """The pictures, each (h, w, 3), in rows of any length; at least one.

    names: of the rows. captions: what stands over each picture, in a line or more. finding, data:
    the figure's title.
    """
    lines = max((text.count("\n") + 1 for texts in captions for text in texts), default=0)
    columns, line = max(map(len, rows)), LINE * lines
    across, down = CELL + GAP, CELL + GAP + line
    canvas = np.full((len(rows) * down, columns * across, 3), 255, dtype=np.uint8)
    for row, pictures in enumerate(rows):
        for column, pixels in enumerate(pictures):
            top, left = row * down + line, column * across
            canvas[top : top + CELL, left : left + CELL] = _cell(pixels)
    titles = [shown(name) for name in names]
    width = WIDE - 0.3 - LETTER * max(map(len, titles), default=0)
    # A few pictures are not blown up to the whole width.
    inches = min(width / columns, 1.5)
    head = 0.3 + 0.22 * (-(-len(finding) // 80) + bool(data))
    with style():
        figure = new_figure(WIDE, len(rows) * inches * down / across + head)
        axes = figure.subplots()
        axes.imshow(canvas)
        axes.grid(visible=False)
        axes.set(xticks=[], anchor="NW")
        axes.set_yticks(
            [row * down + line + CELL / 2 for row in range(len(names))],
            titles,
        )
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        letters = max(8, int(inches * 15))
        for row, texts in enumerate(captions):
            for column, text in enumerate(texts):
                told = [literal(shorten(each, letters)) for each in text.split("\n")]
                axes.text(
                    column * across,
                    row * down + line - 8,
                    "\n".join(told),
                    size=7.5,
                    va="bottom",
                )
        set_title(figure, finding, data)
    return figure


def _cell(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """A picture at the size at which it is drawn, on white; few pixels stay visible as such."""
    height, width = pixels.shape[:2]
    scale = CELL / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS
    cell = Image.new("RGB", (CELL, CELL), "white")
    cell.paste(Image.fromarray(pixels).resize(size, way), (0, CELL - size[1]))
    return np.asarray(cell)
