import re
import warnings
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }} import data, eda
from {{ cookiecutter.package_name }} import eda_statistics as statistics
from {{ cookiecutter.package_name }}.config import DataParams, Params
from {{ cookiecutter.package_name }}.eda_figures import describe_skewness
from {{ cookiecutter.package_name }}.plotting import (
    literal,
    new_figure,
    save_figure,
    to_png,
)


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings(**values: Any) -> Params:
    return Params(data=DataParams(**values))


def table(frame: pd.DataFrame, **values: Any) -> Params:
    frame.to_csv("table.csv", index=False)
    return settings(source="csv", path="table.csv", target="price", **values)


def numbers_only(rows: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    area = rng.uniform(20, 200, rows).round(1)
    return pd.DataFrame({"area": area, "price": (area * 1000 + rng.normal(0, 9000, rows)).round()})


class Page(HTMLParser):
    """Collects what a page refers to, and fails on tags that do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href"):
                self.references.append(value or "")
            if name == "id":
                self.ids.append(value or "")
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_one_page_that_names_its_synthetic_data() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = eda.explore(settings(sample_rows=300))
    text = report.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    anchors = [name[1:] for name in page.references if name.startswith("#")]
    assert set(anchors) <= set(page.ids)
    assert all(name.startswith(("#", "data:image/png")) for name in page.references)
    assert "synthetic sample" in text
    assert "<strong>synthetic</strong>" in text
    assert "60 rows are held out" in text
    assert "$" not in re.sub(r"\$\d", "", text)  # no placeholder left, amounts aside
    figures = sorted(path.stem for path in Path("reports/figures").iterdir())
    names = ["correlations", "groups", "missing", "relations", "strength", "target"]
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
    assert Page(text).open == []
    assert "synthetic" not in text
    assert "<b>&{x}" not in text
    assert "US dollars" not in text


def test_a_figure_of_an_earlier_table_does_not_stay() -> None:
    eda.explore(settings(sample_rows=100))
    eda.explore(table(numbers_only()))
    assert not Path("reports/figures/eda-missing.png").exists()


def test_a_column_made_from_the_target_is_pointed_out() -> None:
    frame = numbers_only(200)
    frame["tax"] = (frame["price"] * 0.02).round(3)
    text = eda.explore(table(frame)).read_text(encoding="utf-8")
    assert "Look again at tax" in text


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


def test_a_figure_is_the_same_bytes_each_time_and_text_is_taken_literally(tmp_path: Path) -> None:
    def draw() -> bytes:
        figure = new_figure(3, 2)
        figure.subplots().set_title(literal("$a_1$ costs $5"))
        return to_png(figure)

    assert draw() == draw()
    path = save_figure(new_figure(3, 2), tmp_path / "figures/x.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in path.parent.iterdir()] == ["x.png"]
