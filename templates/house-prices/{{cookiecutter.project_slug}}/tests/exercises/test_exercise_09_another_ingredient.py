"""Exercise 9: one more ingredient for `ablate`: how much rests on the overall grade alone?"""

from pathlib import Path

import numpy as np
import pytest
from conftest import small_params

from {{ cookiecutter.package_name }}.data import TableData, load_train
from {{ cookiecutter.package_name }}.ingredients import Removable, ingredients
from {{ cookiecutter.package_name }}.recipes import Recipe

COLUMN, NAME = "OverallQual", "column-OverallQual"


@pytest.fixture
def rows(project: Path) -> TableData:
    return load_train(small_params())


def recipe_of(rows: TableData) -> Recipe:
    return Recipe.of(small_params(), rows)


def ingredient(rows: TableData) -> Removable:
    listed = ingredients(recipe_of(rows), rows, best="ridge")
    found = [each for each in listed if each.ingredient.name == NAME]
    assert len(found) == 1, (
        f"ingredients.py lists {len(found)} ingredients called {NAME!r}, and one is wanted. Add "
        "an entry to `ingredients`: a name, a title, a reason and a function."
    )
    return found[0]


def test_it_is_described(rows: TableData) -> None:
    described = ingredient(rows).ingredient
    assert described.title, "tables and figures need its title"
    assert len(described.why.split()) > 3, "say in a sentence what the column is there for"


def test_without_it_the_column_is_gone_and_all_else_is_as_it_was(rows: TableData) -> None:
    full = recipe_of(rows)
    found = ingredient(rows).remove(full)
    assert isinstance(found, Recipe), f"it was not left out: {found}"
    assert COLUMN not in found.schema.names, "the schema still has the column"
    assert COLUMN not in found.frame.columns, "the rows still have the column"
    kept = [name for name in full.schema.names if name != COLUMN]
    assert list(found.schema.names) == kept, "other columns have gone too, or moved"
    assert (found.models, found.log_target, found.derived) == (
        full.models,
        full.log_target,
        full.derived,
    ), "more than the column has changed"
    assert COLUMN in full.frame.columns, "the complete recipe itself was changed"


def test_a_table_without_the_column_has_nothing_to_leave_out(rows: TableData) -> None:
    columns = tuple(column for column in rows.schema.columns if column.name != COLUMN)
    without = TableData(
        frame=rows.frame.drop(columns=[COLUMN]),
        target=rows.target,
        lines=np.array(rows.lines),
        schema=rows.schema.model_copy(update={"columns": columns}),
        meta=rows.meta,
    )
    found = ingredient(without).remove(recipe_of(without))
    assert isinstance(found, str), (
        "the table has no such column: give the reason as a text, as _without_log does"
    )
