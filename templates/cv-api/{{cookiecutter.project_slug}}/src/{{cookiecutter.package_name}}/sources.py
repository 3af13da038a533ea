"""Where the pictures come from: scikit-learn's digits, the hub, a folder, or a Parquet file.

Whatever comes from elsewhere is kept in data/raw and is never edited: pictures that came later lie
in a folder beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from .artifacts import sha256_of
from .config import DataParams
from .digits import read_digits
from .hub_pictures import CIFAR10, read_hub
from .picture_files import PictureFiles
from .picture_folder import find_files, listing, read_folder
from .picture_parquet import read_parquet
from .raw_files import RAW, added_files, added_folder, combined_sha256
from .raw_pictures import RawPictures
from .split import TRAIN

ADDED = "*/*/*"  # below the folder of what came later: time, class, file


def load_raw(params: DataParams) -> RawPictures:
    """The pictures of the source that `params` names. Raises UserError if they cannot be had."""
    if params.source == "sample":
        raw = read_digits()
    elif params.source == "cifar10":
        raw = read_hub(CIFAR10, params.revision, raw_file(params))
    elif params.source == "folder":
        test_folder = Path(params.test_path) if params.test_path else None
        raw = read_folder(Path(params.path or ""), test_folder)
    else:
        raw = read_parquet(params)
    return _with_added(raw, params)


def raw_file(params: DataParams) -> Path:
    """The file or folder that holds, or will hold, the raw pictures.

    Nothing is written for the digits; what is added to them goes beside this name.
    """
    if params.source == "sample":
        return RAW / "digits.png"
    if params.source == "cifar10":
        revision = f"-{params.revision.replace('/', '-')}" if params.revision else ""
        return RAW / f"cifar10{revision}.parquet"
    path = Path(params.path or "")
    # A folder that is named by "." has no name to put another one beside it by.
    return path if path.name.strip(".") else path.resolve()


def listed(params: DataParams) -> str | None:
    """A hash of the names, sizes and times of all raw files; None if not all are there.

    Takes milliseconds where reading a folder of photos takes minutes.
    """
    if params.source in ("sample", "cifar10"):
        return ""
    paths = [Path(path) for path in (params.path, params.test_path) if path]
    if params.source == "parquet":
        if not all(path.is_file() for path in paths):
            return None
        lines = listing(paths)
    else:
        if not all(path.is_dir() for path in paths):
            return None
        lines = [line for path in paths for line in listing(_files(path))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def state(params: DataParams) -> str:
    """The hash of all raw files but the added ones, as they lie there now. Reads all of them."""
    if params.source == "folder":
        raw = load_raw(params)
        count = len(raw.names) - raw.added
        contents = (hashlib.sha256(raw.pictures[row]).hexdigest() for row in range(count))
        return folder_sha256(raw.names[:count], contents)
    base, *more = (sha256_of(Path(path)) for path in (params.path, params.test_path) if path)
    return combined_sha256(base, more)


def folder_sha256(names: Sequence[str], contents: Iterable[str]) -> str:
    """One hash for the files of a folder, from their names and the hashes of their contents."""
    lines = (f"{name}\0{content}" for name, content in zip(names, contents, strict=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _files(folder: Path) -> list[Path]:
    return [path for _, _, path in find_files(folder).files]


def _with_added(raw: RawPictures, params: DataParams) -> RawPictures:
    path = raw_file(params)
    files = added_files(path, ADDED)
    if not files:
        return raw
    folder = added_folder(path)
    more = PictureFiles(map(str, files))
    pictures: Sequence[bytes]
    if isinstance(raw.pictures, PictureFiles):
        pictures = PictureFiles(raw.pictures.paths + more.paths)
    else:
        pictures = [*raw.pictures, *more]
    return replace(
        raw,
        pictures=pictures,
        labels=raw.labels + [file.parent.name for file in files],
        names=raw.names
        + [f"{folder.name}/{file.relative_to(folder).as_posix()}" for file in files],
        parts=np.concatenate([raw.parts, np.full(len(files), TRAIN, dtype=np.int8)]),
        title=f"{raw.title}, {len(files):,} pictures added",
        where=f"{raw.where} with {folder}",
        sha256=raw.sha256 and combined_sha256(raw.sha256, map(sha256_of, files)),
        added=len(files),
    )
