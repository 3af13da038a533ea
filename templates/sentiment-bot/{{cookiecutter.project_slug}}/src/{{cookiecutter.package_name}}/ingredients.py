"""The ingredients of the model, all in one place: what each is for, and how to do without it.

`ablate` leaves them out one at a time. A new one is an entry below: a name, a title, a reason, and
a function from the complete recipe to the recipe without it (or to why there is nothing to leave
out).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from .ablation import Ingredient
from .fitting import consistency_of
from .recipes import Recipe
from .tokenization import SHORTEST

Removal = Callable[[Recipe], "Recipe | str"]
"""The recipe without an ingredient, or the reason why it has none."""


@dataclass(frozen=True)
class Removable:
    """An ingredient, and how to leave it out."""

    ingredient: Ingredient
    remove: Removal


def ingredients(max_length: int) -> list[Removable]:
    """Every ingredient, used or not. max_length: tokens that the model reads."""
    return [
        _removable(
            "transformer",
            "Transformer",
            "It reads words in their order and their company; without it, words and pairs of "
            "them are counted (TF-IDF with logistic regression).",
            lambda recipe: replace(recipe, model="tfidf"),
        ),
        _removable(
            "pretraining",
            "Pretrained weights",
            "They bring a knowledge of the language from far more texts; without them, a small "
            "transformer is trained from scratch.",
            _without_pretraining,
        ),
        _removable(
            "word-order",
            "Order of the words",
            "“Not good, but cheap” is not “good, but not cheap”; without it, each text's words "
            "are shuffled.",
            lambda recipe: replace(recipe, ordered=False),
        ),
        _removable(
            "class-weights",
            "Class weights",
            "Rare classes count as much as frequent ones, as they do in macro-F1.",
            partial(_with_setting, section="train", key="class_weights", value="none"),
        ),
        _removable(
            "focal-loss",
            "Focal loss",
            "Texts that are easy by now hardly count.",
            partial(_with_setting, section="train", key="loss", value="cross_entropy"),
        ),
        _removable(
            "consistency",
            "Agreement with itself",
            "Each text is read twice with other parts of the network switched off, and the two "
            "answers are to agree (R-Drop): texts are learned less by heart.",
            _without_consistency,
        ),
        _removable(
            "masking",
            "Masked links and mentions",
            "No account and no address is learned; what is rare becomes one frequent word.",
            _without_masks,
        ),
        _removable(
            "lower-case",
            "Lower case",
            "“Great” and “great” are one word, so that each is seen more often.",
            _without_lower_case,
        ),
        _removable(
            "warm-up",
            "Warm-up",
            "The learning rate rises slowly at first, so that random gradients do no harm.",
            partial(_with_setting, section="train", key="warmup", value=0.0),
        ),
        _removable(
            "dropout",
            "Dropout",
            "Parts of the network are switched off at random in training, so that it does not "
            "learn the texts by heart.",
            _without_dropout,
        ),
        _removable(
            "whole-length",
            "The second half of the length",
            "What stands late in a text may turn it; without it, the model reads half as many "
            "tokens.",
            partial(_with_half_the_length, max_length=max_length),
        ),
        _removable(
            "lora",
            "LoRA",
            "Small matrices are trained beside the weights; without it, all weights are.",
            partial(_with_setting, section="model", key="lora", value=False),
        ),
    ]


def _removable(name: str, title: str, why: str, remove: Removal) -> Removable:
    return Removable(Ingredient(name, title, why), remove)


def _with_setting(recipe: Recipe, section: str, key: str, value: object) -> Recipe | str:
    if getattr(getattr(recipe.params, section), key) == value:
        return f"{section}.{key} is {str(value).lower()}"
    return recipe.change(section, **{key: value})


def _without_pretraining(recipe: Recipe) -> Recipe | str:
    if recipe.model != "pretrained":
        return "the model is trained from scratch"
    # What is chosen for a pretrained model, such as few epochs, would not do justice to the other.
    usual = dict.fromkeys(("epochs", "batch_size", "learning_rate", "consistency"))
    plain = recipe.change("train", **usual)
    return replace(plain.change("model", lora=False), model="small")


def _without_consistency(recipe: Recipe) -> Recipe | str:
    if recipe.model == "tfidf" or consistency_of(recipe.model, recipe.params) == 0:
        return "train.consistency is 0, or null for a model from scratch"
    return recipe.change("train", consistency=0.0)


def _without_masks(recipe: Recipe) -> Recipe | str:
    clean = recipe.params.clean
    if not clean.links and not clean.mentions:
        return "clean.links and clean.mentions are false"
    return recipe.change("clean", links=False, mentions=False)


def _without_lower_case(recipe: Recipe) -> Recipe | str:
    lower = recipe.params.clean.lower
    if lower is False:
        return "clean.lower is false"
    if lower is None and recipe.model == "pretrained":
        return "the model's own tokenizer decides on upper case"
    return recipe.change("clean", lower=False)


def _without_dropout(recipe: Recipe) -> Recipe | str:
    if recipe.model != "small":
        return "the pretrained model brings its own"
    return _with_setting(recipe, "model", "dropout", 0.0)


def _with_half_the_length(recipe: Recipe, max_length: int) -> Recipe | str:
    half = max_length // 2
    if half < SHORTEST:
        return f"the model reads {max_length} tokens only"
    return recipe.change("tokens", max_length=half)
