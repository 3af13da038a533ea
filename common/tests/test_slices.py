"""Parts of the held-out rows: how they are measured, what stands out, and how it is drawn."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_the_figure_says_the_finding() -> None:
    each = {"slice": "kind", "value": "$x$", "rows": 20, "error": 0.3, "low": 0.2, "high": 0.4}
    for overall, words in ((0.1, "Clearly worse"), (0.25, "In no slice")):
        figure = slices_figure([each], overall, "rmse", "a set")
        assert words in figure.get_suptitle()


def test_draws_for_which_the_metric_does_not_exist_are_passed_over() -> None:
    errors = RNG.normal(size=40)

    def some(rows: np.ndarray) -> Any:
        return np.where((rows == 0).any(axis=-1), rmse_of(errors)(rows), np.nan)

    (found,) = measure_slices(
        [Slice("a", "b", np.arange(40))],
        some,
        errors,
        "rmse",
        resamples=100,
        confidence=0.9,
        seed=0,
    )
    assert 0.0 < found["low"] < found["error"] < found["high"]
