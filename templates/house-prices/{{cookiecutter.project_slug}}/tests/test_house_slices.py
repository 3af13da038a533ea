"""Which parts of the held-out rows `evaluate` measures, and what it says of them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import small_params

from {{ cookiecutter.package_name }} import evaluate
from {{ cookiecutter.package_name }}.data import load_test, load_train
from {{ cookiecutter.package_name }}.eda_figures import Units
from {{ cookiecutter.package_name }}.house_slices import (
    WAYS,
    Measured,
    by_age,
    by_neighbourhood,
    by_price,
    by_quality,
    by_strongest_category,
    by_strongest_number,
    slices,
)
from {{ cookiecutter.package_name }}.schema import Column, TableSchema
from {{ cookiecutter.package_name }}.slices import LEAST


def measured(columns: dict[str, Any], categories: tuple[str, ...] = ()) -> Measured:
    """Rows with these columns, the strongest first; the prediction is the row's number."""
    frame = pd.DataFrame(
        {
            name: pd.Series(values, dtype=object if name in categories else float)
            for name, values in columns.items()
        }
    )
    schema = TableSchema(
        target="price",
        columns=tuple(
            Column(name=name, kind="category" if name in categories else "number")
            for name in columns
        ),
    )
    prediction = np.arange(1.0, len(frame) + 1)
    return Measured(frame, prediction, schema, Units({}, ""), tuple(columns))


def test_every_way_says_in_one_line_what_it_is_for() -> None:
    for way in WAYS:
        assert (way.__doc__ or "").splitlines()[0].endswith((".", "?"))


def test_the_slices_of_the_sample_are_by_price_neighbourhood_age_and_quality(
    project: Path,
) -> None:
    test, train = load_test(small_params()), load_train(small_params())
    prediction = np.asarray(test.target, dtype=np.float64)
    rows = Measured.of(test, prediction, train)
    for way in (by_price, by_age, by_quality):
        parts = way(rows)
        together = np.sort(np.concatenate([part.rows for part in parts]))
        assert together.tolist() == list(range(len(prediction))), way.__name__
    assert by_strongest_category(rows) == by_strongest_number(rows) == []
    thirds = [prediction[part.rows] for part in by_price(rows)]
    assert thirds[0].max() < thirds[1].min()
    assert "$" in by_price(rows)[0].value


def test_a_level_is_a_slice_by_itself_if_it_has_rows_enough() -> None:
    levels = ["A"] * (LEAST + 1) + ["B"] * LEAST + ["C"] * 3 + [None] * 2
    rows = measured({"Neighborhood": levels}, ("Neighborhood",))
    found = {part.value: len(part.rows) for part in by_neighbourhood(rows)}
    assert found == {"A": LEAST + 1, "B": LEAST, "all others": 5}
    assert by_neighbourhood(measured({"x": range(9)})) == []


def test_ages_are_counted_from_building_to_sale() -> None:
    rows = measured({"YearBuilt": [2000, 2006, 1950, 1900, np.nan], "YrSold": [2010] * 5})
    parts = {part.value: part.rows.tolist() for part in by_age(rows)}
    assert parts == {
        "under 5 years": [1],
        "5 to 29": [0],
        "30 to 59": [],
        "60 and older": [2, 3],
    }


def test_another_table_is_sliced_by_its_strongest_columns() -> None:
    kinds = ["x"] * 20 + ["y"] * 20
    rows = measured(
        {"weak": range(40, 80), "size": range(40), "kind": kinds, "tone": kinds[::-1]},
        ("kind", "tone"),
    )
    found = slices(Measured(rows.frame, rows.prediction, rows.schema, rows.units, ("kind", "size")))
    assert {part.name for part in found} == {"Predicted price", "kind", "size"}
    assert [part.value for part in found if part.name == "kind"] == ["x", "y", "all others"]


def test_evaluate_writes_the_slices_and_describes_the_worst_rows(measured_project: Path) -> None:
    metrics = json.loads((measured_project / "reports/metrics.json").read_text())
    found = metrics["held_out"]
    for each in found["slices"]:
        assert each["rows"] >= LEAST
        assert each["metric"] == "rmse_log"
        assert each["low"] <= each["error"] <= each["high"]
    worst = found["worst"][0]["columns"]
    assert {"GrLivArea", "OverallQual", "YearBuilt", "Neighborhood"} <= worst.keys()
    assert isinstance(worst["GrLivArea"], int)
    assert isinstance(worst["Neighborhood"], str)


def test_larger_held_out_sets_have_slices_and_a_figure(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("{{ cookiecutter.package_name }}.slices.LEAST", 8)
    result = evaluate.evaluate(small_params())
    found = result.metrics["held_out"]["slices"]
    assert {each["slice"] for each in found} >= {"Predicted SalePrice", "Overall quality"}
    path = Path("reports/figures/held-out-slices.png")
    assert path in result.figures
    assert path.read_bytes().startswith(b"\x89PNG")
