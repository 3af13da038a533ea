"""The page at `/`: a control for every column of any table, and no text that becomes HTML."""

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from conftest import quiet_settings
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api.app import create_app
from {{ cookiecutter.package_name }}.api.page import page
from {{ cookiecutter.package_name }}.api.page_examples import examples, importance
from {{ cookiecutter.package_name }}.api.page_form import FIRST, MOST_OPTIONS
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.api.requests import example
from {{ cookiecutter.package_name }}.artifacts import Manifest
from {{ cookiecutter.package_name }}.schema import Column, TableSchema
from {{ cookiecutter.package_name }}.words import Words, decimals

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\"' onfocus='alert(3)",
    "$body ${style} &lt;b&gt; [[rest]]",
    "__proto__",
    "elements",
    "Größe  (m²)",
]
LARGEST_PAGE = 100_000  # bytes


@dataclass
class Model:
    """Stands for the ONNX graph: the prediction is 100 plus the sum of the codes and numbers."""

    weights: npt.NDArray[np.float64]

    def run(self, _: Any, inputs: dict[str, Any]) -> list[npt.NDArray[np.float64]]:
        return [100.0 + np.nan_to_num(inputs["encoded"]) @ self.weights[:, None]]


def predictor_of(columns: list[Column], target: str = "y", **data: Any) -> Predictor:
    """A served model of these columns, which all matter, the later the more."""
    rows = np.array(
        [
            [
                row % max(1, len(column.categories)) + 1.0
                if column.kind == "category"
                else column.minimum + row * (column.maximum - column.minimum) / 11
                for column in columns
            ]
            for row in range(12)
        ]
    )
    metrics = ("rmse", "mae", "r2")
    manifest = Manifest(
        name="ridge",
        version="20260101-abcdef",
        created="2026-01-01T00:00:00+00:00",
        artifacts={},
        libraries={},
        git_revision=None,
        data={"name": "prices <of> flats", "synthetic": False, **data},
        metrics={name: {"overall": 0.5, "std": 0.1} for name in metrics},
        settings={
            "target": target,
            "target_transform": "identity",
            "interval_halfwidth": 1.0,
            "target_range": [5.0, 500.0],
            "coverage": 0.9,
        },
    )
    vocabularies = {
        column.name: {level: code for code, level in enumerate(column.categories, start=1)}
        for column in columns
        if column.kind == "category"
    }
    schema = TableSchema(target=target, columns=tuple(columns))
    model: Any = Model(np.arange(1.0, len(columns) + 1))
    return Predictor(model, manifest, schema, vocabularies, rows)


def number(name: str, **values: Any) -> Column:
    return Column(
        name=name, kind="number", **{"minimum": 0.0, "maximum": 11.0, "median": 5.5, **values}
    )


def category(name: str, *levels: str) -> Column:
    return Column(name=name, kind="category", categories=levels)


@dataclass
class Element:
    """A tag with its attributes and the text inside."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    inside: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Collects the elements of a page as a browser would see them."""

    EMPTY = frozenset({"meta", "link", "input", "img", "option"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Element] = []
        self.open: list[Element] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), inside=[each.tag for each in self.open])
        self.found.append(element)
        if tag not in self.EMPTY:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.found if element.tag == tag]

    @property
    def controls(self) -> dict[str, Element]:
        """Column -> its control."""
        return {
            element.attributes["data-column"] or "": element
            for element in self.found
            if "data-column" in element.attributes
        }


