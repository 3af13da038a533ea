"""The figure of where the model looks: pictures, and beside each the heat of its answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from .eda_mosaic import mosaic
from .looked_at import Heat, LookedAt, heated, square
from .picture import Pixels

COLUMNS = 6


def explained_figure(shown: Sequence[LookedAt], data: str) -> Figure:
    """Right answers in pairs, then wrong ones in threes: with the heat of their own class, too."""
    rows: list[list[tuple[Pixels, str]]] = []
    for right in (True, False):
        tiles = [tile for each in shown if each.right is right for tile in _tiles(each)]
        rows += [tiles[start : start + COLUMNS] for start in range(0, len(tiles), COLUMNS)]
    wrong = sum(not each.right for each in shown)
    return mosaic(
        [[pixels for pixels, _ in row] for row in rows],
        f"Where the model sees its answers: {len(shown) - wrong} right and {wrong} wrong ones",
        data,
        captions=[[caption for _, caption in row] for row in rows],
    )


def _tiles(each: LookedAt) -> list[tuple[Pixels, str]]:
    """The picture, and its heat for one class or two, each with its caption."""
    said = f"{each.answer.label}, {each.answer.confidence:.0%}"
    if each.right:
        (heat,) = each.heats.values()
        return [(_plain(each), said), (_under(each, heat), "")]
    heats = [
        (_under(each, heat), f"{said if name == each.answer.label else ''}\nfor “{name}”")
        for name, heat in each.heats.items()
    ]
    return [(_plain(each), f"\nis {each.true}"), *heats]


def _plain(each: LookedAt) -> Pixels:
    return np.asarray(square(each.pixels))


def _under(each: LookedAt, heat: Heat) -> Pixels:
    return np.asarray(heated(each.pixels, heat))
