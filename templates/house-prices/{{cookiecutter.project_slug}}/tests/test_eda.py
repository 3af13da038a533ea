import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from html_reader import check_whole

from {{ cookiecutter.package_name }} import data, eda, plotting
from {{ cookiecutter.package_name }} import eda_statistics as statistics
from {{ cookiecutter.package_name }}.config import DataParams, Params
from {{ cookiecutter.package_name }}.eda_figures import describe_skewness
from {{ cookiecutter.package_name }}.eda_outliers import outliers
from {{ cookiecutter.package_name }}.eda_story import chapters
from {{ cookiecutter.package_name }}.eda_years import by_year, year_columns


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder as the current one, and figures of few dots, which are drawn sooner."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plotting, "DPI", 40)


def settings(**values: Any) -> Params:
    return Params(data=DataParams(**values))


def table(frame: pd.DataFrame, **values: Any) -> Params:
    frame.to_csv("table.csv", index=False)
    return settings(source="csv", path="table.csv", target="price", **values)


def numbers_only(rows: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    area = rng.uniform(20, 200, rows).round(1)
    return pd.DataFrame({"area": area, "price": (area * 1000 + rng.normal(0, 9000, rows)).round()})


def test_the_report_is_one_page_that_names_its_synthetic_data() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = eda.explore(settings(sample_rows=300))
    text = report.read_text(encoding="utf-8")
    check_whole(text)
    assert "synthetic sample" in text
    assert "<strong>synthetic</strong>" in text
    assert "60 rows are held out" in text
    assert "$" not in re.sub(r"\$\d", "", text)  # no placeholder left, amounts aside
    figures = sorted(path.stem for path in Path("reports/figures").iterdir())
    names = ["correlations", "groups", "missing", "outliers", "relations"]
    names += ["shapes", "strength", "target", "years"]
    assert figures == [f"eda-{name}" for name in names]


def test_the_held_out_rows_are_not_opened() -> None:
    params = settings(sample_rows=100)
    data.prepare(params)
    Path("data/processed/test.parquet").write_bytes(b"not to be read")
    assert eda.explore(params).is_file()


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(numbers_only(), id="one number"),
        pytest.param(
            pd.DataFrame({"town": list("abcd") * 20, "price": [*range(1, 80), 7]}),
            id="one category",
        ),
        pytest.param(numbers_only().assign(price=lambda t: t["price"] - 1e5), id="negative"),
        pytest.param(numbers_only().assign(extra=[None, *range(79)]), id="missing"),
        pytest.param(
            numbers_only().rename(columns={"area": "a$b$_<b>&{x}^"}), id="characters with a meaning"
        ),
    ],
)
def test_any_table_can_be_explored(frame: pd.DataFrame) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = eda.explore(table(frame))
    text = report.read_text(encoding="utf-8")
    check_whole(text)
    assert "synthetic" not in text
    assert "<b>&{x}" not in text
    assert "US dollars" not in text


def test_a_target_may_be_called_self() -> None:
    frame = numbers_only().rename(columns={"price": "self"})
    frame.to_csv("table.csv", index=False)
    params = settings(source="csv", path="table.csv", target="self")
    assert "What self looks like" in eda.explore(params).read_text(encoding="utf-8")
    train = data.load_train(params)
    assert list(statistics.correlations(train, 3).columns) == ["self", "area"]


def test_a_figure_of_an_earlier_table_does_not_stay() -> None:
    eda.explore(settings(sample_rows=100))
    eda.explore(table(numbers_only()))
    assert not Path("reports/figures/eda-missing.png").exists()


def test_a_column_made_from_the_target_is_pointed_out() -> None:
    frame = numbers_only(200)
    frame["tax"] = (frame["price"] * 0.02).round(3)
    text = eda.explore(table(frame)).read_text(encoding="utf-8")
    assert "tax nearly gives price away (rank correlation 1.000)" in text
    assert "data.ignore: [tax]" in text


