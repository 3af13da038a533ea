"""Each ingredient: the recipe without it, or the reason why there is nothing to leave out."""

from typing import Any

import pytest
from conftest import small_params

from {{ cookiecutter.package_name }}.ingredients import ingredients
from {{ cookiecutter.package_name }}.recipes import Recipe, shuffled

LENGTH = 24


def without(name: str, **sections: dict[str, Any]) -> Recipe | str:
    """What becomes of the complete recipe of these settings."""
    every = {each.ingredient.name: each for each in ingredients(LENGTH)}
    return every[name].remove(Recipe.of(small_params(**sections)))


PRETRAINED: dict[str, dict[str, Any]] = {"model": {"name": "a/b"}, "train": {"model": "pretrained"}}


@pytest.mark.parametrize("sections", [{}, PRETRAINED])
def test_each_has_a_name_of_its_own_a_reason_and_changes_something(
    sections: dict[str, dict[str, Any]],
) -> None:
    full = Recipe.of(small_params(**sections))
    found = ingredients(LENGTH)
    assert len({each.ingredient.name for each in found}) == len(found)
    for each in found:
        assert each.ingredient.why.endswith(".")
        recipe = each.remove(full)
        if not isinstance(recipe, str):
            assert recipe.fit_of(0) != full.fit_of(0), each.ingredient.name


@pytest.mark.parametrize(
    ("name", "sections", "section", "key", "value"),
    [
        ("class-weights", {}, "train", "class_weights", "none"),
        ("focal-loss", {"train": {"loss": "focal"}}, "train", "loss", "cross_entropy"),
        ("consistency", {"train": {"consistency": 2.0}}, "train", "consistency", 0.0),
        ("consistency", PRETRAINED, "train", "consistency", 0.0),
        ("masking", {}, "clean", "links", False),
        ("masking", {}, "clean", "mentions", False),
        ("lower-case", {}, "clean", "lower", False),
        ("warm-up", {}, "train", "warmup", 0.0),
        ("dropout", {"model": {"dropout": 0.2}}, "model", "dropout", 0.0),
        ("whole-length", {}, "tokens", "max_length", LENGTH // 2),
        ("lora", {**PRETRAINED, "model": {"name": "a/b", "lora": True}}, "model", "lora", False),
    ],
)
def test_it_is_taken_out_of_the_settings(
    name: str, sections: dict[str, Any], section: str, key: str, value: object
) -> None:
    recipe = without(name, **sections)
    assert isinstance(recipe, Recipe)
    assert getattr(getattr(recipe.params, section), key) == value


@pytest.mark.parametrize(
    ("name", "sections", "reason"),
    [
        ("pretraining", {}, "the model is trained from scratch"),
        ("class-weights", {"train": {"class_weights": "none"}}, "train.class_weights is none"),
        ("focal-loss", {}, "train.loss is cross_entropy"),
        ("consistency", {}, "train.consistency is 0, or null for a model from scratch"),
        (
            "masking",
            {"clean": {"links": False, "mentions": False}},
            "clean.links and clean.mentions are false",
        ),
        ("lower-case", {"clean": {"lower": False}}, "clean.lower is false"),
        ("lower-case", PRETRAINED, "the model's own tokenizer decides on upper case"),
        ("dropout", PRETRAINED, "the pretrained model brings its own"),
        ("lora", {}, "model.lora is false"),
    ],
)
def test_what_is_not_used_says_so(name: str, sections: dict[str, Any], reason: str) -> None:
    assert without(name, **sections) == reason


def test_without_pretrained_weights_a_small_one_is_trained_with_settings_of_its_own() -> None:
    own = {"epochs": 2, "batch_size": 4, "learning_rate": 2e-5, "consistency": 3.0}
    sections = {**PRETRAINED, "train": {"model": "pretrained", **own}}
    recipe = without("pretraining", **sections)
    assert isinstance(recipe, Recipe)
    assert recipe.model == "small"
    assert {getattr(recipe.params.train, name) for name in own} == {None}


def test_shuffled_texts_have_the_same_words_and_are_the_same_each_time() -> None:
    texts = ["one two three four five six seven", "alone", ""]
    found = shuffled(texts)
    assert found == shuffled(texts)
    assert found[0] != texts[0]
    assert [sorted(each.split()) for each in found] == [sorted(each.split()) for each in texts]
