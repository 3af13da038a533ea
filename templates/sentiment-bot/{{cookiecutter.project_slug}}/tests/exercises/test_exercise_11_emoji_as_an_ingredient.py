"""Exercise 11: one more ingredient for `ablate`: how much rests on emoji and typed faces?"""

from pathlib import Path

import numpy as np
import pytest
from conftest import small_params

from {{ cookiecutter.package_name }}.ablation_cache import Outcomes
from {{ cookiecutter.package_name }}.data import Meta, TextData
from {{ cookiecutter.package_name }}.ingredients import Removable, ingredients
from {{ cookiecutter.package_name }}.recipes import Recipe, bench_of

NAME = "emoji"
CLASSES = ("negative", "positive")
FACES = ("\U0001f621 :(", "\U0001f600 :)")


def texts(rows: int = 80) -> TextData:
    """Texts whose class nothing tells but the face at their end."""
    labels = np.arange(rows, dtype=np.int64) % 2
    written = [f"It is day {row // 2 % 9} {FACES[label]}" for row, label in enumerate(labels)]
    numbers = dict.fromkeys(Meta.model_fields, 0)
    names = dict.fromkeys(("name", "text", "label", "sha256", "created"), "-")
    facts = {**numbers, **names, "source": "sample", "synthetic": True, "classes": CLASSES}
    return TextData(
        texts=written,
        labels=labels,
        classes=CLASSES,
        lines=np.arange(rows),
        meta=Meta.model_validate(facts),
    )


def ingredient() -> Removable:
    found = [each for each in ingredients(64) if each.ingredient.name == NAME]
    assert len(found) == 1, (
        f"ingredients.py lists {len(found)} ingredients called {NAME!r}, and one is wanted. "
        "`word-order` shows how what is not a setting is left out."
    )
    return found[0]


def recipes() -> tuple[Recipe, Recipe]:
    """The complete one with counted words, and the one without emoji."""
    full = Recipe("tfidf", small_params())
    without = ingredient().remove(full)
    assert isinstance(without, Recipe), f"it was not left out: {without}"
    return full, without


def test_it_is_described() -> None:
    described = ingredient().ingredient
    assert described.title, "tables and figures need its title"
    assert len(described.why.split()) > 3, "say in a sentence what emoji are there for"


def test_nothing_else_changes() -> None:
    full, without = recipes()
    assert (without.model, without.params, without.ordered) == (
        full.model,
        full.params,
        full.ordered,
    ), "more than the emoji has changed"


def test_its_fits_are_kept_apart_from_those_of_the_complete_recipe() -> None:
    full, without = recipes()
    assert full.fit_of(0) != without.fit_of(0), (
        "fit_of gives the same for both, so `ablate` would take the complete recipe's predictions "
        "for those without emoji"
    )


def test_without_emoji_nothing_tells_the_classes_apart(tmp_path: Path) -> None:
    data = texts()
    full, without = recipes()
    # The twins of a text, which differ in their face alone, are in one fold.
    bench = bench_of(data, data, np.arange(len(data.labels)) // 2 % 2, Outcomes(tmp_path, {}))
    right = [(bench.measure(each).prediction == data.labels).mean() for each in (full, without)]
    assert right[0] == pytest.approx(1.0), "with its emoji, each of these texts is told right"
    assert right[1] == pytest.approx(0.5), (
        f"without emoji and typed faces {right[1]:.0%} are still right. Take them out of the texts "
        "to train on and of those that are asked, as EMOJI in text_features.py finds them."
    )
