"""No column gives away what is predicted. Each check is shown to fail.

They look at the learner's own rows, if params.yaml names them and `data` has prepared them;
otherwise at the synthetic sample.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from own_rows import Own, as_csv, houses, own_rows, run_data

from {{ cookiecutter.package_name }} import data
from {{ cookiecutter.package_name }}.leakage_columns import target_leaks


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Own:
    """The project's own rows."""
    return own_rows(tmp_path_factory.mktemp("sample"))


def test_no_column_or_pair_of_columns_gives_the_target_away(own: Own) -> None:
    """If it fails on your data: is the column known when a prediction is asked for?"""
    found = target_leaks(own.train.frame, own.train.target, own.train.schema)
    assert [str(leak) for leak in found] == []


def alone(leak: Callable[[pd.DataFrame], Any]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(leak=leak(frame))


def apart(
    second: Callable[[pd.Series, pd.Series], pd.Series],
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Two columns: one at random, and one that makes the price with it."""

    def make(frame: pd.DataFrame) -> pd.DataFrame:
        first = pd.Series(np.random.default_rng(3).uniform(50, 900, len(frame)))
        return frame.assign(part=first, rest=second(frame["price"], first).round(4))

    return make


@pytest.mark.parametrize(
    ("plant_in", "columns"),
    [
        (alone(lambda f: f["price"] * 0.02), ("leak",)),
        (alone(lambda f: 1e9 / f["price"]), ("leak",)),
        (alone(lambda f: f["price"].where(f.index % 3 > 0)), ("leak",)),
        (alone(lambda f: f["price"] * (f.index % 2 * 2 - 1)), ("leak",)),
        (alone(lambda f: "class " + pd.qcut(f["price"], 20).cat.codes.astype(str)), ("leak",)),
        (apart(lambda price, first: price - 100 * first), ("part", "rest")),
        (apart(lambda price, first: 100 * first - price), ("part", "rest")),
        (apart(lambda price, first: price / first), ("part", "rest")),
        (apart(lambda price, first: price * first), ("part", "rest")),
    ],
    ids=[
        *("share", "inverse", "with gaps", "bent", "class"),
        *("sum", "difference", "product", "ratio"),
    ],
)
def test_a_planted_leak_is_found(
    folder: Path, plant_in: Callable[[pd.DataFrame], pd.DataFrame], columns: Sequence[str]
) -> None:
    leaky = data.load_train(as_csv(plant_in(houses(1500))))
    found = target_leaks(leaky.frame, leaky.target, leaky.schema)
    assert [leak.columns for leak in found] == [tuple(columns)]


def test_honest_columns_are_no_leak(folder: Path) -> None:
    clean = data.load_train(as_csv(houses(1500)))
    assert target_leaks(clean.frame, clean.target, clean.schema) == []


def test_data_warns_in_one_line_that_says_what_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    frame = houses().assign(tax=lambda f: f["price"] * 0.01)
    said = [line for line in run_data(frame, capsys).splitlines() if "tax" in line]
    assert len(said) == 1
    assert said[0].startswith("Warning: tax nearly gives price away (rank correlation 1.000)")
    assert "data.ignore: [tax]" in said[0]
    assert "Warning" not in run_data(frame, capsys, ignore=("tax",))


def test_a_row_far_off_does_not_make_a_leak() -> None:
    schema = train_schema("a", "b")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.uniform(0, 1, 300), "b": rng.uniform(0, 1, 300)})
    target = pd.Series(rng.uniform(1, 2, 300))
    frame.loc[9, ["a", "b"]] = 1e6
    target[9] = 2e6
    assert target_leaks(frame, target, schema) == []


def train_schema(*names: str) -> Any:
    from {{ cookiecutter.package_name }}.schema import Column, TableSchema

    columns = tuple(Column(name=name, kind="number") for name in names)
    return TableSchema(target="price", columns=columns)
