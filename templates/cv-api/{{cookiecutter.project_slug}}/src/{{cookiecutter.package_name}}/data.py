"""From a source to the three parts that later steps read: to train on, to choose by, held out.

`prepare` loads, checks and splits once, and stores the split. `load_train` and `load_validation`
never open the held-out pictures; `load_test` is for `evaluate`, and for the comparison of a new
model with the champion.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from .artifacts import write_json, write_text
from .class_check import check_classes, check_split
from .class_names import classes_of, counts_of, numbered
from .config import DataParams, Params, Source
from .data_findings import MOST_NAMED, told_pairs, told_two_labels
from .data_summary import show as show
from .duplicates import grouped, near_pairs, with_two_labels
from .errors import UserError
from .leakage import Integers, Pairs
from .picture_check import Looked, labelled, look_at
from .picture_files import PictureFiles, taken
from .prepared_parts import DATASET as DATASET
from .prepared_parts import (
    PROCESSED,
    changed_settings,
    first_damage,
    read_dataset,
    read_part,
    write_parts,
)
from .raw_files import added_folder, added_sha256, combined_sha256
from .raw_pictures import RawPictures
from .row_hashes import Hashes
from .sources import ADDED, folder_sha256, listed, load_raw, raw_file, state
from .split import OUT, PARTS, Codes, Part, Split, split

UNREADABLE = PROCESSED / "unreadable.txt"

logger = logging.getLogger(__name__)


class Meta(BaseModel):
    """What the pictures are, for wherever a figure made from them is shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: Source
    synthetic: bool
    image: str | None  # the column with the pictures, if they are in a file
    label: str
    classes: tuple[str, ...]
    sha256: str  # of the raw files
    rows: int  # pictures that can be read
    train_rows: int
    validation_rows: int
    test_rows: int
    duplicates: int  # pictures that repeat or nearly repeat an earlier one
    across: int  # near duplicates that were taken out of the later of two parts
    two_labels: int  # pictures that stand with more than one class
    unreadable: int  # files that are no pictures, and are used nowhere
    seed: int
    test_size: float
    validation_size: float
    created: str  # when it was split, UTC


