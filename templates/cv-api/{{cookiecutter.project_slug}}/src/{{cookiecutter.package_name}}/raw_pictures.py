"""Labelled pictures as a source gives them, before any of them has been looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .leakage import Integers
from .picture_files import taken
from .split import Codes, Part


@dataclass(frozen=True)
class RawPictures:
    """n encoded files and their classes.

    names: what to call each picture: its path, or its row in a file. parts: (n,) what the source
    has it for, a position in PARTS. official: the parts that the source has beside the training
    pictures. classes: in the source's order, if it has one. title: what reports call the data;
    where: what messages call them. image, label: names of the columns, if there are any. sha256: of
    the raw file; None for a folder, whose hash is made of its files'. foreign: files that lie in
    the folder and are no pictures by their names. outside: paths of pictures that lie in no class.
    added: how many of the pictures, the last ones, came later.
    """

    pictures: Sequence[bytes]
    labels: list[str]
    names: list[str]
    parts: Codes
    official: frozenset[Part]
    classes: tuple[str, ...] | None
    title: str
    where: str
    image: str | None
    label: str
    sha256: str | None
    foreign: int = 0
    outside: tuple[str, ...] = ()
    added: int = 0

    def take(self, rows: Integers) -> RawPictures:
        """Some of them, by their positions, ascending."""
        return replace(
            self,
            pictures=taken(self.pictures, rows.tolist()),
            labels=[self.labels[row] for row in rows],
            names=[self.names[row] for row in rows],
            parts=self.parts[rows],
            added=int(np.sum(rows >= len(self.labels) - self.added)),
        )
