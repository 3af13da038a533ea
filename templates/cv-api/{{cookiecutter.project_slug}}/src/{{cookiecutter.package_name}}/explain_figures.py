"""The figure of where the model looks: pictures, and beside each the heat of its answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from .looked_at import LookedAt, heated, square
from .picture_grid import COLUMNS, Tile, grid


def explained_figure(shown: Sequence[LookedAt], data: str) -> Figure:
    """Right answers in pairs, then wrong ones in threes: with the heat of their own class, too."""
    tiles: list[Tile | None] = []
    for right in (True, False):
        for each in (each for each in shown if each.right is right):
            tiles += _tiles(each)
        tiles += [None] * (-len(tiles) % COLUMNS)
    wrong = sum(not each.right for each in shown)
    finding = f"Where the model sees its answers: {len(shown) - wrong} right and {wrong} wrong ones"
    return grid(tiles, finding, data, COLUMNS)


def _tiles(each: LookedAt) -> list[Tile]:
    """The picture, and its heat for one class or two."""
    wrong = not each.right
    said = f"{each.answer.label}, {each.answer.confidence:.0%}"
    first = Tile(np.asarray(square(each.pixels)), f"is {each.true}" if wrong else said)
    heats = [
        Tile(
            np.asarray(heated(each.pixels, heat)),
            said if wrong and name == each.answer.label else "",
            f"for “{name}”" if wrong else "",
            wrong=wrong and name == each.answer.label,
        )
        for name, heat in each.heats.items()
    ]
    return [first, *heats]
