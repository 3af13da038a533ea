"""Which rows share one run of the model: those of like size, so that little of it is padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one run of the model may take. Sizes are whatever its time grows with, such as tokens.

    Found by timing runs of several shapes: a run takes about `fixed` plus the sum of its sizes.
    """

    rows: int
    total: int
    """Rows times the size that they are padded to. One row may be larger by itself."""
    fixed: float
    """What a run takes beside its rows, as a size."""


def groups(sizes: Sequence[int], limits: Limits) -> list[list[int]]:
    """Positions in `sizes`, each in one group; a group is one run, padded to its largest size.

    A row joins a group if its padding there takes less than a run of its own would.
    """
    found: list[list[int]] = []
    largest = 0
    for position in sorted(range(len(sizes)), key=lambda each: -sizes[each]):
        size = sizes[position]
        joins = (
            found
            and len(found[-1]) < limits.rows
            and (len(found[-1]) + 1) * largest <= limits.total
            and largest - size <= limits.fixed
        )
        if joins:
            found[-1].append(position)
        else:
            found.append([position])
            largest = size
    return found
