"""The ingredients of the model, all in one place: what each is for, and how to do without it.

`ablate` leaves them out one at a time. A new one is an entry below: a name, a title, a reason, and
a function from the complete recipe to the recipe without it (or to why there is nothing to leave
out).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from .ablation import Ingredient
from .defaults import OF_ONE_NETWORK
from .recipes import Recipe

Removal = Callable[[Recipe], "Recipe | str"]
"""The recipe without an ingredient, or the reason why it has none."""

SHORTEST = 8  # pixels of a picture's side


@dataclass(frozen=True)
class Removable:
    """An ingredient, and how to leave it out."""

    ingredient: Ingredient
    remove: Removal


def ingredients(size: int, augmentation: Mapping[str, Any]) -> list[Removable]:
    """Every ingredient, used or not.

    size: pixels of a picture's side. augmentation: what `train` made of the settings, as
    reports/metrics.json holds it.
    """
    moved = augmentation["kind"] != "none"
    return [
        _removable(
            "residual",
            "Residual network",
            "Deeper, with shortcuts that let the gradient through; without it, three plain "
            "convolutions have to do.",
            _without_residual,
        ),
        _removable(
            "pretraining",
            "Pretrained weights",
            "They bring edges, textures and shapes from millions of other pictures; without them, "
            "a residual network is trained from scratch.",
            _without_pretraining,
        ),
        _removable(
            "layer-rates",
            "Slower lower layers",
            "What the first layers of a pretrained model know of edges holds for any picture, and "
            "is changed less than what the last ones know.",
            partial(_pretrained_setting, key="layer_decay", value=1.0),
        ),
        _removable(
            "frozen-start",
            "Frozen start",
            "At first, only the new last layer of a pretrained model learns, so that its random "
            "gradients spoil nothing below.",
            partial(_pretrained_setting, key="frozen", value=0.0),
        ),
        _removable(
            "augmentation",
            "Augmentation",
            "Each picture is seen moved, and perhaps mirrored, turned or recoloured, a little "
            "differently in each epoch; without it, every time the same.",
            lambda recipe: _unless(
                moved, "train.augment is none", recipe, train={"augment": "none"}
            ),
        ),
        _removable(
            "flip",
            "Mirrored pictures",
            "What faces left might as well face right, so half of the pictures are mirrored.",
            lambda recipe: _unless(
                moved and augmentation["flip"],
                "these pictures are not mirrored, see train.flip",
                recipe,
                train={"flip": False},
            ),
        ),
        _removable(
            "cutout",
            "Cutout",
            "A square of each picture is greyed out, so that no single part of it is relied on.",
            lambda recipe: _unless(
                moved and augmentation["cutout"] > 0,
                "train.cutout leaves it out, or train.augment is none",
                recipe,
                train={"cutout": 0.0},
            ),
        ),
        _removable(
            "mixup",
            "Mixup",
            "Pictures are mixed, and their classes with them: between two classes, the model is "
            "to be in between.",
            lambda recipe: _unless(
                moved and augmentation["mixup"] > 0,
                "train.mixup is 0, or train.augment none",
                recipe,
                train={"mixup": 0.0},
            ),
        ),
        _removable(
            "label-smoothing",
            "Label smoothing",
            "No picture is taken to be its class with certainty, which keeps the logits small.",
            partial(_with_setting, section="train", key="label_smoothing", value=0.0),
        ),
        _removable(
            "averaging",
            "Averaged weights",
            "The served weights are a mean over the last steps, each of which follows its own few "
            "pictures.",
            partial(_with_setting, section="train", key="averaging", value=0.0),
        ),
        _removable(
            "warm-up",
            "Warm-up",
            "The learning rate rises slowly at first, so that random gradients do no harm.",
            partial(_with_setting, section="train", key="warmup", value=0.0),
        ),
        _removable(
            "weight-decay",
            "Weight decay",
            "Weights shrink a little with each step, unless the pictures ask for them.",
            partial(_with_setting, section="train", key="weight_decay", value=0.0),
        ),
        _removable(
            "dropout",
            "Dropout",
            "Some of the last layer's inputs are switched off at random in training, so that it "
            "relies on no single one.",
            partial(_with_setting, section="model", key="dropout", value=0.0),
        ),
        _removable(
            "class-weights",
            "Class weights",
            "Rare classes count as much as frequent ones, as they do in macro-F1.",
            partial(_with_setting, section="train", key="class_weights", value="none"),
        ),
        _removable(
            "test-time",
            "A second look",
            "The answer is the mean of a picture's and its mirror image's.",
            partial(_with_setting, section="train", key="test_time", value=False),
        ),
        _removable(
            "resolution",
            "Resolution",
            "Small things need pixels; without it, the model sees half as many on each side.",
            partial(_with_half_the_size, size=size),
        ),
    ]


def _removable(name: str, title: str, why: str, remove: Removal) -> Removable:
    return Removable(Ingredient(name, title, why), remove)


def _unless(used: bool, reason: str, recipe: Recipe, **sections: dict[str, Any]) -> Recipe | str:
    """The recipe with other values in these sections; the reason, if it is not used anyway."""
    if not used:
        return reason
    for section, values in sections.items():
        recipe = recipe.change(section, **values)
    return recipe


def _with_setting(recipe: Recipe, section: str, key: str, value: object) -> Recipe | str:
    if getattr(getattr(recipe.params, section), key) == value:
        return f"{section}.{key} is {str(value).lower()}"
    return recipe.change(section, **{key: value})


def _pretrained_setting(recipe: Recipe, key: str, value: object) -> Recipe | str:
    if recipe.model != "pretrained":
        return "the model is trained from scratch"
    return _with_setting(recipe, "model", key, value)


def _without_residual(recipe: Recipe) -> Recipe | str:
    if recipe.model != "resnet":
        return f"the model is not the residual network (train.model is {recipe.model})"
    return replace(_usual(recipe), model="cnn")


def _without_pretraining(recipe: Recipe) -> Recipe | str:
    if recipe.model != "pretrained":
        return "the model is trained from scratch"
    return replace(_usual(recipe), model="resnet")


def _usual(recipe: Recipe) -> Recipe:
    """What is chosen for one network, such as few epochs, would not do justice to another."""
    own = dict.fromkeys(OF_ONE_NETWORK)
    return recipe.change("train", **own, epochs=recipe.params.ablate.epochs)


def _with_half_the_size(recipe: Recipe, size: int) -> Recipe | str:
    if size // 2 < SHORTEST:
        return f"the model sees {size} pixels only"
    return recipe.change("image", size=size // 2)