class Dataset(BaseModel):
    """What `data/processed/` holds. Stored as dataset.json, written last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    meta: Meta
    counts: dict[Part, dict[str, int]]  # part -> class -> pictures
    official: tuple[Part, ...]  # parts that the source brings beside the training pictures
    two_labels: tuple[str, ...]  # the first of these pictures, with their classes
    unreadable: tuple[str, ...]  # the first of these files, each with its reason
    foreign: int  # files in the folder that are no pictures by their names
    pairs: tuple[str, ...]  # the first near duplicates, those across parts before the others
    params: DataParams
    listing: str | None  # of the raw files, see `listed`
    files: dict[Part, str]  # part -> SHA-256 of its Parquet file
    added: dict[str, str] = {}  # file that came later -> its SHA-256


@dataclass(frozen=True)
class ImageData:
    """Pictures of one part.

    pictures: n encoded files, as they came; those of a folder are read when they are asked for.
    labels: (n,) positions in classes. names: each one's path in the folder, or its row. hashes:
    (n,) of the files' contents. groups: (n,) equal numbers for near duplicates. sizes: (n, 2) width
    and height in pixels, the right way up.
    """

    pictures: Sequence[bytes]
    labels: Integers
    classes: tuple[str, ...]
    names: list[str]
    hashes: Hashes
    groups: Integers
    sizes: Integers
    meta: Meta

    def duplicate_groups(self) -> Integers:
        """(n,) a number per picture, the same for near duplicates.

        For folds: a model must not be scored on a picture of which it has seen the twin.
        """
        return self.groups

    def take(self, rows: Integers) -> ImageData:
        """Some of the pictures, by their positions."""
        return replace(
            self,
            pictures=taken(self.pictures, rows.tolist()),
            labels=self.labels[rows],
            names=[self.names[row] for row in rows],
            hashes=self.hashes[rows],
            groups=self.groups[rows],
            sizes=self.sizes[rows],
        )


def prepare(params: Params) -> Dataset:
    """Load, check and split the pictures, and store the parts. Raises UserError for bad input."""
    settings = params.data
    if settings.source in ("sample", "cifar10") and (settings.path or settings.test_path):
        logger.warning(
            "data.path and data.test_path are not read, since data.source is %s. Set data.source "
            "to folder or parquet for them",
            settings.source,
        )
    listing = listed(settings)
    added = added_sha256(raw_file(settings), ADDED)
    everything = load_raw(settings)
    check_classes(labelled(everything, settings))  # before minutes are spent on looking at them
    looked = look_at(everything)
    raw = everything.take(looked.readable)
    rows = labelled(raw, settings, len(looked.unreadable))
    check_classes(rows)
    classes = classes_of(raw.labels, raw.classes)
    labels = numbered(raw.labels, classes)
    pairs = near_pairs(looked.prints, settings.near_duplicates)
    groups = grouped(pairs, len(labels), raw.added)
    parted = split(raw.parts, raw.official, groups, looked.hashes, labels, settings, raw.added)
    parted = _without_bridges(parted, pairs)
    positions = {part: np.flatnonzero(parted.parts == code) for code, part in enumerate(PARTS)}
    counts = {part: counts_of(labels[chosen], classes) for part, chosen in positions.items()}
    check_split(rows, counts, settings.test_size)
    together = grouped(pairs, len(labels))
    disputed = with_two_labels(together, labels)
    write_text(UNREADABLE, "".join(f"{line}\n" for line in looked.unreadable))
    dataset = Dataset(
        meta=_meta(raw, everything, looked, classes, together, parted, disputed, settings),
        counts=counts,
        official=tuple(part for part in PARTS if part in raw.official),
        two_labels=told_two_labels(raw, together, disputed),
        unreadable=looked.unreadable[:MOST_NAMED],
        foreign=raw.foreign,
        pairs=told_pairs(raw, looked.prints, pairs, parted.across),
        params=settings,
        listing=listing,
        files=write_parts(_table(raw, looked, together), positions),
        added=added,
    )
    write_json(DATASET, dataset.model_dump(mode="json"))
    return dataset


def load_train(params: Params) -> ImageData:
    """The pictures to train on; prepared first if they are not, or if settings or files changed.

    Never opens the held-out pictures. Raises UserError.
    """
    return _read_part(prepared(params), "train")


def load_validation(params: Params) -> ImageData:
    """The pictures to choose by: settings, temperature, when to be sure. See `load_train`."""
    return _read_part(prepared(params), "validation")


def load_test(params: Params) -> ImageData:
    """The held-out pictures: for `evaluate`, and for the comparison of two models.

    Raises UserError if there are none, or if they do not belong to these settings: pictures split
    anew would be some of those that the model was trained on.
    """
    dataset = read_dataset(Dataset)
    if dataset is None:
        raise UserError(f"{DATASET}: no such file. Run `data`, then `train`.")
    reason = _stale(dataset, params.data)
    if reason:
        raise UserError(f"{DATASET}: {reason}. Run `data`, then `train`, then this again.")
    if "test" not in dataset.files:
        raise UserError(
            "data.test_size is 0, so no pictures are held out. Set it (0.2, say) and run `train` "
            "again."
        )
    return _read_part(dataset, "test")


def prepared(params: Params) -> Dataset:
    """What is prepared; prepared now if it is not, or if its settings or files changed."""
    dataset = read_dataset(Dataset)
    reason = _stale(dataset, params.data) if dataset else "no prepared data yet"
    if dataset is None or reason:
        logger.warning("%s: preparing the data", reason)
        dataset = prepare(params)
        if dataset.meta.unreadable:
            logger.warning(
                "files that cannot be read as pictures: %s, listed in %s",
                f"{dataset.meta.unreadable:,}",
                UNREADABLE,
            )
    return dataset


def standing(params: Params) -> tuple[Dataset | None, str | None]:
    """What is prepared, and why it cannot be used as it is. Prepares nothing, reads no picture
    unless files have been touched since.
    """
    dataset = read_dataset(Dataset)
    if dataset is None:
        return None, None
    return dataset, _stale(dataset, params.data) or first_damage(dataset.files)


def _without_bridges(parted: Split, pairs: Pairs) -> Split:
    """The split without the pictures that came later and are near some of an earlier part.

    Such a picture lies where the first one lies that it is near. It may be near another one
    besides, whose part is no longer to change.
    """
    parts: Codes = parted.parts.copy()
    first, second = parts[pairs[:, 0]], parts[pairs[:, 1]]
    apart = (first != second) & (first != OUT) & (second != OUT)
    bridges = np.unique(pairs[apart, 1])
    parts[bridges] = OUT
    return Split(parts, np.union1d(parted.across, bridges))


def _meta(
    raw: RawPictures,
    everything: RawPictures,
    looked: Looked,
    classes: tuple[str, ...],
    groups: Integers,
    parted: Split,
    disputed: Integers,
    settings: DataParams,
) -> Meta:
    train, validation, test = (int((parted.parts == code).sum()) for code in range(len(PARTS)))
    return Meta(
        name=raw.title,
        source=settings.source,
        synthetic=False,
        image=raw.image,
        label=raw.label,
        classes=classes,
        sha256=everything.sha256 or _folder_sha256(everything, looked.contents),
        rows=len(raw.labels),
        train_rows=train,
        validation_rows=validation,
        test_rows=test,
        duplicates=len(groups) - len(np.unique(groups)),
        across=len(parted.across),
        two_labels=len(np.unique(groups[disputed])),
        unreadable=len(looked.unreadable),
        seed=settings.seed,
        test_size=settings.test_size,
        validation_size=settings.validation_size,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _folder_sha256(raw: RawPictures, contents: Sequence[str]) -> str:
    base = len(contents) - raw.added
    return combined_sha256(folder_sha256(raw.names[:base], contents[:base]), contents[base:])


def _table(raw: RawPictures, looked: Looked, groups: Integers) -> pd.DataFrame:
    """What is stored of each picture: its file if it is on disk, else its bytes."""
    files = isinstance(raw.pictures, PictureFiles)
    return pd.DataFrame(
        {
            "path": list(raw.pictures.paths) if isinstance(raw.pictures, PictureFiles) else "",
            "image": [b""] * len(raw.labels) if files else list(raw.pictures),
            "label": raw.labels,
            "name": raw.names,
            "hash": looked.hashes,
            "group": groups,
            "width": looked.sizes[:, 0],
            "height": looked.sizes[:, 1],
        }
    )


def _stale(dataset: Dataset, settings: DataParams) -> str | None:
    """Why the prepared data do not belong to these settings; None if they do."""
    changed = changed_settings(dataset.params, settings)
    if changed:
        return changed
    path = raw_file(settings)
    added = added_sha256(path, ADDED)
    if added != dataset.added:
        return f"the pictures in {added_folder(path)} changed since the data were prepared"
    listing = listed(settings)
    if listing is None or listing == dataset.listing:
        return None
    # Touched, or copied: whether anything changed only the files themselves say.
    if combined_sha256(state(settings), added.values()) == dataset.meta.sha256:
        return None
    return f"{settings.path} or what lies in it changed since the data were prepared"


def _read_part(dataset: Dataset, part: Part) -> ImageData:
    table = read_part(part, dataset.files[part])
    hashes = table["hash"].to_numpy(dtype=np.uint64)
    paths = table["path"].tolist()
    pictures: Sequence[bytes] = table["image"].tolist()
    if any(paths):
        pictures = PictureFiles(paths, hashes.tolist())
    return ImageData(
        pictures=pictures,
        labels=numbered(table["label"].tolist(), dataset.meta.classes),
        classes=dataset.meta.classes,
        names=table["name"].tolist(),
        hashes=hashes,
        groups=table["group"].to_numpy(dtype=np.int64),
        sizes=table[["width", "height"]].to_numpy(dtype=np.int64),
        meta=dataset.meta,
    )
