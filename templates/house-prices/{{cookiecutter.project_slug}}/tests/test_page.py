"""The page at `/`: a control for every column of any table, and no text that becomes HTML."""

import json
import re
from pathlib import Path

import pytest
from conftest import quiet_settings
from pages import MOST_BYTES, Reader, category, number, predictor_of
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api.app import create_app
from {{ cookiecutter.package_name }}.api.page import page
from {{ cookiecutter.package_name }}.api.page_form import FIRST, MOST_OPTIONS
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.api.requests import example
from {{ cookiecutter.package_name }}.schema import Column

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
    real = page(predictor_of([number("a")], synthetic=False), MOST_BYTES)
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
    controls = Reader(page(predictor_of(columns), MOST_BYTES)).controls
    shown = [name for name, control in controls.items() if "details" not in control.inside]
    assert shown == [f"n{i:02}" for i in range(FIRST + 4, 4, -1)]
    assert len(controls) == len(columns)


def test_a_table_of_few_columns_has_nothing_to_unfold() -> None:
    text = page(predictor_of([number("a"), category("b", "x", "y")]), MOST_BYTES)
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
    reader = Reader(page(predictor_of(columns), MOST_BYTES))
    assert len(reader.controls) == len(columns)
    assert not reader.open
    assert all(legend.text.strip() for legend in reader.all("legend"))


def test_a_thousand_columns_have_a_page() -> None:
    predictor = predictor_of([number(f"column {i}") for i in range(1000)])
    reader = Reader(page(predictor, MOST_BYTES))
    assert len(reader.controls) == 1000


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_or_level_becomes_html(text: str) -> None:
    plain = page(predictor_of([number("a"), category("b", "x")]), MOST_BYTES)
    columns = [number(text), category(f"level {text}", text, "x"), category(f"long {text}")]
    levels = (text, *(f"level {i}" for i in range(MOST_OPTIONS)))
    columns[2] = category(columns[2].name, *levels)
    hostile = page(predictor_of(columns, target=text, name=text, synthetic=False), MOST_BYTES)
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
    (control,) = Reader(page(predictor_of(columns), MOST_BYTES)).controls.values()
    assert control.tag == "input"
    assert control.attributes["value"] == "street 0"


def test_the_page_is_made_once_for_each_model(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch, trained_folder: Path
) -> None:
    from {{ cookiecutter.package_name }}.api import service

    made: list[str] = []

    def counted(found: Predictor, most_bytes: int) -> str:
        made.append(found.manifest.version)
        return page(found, most_bytes)

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
