"""The guard at the door: every picture is decoded once, before anything is trained on any of them.

What cannot be read is told with its name and the reason; no picture is dropped in silence.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from .class_check import Kind, Labelled
from .config import DataParams
from .duplicates import LOOKED_AT, Fingerprints, fingerprints
from .errors import UserError
from .leakage import Integers
from .picture import Pixels, Preprocessing
from .picture_header import PictureError
from .progress import steps
from .raw_pictures import RawPictures
from .row_hashes import Hashes

BATCH = 256  # pictures between two moves of the bar
AT_ONCE = min(8, os.cpu_count() or 1)  # threads: decoding is done outside of Python's lock
_SEEN = Preprocessing(LOOKED_AT)
PICTURES = Kind("picture", "pictures", fewest=20, better="some hundreds", most_classes=1000)


def labelled(raw: RawPictures, settings: DataParams, unreadable: int = 0) -> Labelled:
    """The pictures as their classes are checked, see `check_classes`.

    unreadable: how many there would be more if each could be read.
    """
    folder = "set data.path to the folder that holds a folder for each class"
    return Labelled(
        kind=PICTURES,
        labels=raw.labels,
        parts=raw.parts,
        official=raw.official,
        where=raw.where,
        place=lambda position: f"{raw.where}, {raw.names[position]}",
        other_classes=folder if settings.source == "folder" else "set data.label to another column",
        beside=f" that can be read ({unreadable:,} cannot)" if unreadable else "",
    )


@dataclass(frozen=True)
class Looked:
    """What was found of n pictures, of which m can be read.

    readable: (m,) positions. hashes: (m,) of the files' contents, see `content_hash`. sizes: (m, 2)
    width and height, the right way up. prints: of those m. contents: the SHA-256 of all n files.
    unreadable: name and reason, a line each.
    """

    readable: Integers
    hashes: Hashes
    sizes: Integers
    prints: Fingerprints
    contents: list[str]
    unreadable: tuple[str, ...]


def look_at(raw: RawPictures) -> Looked:
    """Decode every picture once. Raises UserError if none can be read."""
    count = len(raw.labels)
    pixels = np.empty((count, LOOKED_AT, LOOKED_AT, 3), dtype=np.uint8)
    sizes = np.zeros((count, 2), dtype=np.int64)
    contents: list[str] = []
    readable: list[int] = []
    unreadable: dict[int, str] = {}

    def look(row: int) -> _Picture:
        return _look(raw.pictures[row])  # here, so that few files are in memory at a time

    with (
        ThreadPoolExecutor(AT_ONCE) as pool,
        steps("Looking at the pictures", -(-count // BATCH), shown=count > BATCH) as bar,
    ):
        for start in range(0, count, BATCH):
            rows = range(start, min(start + BATCH, count))
            for row, found in zip(rows, pool.map(look, rows), strict=True):
                contents.append(found.sha256)
                if found.pixels is None:
                    unreadable[row] = f"{raw.names[row]}: {found.reason}"
                else:
                    readable.append(row)
                    pixels[row], sizes[row] = found.pixels, found.size
            bar.advance(f"{rows.stop:,} pictures")
    if not readable:
        raise UserError(
            f"{raw.where}: none of its {count:,} files is a picture that can be read. The first is "
            f"{unreadable[0]}"
        )
    _check_that_none_is_lost(raw, readable, unreadable)
    chosen = np.array(readable, dtype=np.int64)
    return Looked(
        readable=chosen,
        hashes=np.array([int(contents[row][:16], 16) for row in readable], dtype=np.uint64),
        sizes=sizes[chosen],
        prints=fingerprints(pixels[chosen]),
        contents=contents,
        unreadable=(
            *unreadable.values(),
            *(f"{name}: lies in no class's folder" for name in raw.outside),
        ),
    )


def _check_that_none_is_lost(
    raw: RawPictures, readable: Sequence[int], unreadable: Mapping[int, str]
) -> None:
    """Raises UserError for a class of which no picture can be read: it would be learned without."""
    left = {raw.labels[row] for row in readable}
    for row, told in unreadable.items():
        label = raw.labels[row]
        if label not in left:
            raise UserError(
                f"{raw.where}: no picture of the class {label!r} can be read. The first is {told}. "
                "Save its pictures in another format, or leave the class out."
            )


def reason_against(content: bytes) -> str:
    """Why a file cannot be read as a picture; empty if it can."""
    return _look(content).reason


@dataclass(frozen=True)
class _Picture:
    """One file: its pixels, or why there are none."""

    sha256: str
    pixels: Pixels | None
    size: tuple[int, int] = (0, 0)
    reason: str = ""


def _look(content: bytes) -> _Picture:
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        reading = _SEEN.read(content)
    except PictureError as error:
        # What to do about it is for whoever sends a picture to the service.
        return _Picture(sha256, None, reason=str(error).split(". ")[0])
    return _Picture(sha256, reading.pixels, (reading.width, reading.height))
