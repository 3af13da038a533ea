"""Champion against challenger: on pictures that neither has seen, by macro-F1, or why not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from coloured_photos import settings, write_photos
from small_model import CLASSES, HEAD, write_model

from {{ cookiecutter.package_name }} import contest as step
from {{ cookiecutter.package_name }} import data, training_rows
from {{ cookiecutter.package_name }}.api.predictor import ARTIFACTS
from {{ cookiecutter.package_name }}.artifacts import read_manifest, write_manifest
from {{ cookiecutter.package_name }}.classification import macro_f1
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import ImageData
from {{ cookiecutter.package_name }}.promotion import Comparison

OLD, NEW = Path("old"), Path("new")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_photos()


@pytest.fixture
def params() -> Params:
    return settings(evaluate={"bootstrap": 200}, registry={"min_rows": 10})


def write(
    folder: Path, train: ImageData, validation: ImageData, classes: tuple[str, ...] = CLASSES
) -> None:
    """A model that tells the colours, and calls them by these names; with what it has seen."""
    write_model(folder, classes=list(classes))
    training_rows.write(train, validation, folder)
    manifest = read_manifest(folder)
    others = {path.name for path in folder.iterdir()} - {"manifest.json"}
    assert others > set(ARTIFACTS)
    write_manifest(
        folder,
        tuple(sorted(others)),
        name=manifest.name,
        data=manifest.data,
        metrics=manifest.metrics,
        settings=manifest.settings,
        libraries=("onnxruntime",),
    )


def test_the_better_model_is_told_by_macro_f1_on_the_same_pictures(params: Params) -> None:
    train, validation = data.load_train(params), data.load_validation(params)
    write(OLD, train, validation, ("green", "blue", "red"))  # two of them it mixes up
    write(NEW, train, validation)
    found = step.contest(params, OLD, NEW)
    assert isinstance(found, Comparison)
    test = data.load_test(params)
    mixed_up = np.array([1, 0, 2])[test.labels]
    assert found.champion == pytest.approx(macro_f1(test.labels, mixed_up, 3))
    assert found.challenger == 1.0
    assert found.better
    assert (found.rows, found.left_out) == (len(test.labels), 0)


def test_pictures_that_either_has_seen_are_left_out(params: Params) -> None:
    train, validation = data.load_train(params), data.load_validation(params)
    test = data.load_test(params)
    write(OLD, train, test.take(np.arange(5)))
    write(NEW, replace(test, meta=train.meta).take(np.arange(3, 9)), validation)
    found = step.contest(params, OLD, NEW)
    assert isinstance(found, Comparison)
    assert (found.left_out, found.rows) == (9, len(test.labels) - 9)


def test_other_classes_cannot_be_compared_and_the_reason_names_them(params: Params) -> None:
    train, validation = data.load_train(params), data.load_validation(params)
    write(OLD, train, validation)
    write(NEW, train, validation, ("azure", "green", "red"))
    found = step.contest(params, OLD, NEW)
    assert found == (
        "the champion has other classes than the new model (it does not know azure; it alone knows "
        "blue)"
    )


def test_too_few_new_pictures_are_a_reason(params: Params) -> None:
    train, validation, test = (
        load(params) for load in (data.load_train, data.load_validation, data.load_test)
    )
    write(OLD, train, test.take(np.arange(len(test.labels) - 2)))
    write(NEW, train, validation)
    found = str(step.contest(params, OLD, NEW))
    assert f"only 2 of {len(test.labels)} held-out pictures are new to both models" in found


def test_a_damaged_champion_is_a_reason_and_no_traceback(params: Params) -> None:
    train, validation = data.load_train(params), data.load_validation(params)
    write(OLD, train, validation)
    write(NEW, train, validation)
    np.save(OLD / "head.npy", HEAD + 1)
    found = str(step.contest(params, OLD, NEW))
    assert found.startswith("the champion cannot be measured on these pictures (")
    assert "head.npy" in found
