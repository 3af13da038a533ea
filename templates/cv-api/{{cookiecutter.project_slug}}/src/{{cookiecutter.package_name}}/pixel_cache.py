"""Decoded pictures, kept on disk: decoding a set takes longer than an epoch of training on it.

What is kept is known by the pictures' contents, by how they are decoded, and by the code that does
it, so that nothing stale is ever read.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import numpy as np
import PIL

from . import picture, picture_header
from .artifacts import atomic_path
from .data import ImageData
from .errors import UserError
from .picture import Pixels, Preprocessing
from .picture_header import PictureError
from .prepared_parts import PROCESSED
from .progress import steps

CACHE = PROCESSED / "pixels"
KEPT = 12  # files: the three parts at two sizes, and the folds of a comparison
BATCH = 256
AT_ONCE = min(8, os.cpu_count() or 1)  # threads: decoding is done outside of Python's lock


def pixels_of(data: ImageData, preprocessing: Preprocessing) -> Pixels:
    """The pictures as the model sees them, (n, size, size, 3), red, green and blue.

    Read from the disk as they are looked at, so that they need not fit into memory; changing them
    changes no file. Raises UserError if a picture cannot be had, or the disk is full.
    """
    path = CACHE / f"{_digest(data, preprocessing)}.npy"
    if path.is_file():
        os.utime(path)  # it is wanted: others are to be cleared before it
    else:
        try:
            with atomic_path(path) as temporary:
                _decode(data, preprocessing, temporary)
        except OSError as error:
            raise UserError(
                f"{path}: the decoded pictures cannot be written ({error.strerror or error}). Free "
                "some space, or check the folder's rights, and run this again."
            ) from None
        _clear(path)
    return cast(Pixels, np.load(path, mmap_mode="c"))


def decoded(data: ImageData, row: int, preprocessing: Preprocessing) -> Pixels:
    """One picture, (size, size, 3). Raises UserError if it cannot be read."""
    try:
        return preprocessing.read(data.pictures[row]).pixels
    except PictureError as error:
        raise UserError(f"{data.names[row]}: {error}. Run `data` again, then `train`.") from None


def _decode(data: ImageData, preprocessing: Preprocessing, path: Path) -> None:
    count, side = len(data.labels), preprocessing.size
    shape = (count, side, side, 3)
    pixels = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    _take_room(path)

    def decode(row: int) -> None:
        pixels[row] = decoded(data, row, preprocessing)

    with (
        ThreadPoolExecutor(AT_ONCE) as pool,
        steps("Decoding", -(-count // BATCH), shown=count > BATCH) as bar,
    ):
        for start in range(0, count, BATCH):
            rows = range(start, min(start + BATCH, count))
            list(pool.map(decode, rows))
            bar.advance(f"{rows.stop:,} pictures")
    pixels.flush()


def _take_room(path: Path) -> None:
    """Raises OSError for a disk without room for a file that has holes: to write into a mapped hole
    that the disk cannot fill ends the process.
    """
    if hasattr(os, "posix_fallocate"):
        with path.open("rb+") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _digest(data: ImageData, preprocessing: Preprocessing) -> str:
    found = hashlib.sha256(data.hashes.tobytes())
    found.update(json.dumps(preprocessing.as_dict(), sort_keys=True).encode())
    for module in (picture, picture_header):
        found.update(inspect.getsource(module).encode())
    found.update(PIL.__version__.encode())
    return found.hexdigest()[:32]


def _clear(newest: Path) -> None:
    """Remove all but the files that were wanted last."""
    files = sorted(CACHE.glob("*.npy"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in files[KEPT:]:
        if path != newest:
            path.unlink(missing_ok=True)
