"""Exercise 10: one more ingredient for `ablate`: how much rests on the colours?"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from {{ cookiecutter.package_name }}.ablation_cache import Outcomes
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import ImageData, Meta
from {{ cookiecutter.package_name }}.ingredients import Removable, ingredients
from {{ cookiecutter.package_name }}.recipes import Recipe, bench_of

NAME, SIZE, ROWS = "colours", 16, 80
CLASSES = ("cold", "warm")
# Two colours that are equally bright, so that both become the same grey.
COLOURS = ((60, 100, 168), (148, 80, 54))
SETTINGS = {
    "image": {"size": SIZE},
    "train": {"model": "cnn", "epochs": 12, "batch_size": 8, "augment": "none"},
    "ablate": {"bootstrap": 500},
}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def pictures() -> ImageData:
    """Pictures whose class nothing tells but their colour."""
    random = np.random.default_rng(0)
    labels = np.arange(ROWS, dtype=np.int64) % 2
    files = []
    for label in labels:
        # The same light and shadow on all three channels.
        light = random.normal(0, 25, (SIZE, SIZE, 1))
        pixels = np.clip(np.array(COLOURS[label]) + light, 0, 255).astype(np.uint8)
        written = io.BytesIO()
        Image.fromarray(pixels).save(written, "PNG")
        files.append(written.getvalue())
    facts: dict[str, Any] = dict.fromkeys(Meta.model_fields, 0)
    facts |= dict.fromkeys(("name", "label", "sha256", "created"), "-")
    facts |= {"source": "sample", "synthetic": True, "image": None, "classes": CLASSES}
    rows = np.arange(ROWS)
    return ImageData(
        pictures=files,
        labels=labels,
        classes=CLASSES,
        names=[f"row {row}" for row in rows],
        hashes=rows.astype(np.uint64),
        groups=rows,
        sizes=np.full((ROWS, 2), SIZE),
        meta=Meta.model_validate(facts),
    )


def ingredient() -> Removable:
    augmentation = {"kind": "none", "flip": False, "cutout": 0.0, "mixup": 0.0}
    found = [each for each in ingredients(SIZE, augmentation) if each.ingredient.name == NAME]
    assert len(found) == 1, (
        f"ingredients.py lists {len(found)} ingredients called {NAME!r}, and one is wanted. A "
        "recipe needs a field of its own for what is not a setting."
    )
    return found[0]


def recipes() -> tuple[Recipe, Recipe]:
    """The complete one, and the one without colours."""
    full = Recipe.of(Params.model_validate(SETTINGS))
    without = ingredient().remove(full)
    assert isinstance(without, Recipe), f"it was not left out: {without}"
    return full, without


def test_it_is_described() -> None:
    described = ingredient().ingredient
    assert described.title, "tables and figures need its title"
    assert len(described.why.split()) > 3, "say in a sentence what colours are there for"


def test_nothing_else_changes() -> None:
    full, without = recipes()
    same = (without.model, without.params) == (full.model, full.params)
    assert same, "more than the colours has changed"


def test_its_fits_are_kept_apart_from_those_of_the_complete_recipe() -> None:
    full, without = recipes()
    assert full.fit_of(0) != without.fit_of(0), (
        "fit_of gives the same for both, so `ablate` would take the complete recipe's predictions "
        "for those without colours"
    )


def test_without_colours_nothing_tells_the_classes_apart(tmp_path: Path) -> None:
    data = pictures()
    full, without = recipes()
    bench = bench_of(data, data, np.arange(ROWS) // 2 % 2, Outcomes(tmp_path / "kept", {}))
    right = [(bench.measure(each).prediction == data.labels).mean() for each in (full, without)]
    assert right[0] > 0.9, f"with their colours, {right[0]:.0%} of these pictures are told right"
    assert right[1] < 0.75, (
        f"without colours {right[1]:.0%} are still right. Make the pictures grey that are trained "
        "on and those that are asked. Decoded pictures are kept on disk by the hashes of their "
        "files: grey ones need hashes of their own."
    )
