"""Fitting a network: what the settings leave open, what is kept of it, and how it is loaded."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trained_parts import fit, tiny

from {{ cookiecutter.package_name }}.config import Network, Params
from {{ cookiecutter.package_name }}.data import load_train, load_validation
from {{ cookiecutter.package_name }}.defaults import (
    CUTOUT,
    FULL,
    WIDTH_CPU,
    WIDTH_GPU,
    WIDTH_SMALL,
    augmentation_of,
    batch_size_of,
    epochs_of,
    flips,
    for_another,
    is_balanced,
    learning_rate_of,
    low_epochs_of,
    weight_decay_of,
    width_of,
)
from {{ cookiecutter.package_name }}.fitting import load, preprocessing_of
from {{ cookiecutter.package_name }}.pixel_cache import pixels_of
from {{ cookiecutter.package_name }}.pixel_statistics import moments
from {{ cookiecutter.package_name }}.torch_device import Device

CPU, GPU = Device("cpu", "CPU", "none"), Device("cuda", "GPU", "bf16")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def open_params(**sections: dict[str, Any]) -> Params:
    return Params.model_validate(sections)


def test_a_network_learns_the_digits_and_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    params = tiny(data={"max_rows": 600}, model={"width": 8}, train={"epochs": 8})
    found = fit(params)
    training = found.training
    assert training["curve"][-1]["accuracy"] > 0.8
    assert training["best_epoch"] == training["epochs"] == 8
    assert training["examples_per_second"] > 0
    assert training["parameters"] == sum(each.numel() for each in found.model.parameters())
    found.save(tmp_path)
    again = load(tmp_path)
    shown = pixels_of(load_validation(params), found.preprocessing)
    assert np.array_equal(again.logits(shown), found.logits(shown))
    assert (again.classes, again.preprocessing) == (found.classes, found.preprocessing)
    del training["examples_per_second"]  # which is no part of the model
    assert again.training == training


@pytest.mark.parametrize("name", ["cnn", "resnet"])
def test_each_network_is_saved_and_loaded(name: Network, tmp_path: Path) -> None:
    found = fit(tiny(train={"epochs": 1}), name)
    found.save(tmp_path)
    again = load(tmp_path)
    shown = np.zeros((2, 16, 16, 3), dtype=np.uint8)
    assert again.name == name
    assert np.array_equal(again.logits(shown), found.logits(shown))


def test_at_test_time_an_answer_is_the_mean_of_both_sides() -> None:
    plain = fit(tiny(train={"epochs": 1}))
    both = replace(plain, test_time=True)
    shown = np.random.default_rng(1).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)
    mirrored = np.ascontiguousarray(shown[:, :, ::-1])
    expected = (plain.logits(shown) + plain.logits(mirrored)) / 2
    assert both.logits(shown) == pytest.approx(expected, abs=1e-6)
    assert both.logits(shown) == pytest.approx(both.logits(mirrored), abs=1e-6)
    assert fit(tiny(train={"epochs": 1, "test_time": True})).test_time


def test_mean_and_deviation_are_those_of_the_training_pixels() -> None:
    shown = np.random.default_rng(1).integers(0, 200, (50, 8, 8, 3), dtype=np.uint8)
    mean, deviation = moments(shown)
    flat = shown.reshape(-1, 3).astype(np.float64)
    assert mean == pytest.approx(flat.mean(axis=0).tolist())
    assert deviation == pytest.approx(flat.std(axis=0).tolist())


@pytest.mark.parametrize(
    ("side", "size"), [(8, 16), (28, 32), (32, 32), (33, 40), (64, 64), (3000, 64)]
)
def test_the_size_is_by_the_pictures_within_bounds(side: int, size: int) -> None:
    data = load_train(tiny())
    shown = replace(data, sizes=np.full_like(data.sizes, side))
    assert preprocessing_of("resnet", tiny(), shown).size == size
    assert preprocessing_of("resnet", tiny(image={"size": 24}), shown).size == 24


def test_few_wide_pictures_do_not_make_the_others_large() -> None:
    data = load_train(tiny())
    sizes = np.full_like(data.sizes, 32)
    sizes[:10], sizes[:, 0] = 900, 900
    assert preprocessing_of("cnn", tiny(), replace(data, sizes=sizes)).size == 32


def test_fewer_pictures_are_seen_more_often_in_smaller_batches() -> None:
    counts = (200, 1500, FULL, 500_000)
    epochs = [epochs_of("resnet", open_params(), count, 32, CPU) for count in counts]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[2] == epochs[3]
    batches = [batch_size_of("resnet", open_params(), count, CPU) for count in counts]
    assert batches == sorted(batches)
    assert all(each & (each - 1) == 0 for each in batches)  # powers of two
    assert batch_size_of("resnet", open_params(), 10, CPU) == 10
    assert batch_size_of("resnet", open_params(train={"batch_size": 64}), 10, CPU) == 10


def test_a_gpu_gets_a_wider_network_longer_trainings_and_larger_batches() -> None:
    params = open_params()
    assert width_of(params, FULL, 32, CPU) == WIDTH_CPU
    assert width_of(params, FULL, 32, GPU) == WIDTH_GPU
    assert epochs_of("resnet", params, FULL, 32, GPU) > epochs_of("resnet", params, FULL, 32, CPU)
    assert batch_size_of("resnet", params, FULL, GPU) > batch_size_of("resnet", params, FULL, CPU)


def test_few_pictures_and_plain_ones_get_a_narrow_network() -> None:
    assert width_of(open_params(), 200, 64, GPU) == WIDTH_SMALL
    assert width_of(open_params(), FULL, 16, CPU) == WIDTH_SMALL
    assert width_of(open_params(model={"width": 48}), 200, 64, GPU) == 48


def test_the_learning_rate_of_the_residual_network_grows_with_its_batches() -> None:
    params = open_params()
    assert learning_rate_of("resnet", params, 512) == 2 * learning_rate_of("resnet", params, 128)
    assert learning_rate_of("cnn", params, 512) == learning_rate_of("cnn", params, 256)
    assert learning_rate_of("cnn", open_params(train={"learning_rate": 0.5}), 512) == 0.5
    assert weight_decay_of("cnn", open_params(train={"weight_decay": 0.0})) == 0.0


def test_only_a_network_from_scratch_begins_with_smaller_pictures_if_they_have_details() -> None:
    assert 0 < low_epochs_of("resnet", 10, 32) < 10
    assert low_epochs_of("resnet", 10, 16) == 0
    assert low_epochs_of("pretrained", 10, 224) == 0


def test_the_last_epoch_always_sees_the_full_size() -> None:
    for epochs in range(1, 8):
        assert low_epochs_of("resnet", epochs, 32) < epochs


def test_a_network_that_is_compared_has_its_own_rate_and_decay() -> None:
    chosen = {"learning_rate": 0.5, "weight_decay": 0.5, "batch_size": 8, "epochs": 3}
    own = for_another(open_params(train=chosen))
    assert learning_rate_of("cnn", own, 64) == learning_rate_of("cnn", open_params(), 64)
    assert weight_decay_of("cnn", own) == weight_decay_of("cnn", open_params())
    assert batch_size_of("cnn", own, FULL, CPU) == batch_size_of("cnn", open_params(), FULL, CPU)
    assert own.train.epochs == 3


@pytest.mark.parametrize(
    ("classes", "source", "expected"),
    [
        (("cat", "dog"), "folder", True),
        (("0", "1", "10"), "folder", False),
        (("a", "b", "ö"), "parquet", False),
        (("0", "1"), "sample", False),
        (("a", "dog"), "folder", True),
    ],
)
def test_digits_and_letters_are_not_mirrored(
    classes: tuple[str, ...], source: str, expected: bool
) -> None:
    assert flips(open_params(), classes, source) is expected
    for chosen in (True, False):
        assert flips(open_params(train={"flip": chosen}), classes, source) is chosen


def test_few_pictures_are_varied_more() -> None:
    params = tiny(train={"augment": "auto"})
    data = load_train(params)
    assert augmentation_of(params, data).kind == "strong"
    assert augmentation_of(params, data).cutout == CUTOUT
    many = replace(data, labels=np.resize(data.labels, 5000))
    assert augmentation_of(params, many).kind == "light"
    assert augmentation_of(params, many).cutout == 0
    assert augmentation_of(tiny(train={"augment": "none"}), data).kind == "none"


def test_classes_are_balanced_if_asked_for_or_if_they_are_unbalanced() -> None:
    equal, skewed = np.array([0, 1] * 50), np.array([0] * 90 + [1] * 10)
    expected = {"none": (False, False), "balanced": (True, True), "auto": (False, True)}
    for chosen, found in expected.items():
        params = open_params(train={"class_weights": chosen})
        assert (is_balanced(params, equal), is_balanced(params, skewed)) == found
