"""CIFAR-10 from the Hugging Face hub: downloaded once, into one Parquet file in data/raw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from .artifacts import sha256_of
from .hub_data import load_splits
from .raw_files import cached
from .raw_pictures import RawPictures
from .split import PARTS, Part

IMAGE, LABEL, PART = "image", "label", "part"
CLASSES = b"classes"  # the key of the file's metadata that holds the classes in their order


@dataclass(frozen=True)
class HubSource:
    """A public data set of pictures on the hub. splits: part -> the hub's split."""

    title: str
    name: str
    image: str
    label: str
    splits: Mapping[Part, str]


CIFAR10 = HubSource(
    title="CIFAR-10",
    name="uoft-cs/cifar10",
    image="img",
    label="label",
    splits={"train": "train", "test": "test"},
)


def read_hub(source: HubSource, revision: str | None, path: Path) -> RawPictures:
    """The pictures, from `path` once they have been downloaded to it. Raises UserError."""
    from pyarrow import parquet

    cached(path, lambda target: _download(source, revision, target))
    table = parquet.read_table(path)
    codes: dict[str, int] = {part: code for code, part in enumerate(PARTS)}
    parts = table.column(PART).to_pylist()
    return RawPictures(
        pictures=table.column(IMAGE).to_pylist(),
        labels=table.column(LABEL).to_pylist(),
        names=[f"row {row:,}" for row in range(1, len(parts) + 1)],
        parts=np.array([codes[part] for part in parts], dtype=np.int8),
        official=frozenset(part for part in source.splits if part != "train"),
        classes=tuple(json.loads(table.schema.metadata[CLASSES])),
        title=f"{source.title} ({source.name})",
        where=str(path),
        image=IMAGE,
        label=LABEL,
        sha256=sha256_of(path),
    )


def _download(source: HubSource, revision: str | None, target: Path) -> None:
    """Write the hub's splits: the files as they were encoded, the class's name, and the part."""
    import pyarrow as pa
    from datasets import Image
    from pyarrow import parquet

    splits = load_splits(
        source.name,
        tuple(source.splits.values()),
        revision=revision,
        setting="--set data.source=sample",
    )
    names: list[str] = splits[source.splits["train"]].features[source.label].names
    loaded = {
        part: splits[split].cast_column(source.image, Image(decode=False))
        for part, split in source.splits.items()
    }
    columns = {
        IMAGE: [cell["bytes"] for each in loaded.values() for cell in each[source.image]],
        LABEL: [names[label] for each in loaded.values() for label in each[source.label]],
        PART: list(chain.from_iterable([part] * len(each) for part, each in loaded.items())),
    }
    table = pa.table(columns).replace_schema_metadata({CLASSES: json.dumps(names)})
    parquet.write_table(table, target)
