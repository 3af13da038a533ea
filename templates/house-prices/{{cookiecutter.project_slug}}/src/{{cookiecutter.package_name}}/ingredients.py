"""The ingredients of a price model, all in one place: what each is for, and how to do without it.

`ablate` leaves them out one at a time. A new one is an entry below: a name, a title, a reason, and
a function from the complete recipe to the recipe without it (or to why there is nothing to leave
out).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from . import ames
from .ablation import Ingredient
from .data import TableData
from .eda_statistics import strengths
from .features import amounts_of, applicable, role
from .models import DEFAULTS, library_defaults
from .recipes import Recipe
from .schema import TableSchema

CONSTANT = ("mean",)  # models that read no column
STRONGEST = 3  # columns of an unknown table that are left out one by one

Removal = Callable[[Recipe], "Recipe | str"]
"""The recipe without an ingredient, or the reason why it has none."""


@dataclass(frozen=True)
class Removable:
    """An ingredient, and how to leave it out."""

    ingredient: Ingredient
    remove: Removal


def ingredients(recipe: Recipe, data: TableData, best: str) -> list[Removable]:
    """Every ingredient, used or not, of the complete recipe.

    data: the training rows. best: the candidate with the smallest out-of-fold error by itself.
    """
    return [
        _removable(
            "log-target",
            "Logarithm of the target",
            "An error then counts as a share of the price, and the few dear rows weigh no more "
            "than the many cheap ones.",
            _without_log,
        ),
        _removable(
            "derived-features",
            "Derived features",
            "Sums and products of columns, such as the total area, that a model would have to "
            "find by itself.",
            _without_derived_features,
        ),
        _removable(
            "ordinal-scales",
            "Ordinal scales as ranks",
            "Fair, typical and good have an order; as mere names they would lose it.",
            _without_scales,
        ),
        _removable(
            "tuning",
            "Tuned hyperparameters",
            "Found by search, in place of the libraries' defaults.",
            _without_tuning,
        ),
        _removable(
            "stacking",
            "Stacking",
            f"The weighted mean of several models, in place of the best one, {best}.",
            partial(_without_stacking, best=best),
        ),
        *(_member(name) for name in (recipe.candidates if recipe.model == "stack" else ())),
        *_groups(data),
    ]


def _removable(name: str, title: str, why: str, remove: Removal) -> Removable:
    return Removable(Ingredient(name, title, why), remove)


def _without_log(recipe: Recipe) -> Recipe | str:
    if not recipe.log_target:
        return "train.log_target is false"
    return replace(recipe, log_target=False)


def _without_derived_features(recipe: Recipe) -> Recipe | str:
    if recipe.model in CONSTANT:
        return f"{recipe.model} reads no column"
    if not applicable(amounts_of(recipe.schema)):
        return "none of them applies to this table's columns"
    return replace(recipe, derived=False)


def _without_scales(recipe: Recipe) -> Recipe | str:
    """`ames.py` knows scales by their columns' names: under others, they are plain categories."""
    if recipe.model in CONSTANT:
        return f"{recipe.model} reads no column"
    ranked = [column.name for column in recipe.schema.columns if role(column) == "rank"]
    if not ranked:
        return "no column of this table is graded on a known scale"
    names = {name: f"{name} (no scale)" for name in ranked}
    columns = tuple(
        column.model_copy(update={"name": names.get(column.name, column.name)})
        for column in recipe.schema.columns
    )
    return replace(
        recipe,
        schema=TableSchema(target=recipe.schema.target, columns=columns),
        frame=recipe.frame.rename(columns=names),
    )


def _without_tuning(recipe: Recipe) -> Recipe | str:
    if not any(DEFAULTS[name] or recipe.hyperparameters.get(name) for name in recipe.models):
        return f"{recipe.model} has no hyperparameters"
    return replace(recipe, hyperparameters={name: library_defaults(name) for name in recipe.models})


def _without_stacking(recipe: Recipe, best: str) -> Recipe | str:
    if recipe.model != "stack":
        return f"train.model is {recipe.model}"
    return replace(recipe, model=best)


def _member(name: str) -> Removable:
    return _removable(
        f"member-{name}",
        f"{name} in the stack",
        "A model that errs on other rows than the rest do takes a little off their error.",
        partial(_without_member, name=name),
    )


def _without_member(recipe: Recipe, name: str) -> Recipe | str:
    others = tuple(each for each in recipe.candidates if each != name)
    if not others:
        return "it is the only one"
    return replace(recipe, candidates=others)


def _groups(data: TableData) -> list[Removable]:
    """Groups of columns: by what they say of a house where that is known, else by kind."""
    known = {name for _, names in ames.GROUPS.values() for name in names}
    names = data.schema.names
    groups = _ames_groups(names) if 2 * len(known.intersection(names)) > len(names) else {}
    return [
        _removable(
            f"columns-{key}",
            title,
            f"What is known of each row: {_listed(columns)}.",
            partial(_without_columns, columns=columns),
        )
        for key, (title, columns) in (groups or _groups_by_kind(data)).items()
    ]


def _ames_groups(names: tuple[str, ...]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """{key: (title, columns)} of the groups of which the table has columns, and of the rest."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    rest = set(names)
    for key, (title, members) in ames.GROUPS.items():
        present = tuple(name for name in names if name in members)
        rest.difference_update(present)
        if present:
            found[key] = (f"Columns: {title}", present)
    if rest:
        found["other"] = ("Columns: others", tuple(name for name in names if name in rest))
    return found


def _groups_by_kind(data: TableData) -> dict[str, tuple[str, tuple[str, ...]]]:
    """All numbers, all categories, and the columns that alone explain the target best.

    A column that is the only number or the only category is one of these groups already.
    """
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    if data.schema.numbers and data.schema.categories:
        found["numbers"] = ("Columns: all numbers", data.schema.numbers)
        found["categories"] = ("Columns: all categories", data.schema.categories)
    for name in strengths(data).index[:STRONGEST]:
        if (str(name),) not in [columns for _, columns in found.values()]:
            found[f"only-{name}"] = (f"Column {name}", (str(name),))
    return found


def _without_columns(recipe: Recipe, columns: tuple[str, ...]) -> Recipe | str:
    if recipe.model in CONSTANT:
        return f"{recipe.model} reads no column"
    kept = tuple(column for column in recipe.schema.columns if column.name not in columns)
    if not kept:
        return "without it, no column would be left"
    return replace(
        recipe,
        schema=TableSchema(target=recipe.schema.target, columns=kept),
        frame=recipe.frame[[column.name for column in kept]],
    )


def _listed(names: tuple[str, ...], most: int = 4) -> str:
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