def test_columns_that_are_missing_in_the_same_rows_are_named_together() -> None:
    frame = numbers_only().assign(b=range(80), c=range(80), d=range(80))
    frame.loc[:9, ["b", "c"]] = None
    frame.loc[5:20, "d"] = None
    train = data.load_train(table(frame, test_size=0))
    assert statistics.missing_together(train) == ["b", "c"]


def test_years_are_told_from_other_whole_numbers_and_their_trend_is_drawn() -> None:
    rng = np.random.default_rng(0)
    year = rng.integers(1950, 2020, 400)
    frame = pd.DataFrame({"year": year, "rooms": rng.integers(1, 9, 400), "area": year * 2})
    frame["price"] = (year - 1900) * 10 + rng.normal(0, 30, 400)
    train = data.load_train(table(frame, test_size=0))
    assert year_columns(train) == ["year"]
    found = by_year(train, "year")
    assert (found["rows"] >= 10).all()
    assert (found["low"] <= found["median"]).all()
    assert found["median"].iloc[-1] > found["median"].iloc[0] + 400
    chapter = next(each for each in chapters(train) if each.name == "years")
    assert chapter.draw is not None
    assert "year (+0.9" in chapter.text


def test_a_row_that_sold_far_below_its_like_is_named_by_its_line() -> None:
    frame = numbers_only(300)
    frame["rooms"] = (frame["area"] / 25).round()
    frame.loc[[40, 41], "price"] = frame.loc[[40, 41], "price"] / 8
    train = data.load_train(table(frame, test_size=0))
    found = outliers(train, ["area", "rooms"])
    assert found is not None
    assert set(found.found["line"]) >= {42, 43}
    assert len(found.found) < 15
    chapter = chapters(train)[-1]
    assert chapter.table is not None
    assert {"42", "43"} <= set(chapter.table["Line of the file"])
    assert outliers(data.load_train(table(frame.head(30), test_size=0)), ["area"]) is None


def test_rows_with_twins_are_compared_with_others() -> None:
    frame = pd.concat([numbers_only(30)] * 20, ignore_index=True)
    found = outliers(data.load_train(table(frame, test_size=0)), ["area"])
    assert found is not None
    assert found.found.empty


def test_strength_is_high_for_a_cause_and_nil_for_noise() -> None:
    rng = np.random.default_rng(0)
    kind = rng.choice(list("abc"), 600)
    price = 100 * (1 + (kind == "b") + 3 * (kind == "c")) * np.exp(rng.normal(0, 0.1, 600))
    noise = rng.integers(0, 200, 600).astype(str)
    frame = pd.DataFrame({"kind": kind, "noise": noise, "price": price})
    found = statistics.strengths(data.load_train(table(frame)))
    assert found.index[0] == "kind"
    assert found["kind"] > 0.9
    # A plain correlation ratio would give 200 levels about a third of the variance for nothing.
    assert found["noise"] < 0.1


def test_a_bend_is_told_from_a_slope() -> None:
    x = np.linspace(-1, 1, 400)
    frame = pd.DataFrame({"slope": x, "bend": np.roll(x, 200), "price": 2 + x})
    frame["price"] = 5 + frame["slope"]
    train = data.load_train(table(frame))
    assert statistics.is_monotonic(train, "slope")
    assert not statistics.is_monotonic(train, "bend")


def test_the_words_on_skewness_follow_from_the_numbers() -> None:
    def say(raw: float, log: float | None) -> str:
        return describe_skewness("price", statistics.Skewness(raw, log))

    assert say(1.9, 0.1) == (
        "price is right-skewed (skewness 1.9); its logarithm is nearly symmetric (0.1)"
    )
    assert "left-skewed" in say(-1.2, -3.0)
    assert "no better" in say(-1.2, -3.0)
    assert "no logarithm" in say(0.1, None)
