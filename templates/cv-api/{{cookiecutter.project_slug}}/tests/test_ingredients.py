"""The ingredients: each can be left out, changes one thing, and says when there is nothing."""

from typing import Any

import pytest
from conftest import small_params

from {{ cookiecutter.package_name }}.ingredients import ingredients
from {{ cookiecutter.package_name }}.recipes import Recipe

AUGMENTED = {"kind": "strong", "flip": True, "cutout": 0.25, "mixup": 0.2}
PLAIN = {"kind": "none", "flip": True, "cutout": 0.25, "mixup": 0.2}
PRETRAINED: dict[str, dict[str, Any]] = {
    "model": {"name": "some/model"},
    "train": {"model": "pretrained", "epochs": 2, "batch_size": 4, "learning_rate": 0.01},
}


def without(
    name: str, augmentation: dict[str, Any] = AUGMENTED, size: int = 32, **sections: dict[str, Any]
) -> Recipe | str:
    """The recipe of these settings without one ingredient, or why it has none."""
    full = Recipe.of(small_params(**sections))
    (found,) = [each for each in ingredients(size, augmentation) if each.ingredient.name == name]
    return found.remove(full)


def test_names_are_told_once_and_each_has_a_title_and_a_reason() -> None:
    listed = [each.ingredient for each in ingredients(32, AUGMENTED)]
    assert len({each.name for each in listed}) == len({each.title for each in listed})
    assert len(listed) == len({each.name for each in listed})
    for each in listed:
        assert each.why.endswith(".")
        assert len(each.why.split()) > 5


@pytest.mark.parametrize(
    ("name", "section", "key", "value", "sections"),
    [
        ("augmentation", "train", "augment", "none", {}),
        ("flip", "train", "flip", False, {}),
        ("cutout", "train", "cutout", 0.0, {}),
        ("mixup", "train", "mixup", 0.0, {"train": {"mixup": 0.2}}),
        ("label-smoothing", "train", "label_smoothing", 0.0, {}),
        ("averaging", "train", "averaging", 0.0, {}),
        ("warm-up", "train", "warmup", 0.0, {}),
        ("weight-decay", "train", "weight_decay", 0.0, {}),
        ("dropout", "model", "dropout", 0.0, {"model": {"dropout": 0.3}}),
        ("class-weights", "train", "class_weights", "none", {"train": {"class_weights": "auto"}}),
        ("test-time", "train", "test_time", False, {"train": {"test_time": True}}),
        ("resolution", "image", "size", 16, {}),
        ("layer-rates", "model", "layer_decay", 1.0, PRETRAINED),
        ("frozen-start", "model", "frozen", 0.0, PRETRAINED),
    ],
)
def test_one_thing_is_left_out_and_all_else_stays(
    name: str, section: str, key: str, value: object, sections: dict[str, Any]
) -> None:
    full = Recipe.of(small_params(**sections))
    recipe = without(name, **sections)
    assert isinstance(recipe, Recipe)
    assert getattr(getattr(recipe.params, section), key) == value
    assert recipe.model == full.model
    before, after = (each.params.model_dump() for each in (full, recipe))
    before[section].pop(key)
    after[section].pop(key)
    assert before == after
    assert full.fit_of(0) != recipe.fit_of(0)


@pytest.mark.parametrize(
    ("name", "given", "reason"),
    [
        ("augmentation", {"augmentation": PLAIN}, "train.augment is none"),
        ("flip", {"augmentation": {**AUGMENTED, "flip": False}}, "not mirrored, see train.flip"),
        ("flip", {"augmentation": PLAIN}, "not mirrored, see train.flip"),
        ("cutout", {"augmentation": {**AUGMENTED, "cutout": 0.0}}, "train.cutout leaves it out"),
        ("mixup", {"augmentation": {**AUGMENTED, "mixup": 0.0}}, "train.mixup is 0"),
        ("label-smoothing", {"train": {"label_smoothing": 0.0}}, "train.label_smoothing is 0.0"),
        ("dropout", {}, "model.dropout is 0.0"),
        ("class-weights", {}, "train.class_weights is none"),
        ("test-time", {}, "train.test_time is false"),
        ("pretraining", {}, "the model is trained from scratch"),
        ("layer-rates", {}, "the model is trained from scratch"),
        ("frozen-start", {}, "the model is trained from scratch"),
        ("residual", PRETRAINED, "train.model is pretrained"),
        ("residual", {"train": {"model": "cnn"}}, "train.model is cnn"),
        ("resolution", {"size": 15}, "the model sees 15 pixels only"),
    ],
)
def test_what_is_not_used_says_so(name: str, given: dict[str, Any], reason: str) -> None:
    found = without(name, **given)
    assert isinstance(found, str)
    assert reason in found


def test_another_network_is_trained_with_settings_of_its_own() -> None:
    recipe = without("pretraining", **PRETRAINED)
    assert isinstance(recipe, Recipe)
    assert recipe.model == "resnet"
    settings = recipe.params.train
    assert (settings.batch_size, settings.learning_rate) == (None, None)
    # That of the other trainings of this ablation.
    assert settings.epochs == recipe.params.ablate.epochs == 2
    plain = without("residual", ablate={"epochs": None})
    assert isinstance(plain, Recipe)
    assert (plain.model, plain.params.train.epochs) == ("cnn", None)


def test_an_ablation_may_have_fewer_epochs_than_the_training() -> None:
    assert Recipe.of(small_params(ablate={"epochs": 3})).params.train.epochs == 3
    assert Recipe.of(small_params(ablate={"epochs": None})).params.train.epochs == 8
