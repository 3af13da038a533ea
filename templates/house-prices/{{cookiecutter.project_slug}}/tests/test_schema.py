import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from {{ cookiecutter.package_name }}.schema import (
    MISSING,
    Column,
    TableSchema,
    is_missing,
    parse_category,
    parse_number,
)


@pytest.mark.parametrize("text", sorted(MISSING))
def test_a_missing_text_is_missing_in_both_kinds_of_column(text: str) -> None:
    assert is_missing(f" {text} ")
    assert math.isnan(parse_number(text))
    assert parse_category(text) is None


def test_none_is_a_level_but_not_a_number() -> None:
    assert parse_category("None") == "None"
    assert math.isnan(parse_number("None"))


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (20, "20"),
        (20.0, "20"),
        ("20.0", "20"),
        (" 20 ", "20"),
        ("007", "007"),
        (0.5, "0.5"),
        (True, "True"),
        ("TRUE", "True"),
        ("false", "False"),
        (np.int64(7), "7"),
        (np.float64("nan"), None),
        (None, None),
    ],
)
def test_a_level_has_one_spelling(value: object, level: str | None) -> None:
    assert parse_category(value) == level


@pytest.mark.parametrize(
    "value", ["1,000", "$5", "inf", "-inf", "1_000", True, [1], math.inf, "1e999"]
)
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_number(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_survives_being_written_as_text(value: float) -> None:
    assert parse_number(repr(value)) == value == parse_number(value)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_reading_a_level_twice_changes_nothing(value: object) -> None:
    level = parse_category(value)
    assert parse_category(level) == level


def test_a_schema_survives_json_and_lists_its_columns_in_order() -> None:
    schema = TableSchema(
        target="price",
        identifier="id",
        columns=(
            Column(name="area", kind="number", minimum=1, maximum=9, median=4),
            Column(name="town", kind="category", categories=("B", "A")),
        ),
        ignored={"note": "text"},
    )
    again = TableSchema.model_validate_json(schema.model_dump_json())
    assert again == schema
    assert again.names == ("area", "town")
    assert again.numbers == ("area",)
    assert again.categories == ("town",)
    assert again.column("town").categories == ("B", "A")
    with pytest.raises(KeyError):
        again.column("note")


def test_a_schema_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError):
        Column.model_validate({"name": "a", "kind": "number", "colour": "red"})
