"""Pictures for the tests of the data: no two alike, unless one is made from another."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

Labelled = tuple[str, bytes]
"""A class and a file."""


def photo(seed: int, size: tuple[int, int] = (48, 40)) -> Image.Image:
    """A picture of random patches, large and small as in photos; no two have much in common."""
    rng = np.random.default_rng(seed)
    layers = []
    for patches in (4, 8, 16):
        noise = rng.integers(0, 256, (patches, patches, 3), dtype=np.uint8)
        smooth = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
        layers.append(np.asarray(smooth, dtype=np.float64))
    return Image.fromarray(np.average(layers, axis=0, weights=[4, 2, 1]).astype(np.uint8))


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    picture.save(out, format=kind, **options)
    return out.getvalue()


def file_of(seed: int) -> bytes:
    """A photo as a PNG file."""
    return encoded(photo(seed))


def copy_of(seed: int) -> bytes:
    """The same photo as another would have it: smaller, brighter, and as a JPEG file."""
    small = photo(seed).resize((40, 34), Image.Resampling.BICUBIC)
    return encoded(small.point(lambda value: min(255, value + 12)), "JPEG", quality=70)


def pictures(count: int, first: int = 0, classes: Sequence[str] = ("cat", "dog")) -> list[Labelled]:
    """Photos of the classes in turn."""
    return [(classes[i % len(classes)], file_of(first + i)) for i in range(count)]


def write_folder(content: Sequence[Labelled], folder: str = "photos") -> str:
    """Write a folder for each class."""
    for number, (label, picture) in enumerate(content):
        path = Path(folder) / label / f"{number:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)
    return folder


def write_parquet(
    cells: Sequence[bytes | None],
    labels: Sequence[Any],
    name: str = "images.parquet",
    *,
    names: Sequence[str] | None = None,
    plain: bool = False,
    columns: Mapping[str, Sequence[Any]] | None = None,
) -> str:
    """Write a file as the hub has it, or with plain bytes.

    names: of the classes, for its metadata.
    """
    image: Sequence[Any] = cells if plain else [{"bytes": cell, "path": None} for cell in cells]
    table = pa.table({"picture": image, "label": labels, **(columns or {})})
    if names is not None:
        label = {"names": list(names), "_type": "ClassLabel"}
        features = {"info": {"features": {"picture": {"_type": "Image"}, "label": label}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    pq.write_table(table, name)
    return name
