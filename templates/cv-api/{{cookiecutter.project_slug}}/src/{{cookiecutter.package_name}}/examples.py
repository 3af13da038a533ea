"""A few pictures to try the model on, kept beside it: for the page and for `GET /model`.

They are drawn anew from the decoded picture, so that nothing of the file is shown but its pixels:
a photo's file may tell where and when it was taken.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image

from .picture import Preprocessing, checked_header

NAME = "examples.json"
MOST, MOST_OF_A_CLASS = 10, 3
SIDE = 256  # pixels of each side at most
LOSSLESS_SIDE = 64  # so small a picture would be spoilt by JPEG, and is short as PNG
QUALITY = 88


class Example(msgspec.Struct, frozen=True):
    """One picture with its true class."""

    label: str
    image: str
    """The file in base64: PNG or JPEG."""
    name: str
    """Where it comes from."""

    @property
    def content(self) -> bytes:
        """The file."""
        return base64.b64decode(self.image)


@dataclass(frozen=True)
class Candidates:
    """Validation pictures, and what the model says of them.

    pictures: n encoded files. labels, predicted: (n,) positions in classes. familiar: (n,) whether
    each passes as one like those of the training.
    """

    pictures: Sequence[bytes]
    names: Sequence[str]
    labels: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    familiar: npt.NDArray[np.bool_]
    classes: tuple[str, ...]


def choose(found: Candidates) -> list[Example]:
    """Pictures of different classes in turn; what the model has right and knows comes first."""
    poor = 2 * (found.labels != found.predicted) + ~found.familiar
    queues = [
        sorted(np.flatnonzero(found.labels == number).tolist(), key=lambda row: int(poor[row]))
        for number in range(len(found.classes))
    ]
    rows = [queue[turn] for turn in range(MOST_OF_A_CLASS) for queue in queues if turn < len(queue)]
    return [
        Example(
            label=found.classes[int(found.labels[row])],
            image=base64.b64encode(redrawn(found.pictures[row])).decode("ascii"),
            name=found.names[row],
        )
        for row in rows[:MOST]
    ]


def write(examples: Sequence[Example], folder: Path) -> None:
    """Write them to `folder`."""
    text = json.dumps(msgspec.to_builtins(list(examples)), indent=2, ensure_ascii=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> list[Example]:
    """What `write` wrote. Raises OSError, or msgspec.ValidationError for a file of another kind."""
    return msgspec.json.decode((folder / NAME).read_bytes(), type=list[Example])


def redrawn(content: bytes) -> bytes:
    """The square in the middle of a readable picture as a small file of its own, upright."""
    header = checked_header(content)
    side = min(SIDE, header.width, header.height)
    picture = Image.fromarray(Preprocessing(side).decode(header).pixels)
    written = io.BytesIO()
    if side <= LOSSLESS_SIDE:
        picture.save(written, "PNG", optimize=True)
    else:
        picture.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()