def test_every_column_has_a_labelled_control_filled_with_the_typical_value(
    client: TestClient, predictor: Predictor
) -> None:
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    reader = Reader(answer.text)
    typical = example(predictor.schema)
    assert set(reader.controls) == set(typical)
    labelled = {label.attributes["for"] for label in reader.all("label")}
    ids = [element.attributes["id"] for element in reader.found if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for name, control in reader.controls.items():
        assert control.attributes["id"] in labelled
        described = control.attributes.get("aria-describedby")
        assert described is None or described in ids
        if control.tag == "input":
            shown = control.attributes.get("value")
            assert (None if shown is None else float(shown)) == typical[name]
    chosen = [o.attributes["value"] for o in reader.all("option") if "selected" in o.attributes]
    expected = [typical[name] for name in predictor.schema.categories]
    assert sorted(chosen) == sorted(level for level in expected if level is not None)


def test_the_page_says_which_model_it_is_how_good_and_that_its_data_are_made_up(
    client: TestClient, predictor: Predictor
) -> None:
    reader = Reader(client.get("/").text)
    (body,) = reader.all("body")
    manifest = predictor.manifest
    for text in (manifest.name, manifest.version, str(manifest.data["name"])):
        assert text in body.text
    assert "Synthetic data" in body.text
    assert f"${manifest.metrics['mae']['overall']:,.0f}" in body.text
    assert f"{manifest.metrics['rmse_log']['overall']:.3f}" in body.text
    links = {element.attributes["href"] for element in reader.all("a")}
    assert {"/docs", "/model"} <= links
    for link in links - {"#about"}:
        assert client.get(str(link)).status_code == 200
    real = page(predictor_of([number("a")], synthetic=False))
    assert "ynthetic" not in real


def test_the_page_is_small_and_asks_nobody_for_anything(client: TestClient) -> None:
    text = client.get("/").text
    assert len(text.encode()) < LARGEST_PAGE
    for element in Reader(text).found:
        for name in ("src", "href", "action"):
            source = element.attributes.get(name) or "#"
            assert source.startswith(("#", "data:,", "/docs", "/model")), source
    assert not re.findall(r"https?://", text)
    assert "@import" not in text
    assert "url(" not in text


def test_what_matters_most_comes_first_and_the_rest_is_folded() -> None:
    columns = [number(f"n{i:02}") for i in range(FIRST + 5)]
    controls = Reader(page(predictor_of(columns))).controls
    shown = [name for name, control in controls.items() if "details" not in control.inside]
    assert shown == [f"n{i:02}" for i in range(FIRST + 4, 4, -1)]
    assert len(controls) == len(columns)


def test_a_table_of_few_columns_has_nothing_to_unfold() -> None:
    text = page(predictor_of([number("a"), category("b", "x", "y")]))
    assert "details" not in {element.tag for element in Reader(text).found}


@pytest.mark.parametrize(
    "columns",
    [
        [number("a")],
        [category("a", "x")],
        [number(f"n{i}") for i in range(30)],
        [category(f"c{i}", "x", "y") for i in range(30)],
        [number("never", missing=0.9, median=None)],
    ],
    ids=["one number", "one category", "numbers alone", "categories alone", "mostly missing"],
)
def test_any_mixture_of_columns_has_a_page(columns: list[Column]) -> None:
    reader = Reader(page(predictor_of(columns)))
    assert len(reader.controls) == len(columns)
    assert not reader.open
    assert all(legend.text.strip() for legend in reader.all("legend"))


def test_a_thousand_columns_have_a_page() -> None:
    predictor = predictor_of([number(f"column {i}") for i in range(1000)])
    reader = Reader(page(predictor))
    assert len(reader.controls) == 1000


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_or_level_becomes_html(text: str) -> None:
    plain = page(predictor_of([number("a"), category("b", "x")]))
    columns = [number(text), category(f"level {text}", text, "x"), category(f"long {text}")]
    levels = (text, *(f"level {i}" for i in range(MOST_OPTIONS)))
    columns[2] = category(columns[2].name, *levels)
    hostile = page(predictor_of(columns, target=text, name=text, synthetic=False))
    reader = Reader(hostile)
    assert not reader.open
    assert set(reader.controls) == {column.name for column in columns}
    values = [option.attributes["value"] for option in reader.all("option")]
    assert values.count(text) == 2
    tags = {"datalist"} | {element.tag for element in Reader(plain).found}
    assert {element.tag for element in reader.found} <= tags
    assert len(reader.all("script")) == 1
    for element in reader.found:
        assert not [name for name in element.attributes if name.startswith("on")]
    assert reader.all("script")[0].text == Reader(plain).all("script")[0].text
    filled = [
        json.loads(button.attributes["data-example"] or "")
        for button in reader.all("button")
        if "data-example" in button.attributes
    ]
    assert filled
    assert all(set(row) == set(reader.controls) for row in filled)


def test_a_list_too_long_to_open_is_typed_into() -> None:
    columns = [category("street", *(f"street {i}" for i in range(MOST_OPTIONS + 1)))]
    (control,) = Reader(page(predictor_of(columns))).controls.values()
    assert control.tag == "input"
    assert control.attributes["value"] == "street 0"


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
    (control,) = Reader(page(predictor)).controls.values()
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


def test_the_page_is_made_once_for_each_model(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch, trained_folder: Path
) -> None:
    from {{ cookiecutter.package_name }}.api import service

    made: list[str] = []

    def counted(found: Predictor) -> str:
        made.append(found.manifest.version)
        return page(found)

    monkeypatch.setattr(service, "page", counted)
    headers = {"X-API-Key": "sesame"}
    with TestClient(
        create_app(quiet_settings(models=trained_folder, api_key="sesame"), predictor)
    ) as client:
        assert [client.get("/").status_code for _ in range(3)] == [200] * 3
        assert len(made) == 1
        assert client.post("/model/reload", headers=headers).status_code == 200
        client.get("/")
        assert len(made) == 2
