"""New labelled pictures: checked, and added to the data without touching what is there."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .artifacts import staging_folder
from .config import Params
from .data import Dataset, prepared
from .duplicates import content_hash, row_hashes
from .errors import UserError
from .labelled_rows import NewRows, unseen
from .picture_check import reason_against
from .picture_files import PictureFiles
from .picture_folder import files_of_classes
from .raw_files import added_folder, time_name
from .row_hashes import Hashes
from .sources import load_raw, raw_file

READY = "ready"  # of the staging folder: what is renamed once it is complete


def add(params: Params) -> NewRows:
    """Add the pictures in the folder `retrain.new_rows` that are not known yet to the data.

    It holds a folder for each class. The pictures become one new folder beside the raw ones. Raises
    UserError that names the file if any is unfit; nothing has changed then.
    """
    dataset = prepared(params)
    labels, paths = _read(Path(params.retrain.new_rows), dataset)
    if not paths:
        return NewRows(dataset.meta.rows, 0, 0)
    raw = load_raw(params.data)
    stored = row_hashes(_hashes(raw.pictures), raw.labels)
    found = row_hashes(_hashes(PictureFiles(map(str, paths))), labels)
    new = np.flatnonzero(unseen(found, stored)).tolist()
    if new:
        _add([(labels[row], paths[row]) for row in new], added_folder(raw_file(params.data)))
    return NewRows(dataset.meta.rows, len(new), len(paths) - len(new))


def _read(folder: Path, dataset: Dataset) -> tuple[list[str], list[Path]]:
    """Classes and paths of the new pictures, once each has been looked at."""
    if not folder.is_dir():
        return [], []
    found = files_of_classes(folder)
    if found.outside:
        raise UserError(
            f"{found.outside[0]}: lies in no class's folder, so its class is not known. Put it "
            f"into a folder of {folder} that is named after its class."
        )
    known = dataset.meta.classes
    for label, path in found.files:
        if label not in known:
            raise UserError(
                f"{path}: {label!r} is no class of {dataset.meta.name} ({', '.join(known[:10])}). "
                "Correct the folder's name; a new class belongs into the data that the model is "
                "first trained on."
            )
        reason = reason_against(path.read_bytes())
        if reason:
            raise UserError(f"{path}: {reason}. Take it out, or save the picture anew.")
    return [label for label, _ in found.files], [path for _, path in found.files]


def _hashes(pictures: Sequence[bytes]) -> Hashes:
    return np.array([content_hash(picture) for picture in pictures], dtype=np.uint64)


def _add(pictures: Sequence[tuple[str, Path]], folder: Path) -> None:
    """Copy the pictures into one new folder, in one step as seen from outside."""
    with staging_folder(folder) as staging:
        ready = staging / READY
        for number, (label, path) in enumerate(pictures, start=1):
            target = ready / label / f"{number:05d}-{path.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        ready.rename(folder / time_name())
