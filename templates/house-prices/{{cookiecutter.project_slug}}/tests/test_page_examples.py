"""What the page is filled in with: rows, numbers and words that fit the training rows."""

import numpy as np
import pytest
from pages import MOST_BYTES, Reader, number, predictor_of

from {{ cookiecutter.package_name }}.api.page import page
from {{ cookiecutter.package_name }}.api.page_examples import examples, importance
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.schema import TableSchema
from {{ cookiecutter.package_name }}.words import Words, decimals


def test_importance_is_how_far_a_column_moves_the_prediction() -> None:
    assert importance(predictor_of([number("a"), number("b"), number("c")])) == ["c", "b", "a"]
    idle = [number("idle", maximum=0.0), number("a")]
    assert importance(predictor_of(idle)) == ["a", "idle"]


def test_examples_are_rows_the_model_takes_for_what_they_are_called(predictor: Predictor) -> None:
    found = examples(predictor)
    prices = [
        predictor.predict([predictor.encode(row[name] for name in predictor.schema.names)])[0]
        for row in (found["low"], found["typical"], found["high"])
    ]
    assert prices[0].prediction < prices[1].prediction < prices[2].prediction
    for row in found.values():
        for column in predictor.schema.columns:
            value = row[column.name]
            if column.kind == "number" and value is not None:
                assert column.minimum <= value <= column.maximum
                assert not column.integer or isinstance(value, int)
            elif value is not None:
                assert value in column.categories


@pytest.mark.parametrize(
    ("bounds", "median", "shown"),
    [
        ((0.0, 1e6), 1234.5678901234567, 1235.0),
        ((0.0, 1.0), 0.12345678901234567, 0.1235),
        ((-1e6, 0.0), -1234.5678901234567, -1235.0),
        ((0.0, 0.123456789), 0.12345678, 0.12345678),
        ((0.1234567890123456,) * 2, 0.1234567890123456, 0.1234567890123456),
        ((0.0, 1e9), 123456.789, 123500.0),
    ],
)
def test_numbers_filled_in_are_short_and_within_the_training_range(
    bounds: tuple[float, float], median: float, shown: float
) -> None:
    low, high = bounds
    column = number("a", minimum=low, maximum=high, median=median)
    predictor = predictor_of([column])
    (control,) = Reader(page(predictor, MOST_BYTES)).controls.values()
    assert float(control.attributes["value"] or "") == shown
    for row in examples(predictor).values():
        value = row["a"]
        assert isinstance(value, float)
        assert low <= value <= high
        assert value in (float(f"{value:.4g}"), shown)


def test_an_example_that_is_not_what_its_name_says_is_left_out() -> None:
    # One column, whose typical value is at the upper end of what the background rows have.
    found = examples(predictor_of([number("a", median=11.0)]))
    assert set(found) == {"low", "typical"}


def test_a_row_is_decoded_to_what_it_was_encoded_from(predictor: Predictor) -> None:
    for encoded in predictor.background:
        decoded = predictor.decode(encoded)
        np.testing.assert_array_equal(predictor.encode(decoded), encoded)


def test_words_are_for_the_ames_columns_alone(predictor: Predictor) -> None:
    words = Words.of(predictor.schema)
    assert words.title("GrLivArea") == "Living area"
    assert words.level("KitchenQual", "Gd") == "Good"
    assert words.amount(1234567.8) == "$1,234,568"
    for column in predictor.schema.columns:
        assert words.title(column.name) != ""
        assert set(words.levels.get(column.name, {}).values()).isdisjoint({""})
    other = Words.of(TableSchema(target="SalePrice", columns=(number("GrLivArea"),)))
    assert other.title("GrLivArea") == "GrLivArea"
    assert other.amount(1234567.8) == "1,234,568"


def test_amounts_get_the_decimals_that_their_size_needs() -> None:
    assert [decimals(spread) for spread in (500_000.0, 40.0, 0.2, 0.0, float("nan"))] == [
        *(0, 2, 4),
        *(3, 3),
    ]
