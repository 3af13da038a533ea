"""Photos of the three colours that `small_model` tells, each of them a little different."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from small_model import CLASSES, COLOURS, encoded, write_model

from {{ cookiecutter.package_name }} import reference
from {{ cookiecutter.package_name }}.api.predictor import ARTIFACTS, Predictor
from {{ cookiecutter.package_name }}.artifacts import read_manifest, write_manifest
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import ImageData

PHOTOS = Path("data/raw/photos")


def settings(**sections: dict[str, Any]) -> Params:
    """Settings that read the photos."""
    given = {"data": {"source": "folder", "path": str(PHOTOS), "near_duplicates": 0}, **sections}
    return Params.model_validate({"tracking": {"enabled": False}, **given})


def photo(colour: str, random: np.random.Generator, side: int = 48) -> Image.Image:
    """A square of a colour and its shades, with a darker patch somewhere."""
    shade = random.normal(1.0, 0.15)
    pixels = random.normal(0.0, 12.0, (side, side, 3)) + shade * np.array(COLOURS[colour])
    top, left = random.integers(0, side // 2, 2)
    pixels[top : top + side // 3, left : left + side // 3] *= random.uniform(0.5, 0.9)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def photos(count: int, seed: int) -> list[bytes]:
    """Files of such photos, of the classes in turn."""
    random = np.random.default_rng(seed)
    return [encoded(photo(CLASSES[i % len(CLASSES)], random)) for i in range(count)]


def write_photos(folder: Path = PHOTOS, each: int = 60, seed: int = 0) -> None:
    """Write a folder for each class with such photos in it."""
    random = np.random.default_rng(seed)
    for name in CLASSES:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            photo(name, random).save(folder / name / f"{number}.png")


def write_watched(folder: Path, train: ImageData, validation: ImageData) -> None:
    """Write the small model to `folder`, with what `drift` compares with."""
    write_model(folder)
    reference.write(train, validation, Predictor.load(folder), 0, folder)
    manifest = read_manifest(folder)
    write_manifest(
        folder,
        (*ARTIFACTS, reference.NAME),
        name=manifest.name,
        data=manifest.data,
        metrics=manifest.metrics,
        settings=manifest.settings,
        libraries=("onnxruntime",),
    )
