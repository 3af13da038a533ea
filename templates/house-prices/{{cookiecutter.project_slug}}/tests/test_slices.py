"""Parts of the held-out rows: which there are, how they are measured, what stands out."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import small_params
from hypothesis import given
from hypothesis import strategies as st

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
from {{ cookiecutter.package_name }}.slices import (
    LEAST,
    Slice,
    bands,
    clearly_worse,
    measure_slices,
    overrepresented,
)
from {{ cookiecutter.package_name }}.slices_figure import slices_figure

RNG = np.random.default_rng(0)


def rmse_of(errors: np.ndarray) -> Any:
    return lambda rows: np.sqrt((errors[rows] ** 2).mean(axis=-1))


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


# --- measuring ------------------------------------------------------------------------------------


def test_a_slice_has_its_rows_metric_interval_and_bias() -> None:
    errors = np.concatenate([RNG.normal(0.3, 0.1, 40), RNG.normal(0, 0.1, 200)])
    parts = [Slice("kind", "bad", np.arange(40)), Slice("kind", "good", np.arange(40, 240))]
    bad, good = measure_slices(
        parts, rmse_of(errors), errors, "rmse", resamples=300, confidence=0.95, seed=1
    )
    assert bad["error"] == pytest.approx(np.sqrt((errors[:40] ** 2).mean()))
    assert bad["bias"] == pytest.approx(errors[:40].mean())
    assert (bad["rows"], bad["value"], bad["metric"]) == (40, "bad", "rmse")
    for each in (bad, good):
        assert each["low"] < each["error"] < each["high"]
    overall = float(np.sqrt((errors**2).mean()))
    assert clearly_worse([good, bad], overall) == [bad]
    assert clearly_worse([good, bad], overall, lower_is_better=False) == [good]


def test_a_slice_of_few_rows_is_left_out() -> None:
    errors = RNG.normal(size=LEAST)
    for rows, count in ((LEAST, 1), (LEAST - 1, 0)):
        part = Slice("a", "b", np.arange(rows))
        found = measure_slices(
            [part], rmse_of(errors), errors, "rmse", resamples=100, confidence=0.9, seed=0
        )
        assert len(found) == count


def test_the_same_seed_gives_the_same_intervals() -> None:
    errors = RNG.normal(size=50)
    runs = [
        measure_slices(
            [Slice("a", "b", np.arange(50))],
            rmse_of(errors),
            errors,
            "rmse",
            resamples=100,
            confidence=0.9,
            seed=seed,
        )
        for seed in (1, 1, 2)
    ]
    assert runs[0] == runs[1] != runs[2]


@given(
    st.lists(st.floats(-5, 5) | st.just(float("nan")) | st.integers(0, 2).map(float), max_size=60),
    st.integers(1, 5),
)
def test_bands_hold_each_known_value_once_and_in_order(values: list[float], count: int) -> None:
    array = np.array(values, dtype=np.float64)
    parts = bands(array, count)
    assert len(parts) <= count
    rows = np.concatenate(parts) if parts else np.array([], dtype=int)
    assert sorted(rows) == np.flatnonzero(np.isfinite(array)).tolist()
    for lower, upper in pairwise(parts):
        assert array[lower].max() < array[upper].min()


def test_what_the_largest_errors_share_is_found_only_if_chance_does_not_make_it() -> None:
    kind = np.array(["rare"] * 8 + ["common"] * 192, dtype=object)
    other = np.where(np.arange(200) % 2, "a", None).astype(object)
    (found,) = overrepresented({"kind": kind, "other": other}, np.arange(10))
    assert (found["column"], found["value"], found["rows"], found["of"]) == ("kind", "rare", 8, 10)
    assert found["share"] == 8 / 200
    assert overrepresented({"kind": kind, "other": other}, np.arange(100, 110)) == []


# --- which slices ---------------------------------------------------------------------------------


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


# --- the command ----------------------------------------------------------------------------------


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


def test_the_figure_says_the_finding() -> None:
    each = {"slice": "kind", "value": "$x$", "rows": 20, "error": 0.3, "low": 0.2, "high": 0.4}
    for overall, words in ((0.1, "Clearly worse"), (0.25, "In no slice")):
        figure = slices_figure([each], overall, "rmse", "a set")
        assert words in figure.get_suptitle()
