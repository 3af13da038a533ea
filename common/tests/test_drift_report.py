"""The page that `drift` writes: the verdict first, all that is needed in one file, all escaped."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.drift_classifier import tell_apart
from {{ cookiecutter.package_name }}.drift_figures import comparison_figure
from {{ cookiecutter.package_name }}.drift_report import render
from {{ cookiecutter.package_name }}.drift_result import DriftResult
from {{ cookiecutter.package_name }}.drift_sample import Sample
from {{ cookiecutter.package_name }}.drift_tests import compare_columns

SETTINGS = {"log": "logs/<x>", "alpha": 0.05, "min_distance": 0.1}


def table(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "a<b>": rng.normal(0, 1, rows),
            "$kind$": pd.Series(rng.choice(["<i>x</i>", "$y$", "z"], rows), dtype=object),
            "prediction": rng.lognormal(12, 0.3, rows),
        }
    )


@cache
def compared(shift: float) -> DriftResult:
    """A comparison of made-up rows; shift: what is added to the first column."""
    before, after = table(300, 0), table(200, 1)
    after["a<b>"] += shift
    samples = Sample(before, ("prediction",)), Sample(after, ("prediction",))
    return DriftResult(
        checked=datetime(2024, 5, 2, 8, 0, tzinfo=UTC),
        model="20240430-0a1b2c3d",
        reference=samples[0],
        logged=samples[1],
        logged_rows=200,
        first=datetime(2024, 4, 30, tzinfo=UTC),
        last=datetime(2024, 5, 1, tzinfo=UTC),
        versions={"20240430-0a1b2c3d": 200},
        repeated=0,
        skipped={},
        columns=compare_columns(*samples, 0.025, 0.1),
        domain=tell_apart(*samples, 0.025, 0.55, seed=0),
        settings=SETTINGS,
    )


@pytest.fixture(scope="module")
def moved() -> str:
    """The page on rows whose first column has moved."""
    return render(compared(1.0))


@pytest.fixture(scope="module")
def unmoved() -> str:
    """The page on rows that have not changed."""
    return render(compared(0.0))


def text(page: str) -> str:
    """The page without its tags, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_the_verdict_comes_first_and_names_the_column(moved: str) -> None:
    assert "Yes. 1 of 3 columns no longer look as they did in training: a&lt;b&gt;" in text(moved)
    assert moved.index("Yes.") < moved.index("<img")
    assert moved.index("Columns that drifted") < moved.index("The nearest of the others")
    assert "The columns below tell it most." in moved


def test_without_drift_it_says_no(unmoved: str) -> None:
    assert "No. What the service was asked looks like what its model was trained on." in text(
        unmoved
    )
    assert "Columns that drifted" not in unmoved


def test_it_needs_no_second_file_and_escapes_what_comes_from_the_data(moved: str) -> None:
    sources = re.findall(r'(?:src|href)="([^"]*)"', moved)
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert "http" not in re.sub(r'src="[^"]*"', "", moved)
    assert "a<b>" not in moved
    assert "<i>x</i>" not in moved
    assert "logs/<x>" not in moved
    assert moved.count("<img") == moved.count(' alt="')


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"skipped": {"Fence": "not in every row of the log"}}, "Not compared: Fence"),
        ({"repeated": 50}, "50 of the compared rows (25%) repeat another one"),
        ({"logged_rows": 90_000}, "A random 200 of the logged rows were compared"),
        ({"versions": {"other": 150, "20240430-0a1b2c3d": 50}}, "other (150 rows)"),
    ],
)
def test_what_limits_the_verdict_is_said(changes: dict[str, Any], said: str, unmoved: str) -> None:
    assert said in text(render(replace(compared(0.0), **changes)))
    assert said not in text(unmoved)


def test_bars_are_shares_of_the_rows() -> None:
    reference, logged = Sample(table(300, 0)), Sample(table(200, 1))
    logged.frame.loc[:99, "a<b>"] = np.nan
    for name in reference.frame.columns:
        (axes,) = comparison_figure(name, reference, logged).axes
        for bars in axes.containers:
            lying = name == "$kind$"
            sizes = [bar.get_width() if lying else bar.get_height() for bar in bars]
            assert sum(sizes) == pytest.approx(1.0)
        assert len(axes.containers) == 2
