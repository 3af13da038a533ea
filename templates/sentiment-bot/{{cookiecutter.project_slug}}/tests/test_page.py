"""The page at `/`: whole, small, by itself, and no text that becomes HTML."""

import json
import re
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api.page import EXAMPLES, page
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.api.security import page_headers
from {{ cookiecutter.package_name }}.artifacts import Manifest

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\"' onfocus='alert(3)",
    "$body ${style} &lt;b&gt;",
]
LARGEST_PAGE = 100_000  # bytes
MOST_BYTES = 4_000_000  # of a request
TAG = re.compile(r"<([a-z][a-z0-9]*)([^>]*)>", re.IGNORECASE)


def predictor_of(text: str, **data: Any) -> Any:
    """What the page asks a predictor for, with a text wherever data can bring one."""
    manifest = Manifest(
        name="small",
        version="20260101-abcdef",
        created="2026-01-01T00:00:00+00:00",
        artifacts={},
        libraries={},
        git_revision=None,
        data={"name": text, "synthetic": False, **data},
        metrics={"macro_f1": {"overall": 0.5}},
        settings={"example": text},
    )
    return SimpleNamespace(manifest=manifest, classes=("bad", text), max_length=64)


def tags(html: str) -> list[str]:
    """The tags outside of style and script."""
    markup = re.sub(r"<(style|script)>.*?</\1>", r"<\1>", html, flags=re.DOTALL)
    return [name for name, _ in TAG.findall(markup)]


def test_the_page_says_which_model_it_is_how_good_and_that_its_data_are_made_up(
    client: TestClient, predictor: Predictor
) -> None:
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    manifest = predictor.manifest
    for text in (manifest.name, manifest.version, escaped(manifest.data["name"])):
        assert text in answer.text
    assert f"{manifest.metrics['macro_f1']['overall']:.3f}" in answer.text
    assert f"{manifest.metrics['accuracy']['overall']:.1%}" in answer.text
    assert "Synthetic data" in answer.text
    assert "ynthetic" not in page(predictor_of("tweets"), MOST_BYTES)
    assert "Macro-F1 0.50" in page(predictor_of("tweets"), MOST_BYTES)


def escaped(text: object) -> str:
    return str(text).replace("&", "&amp;").replace("'", "&#x27;")


def test_the_field_has_a_label_and_a_hint_and_examples_to_start_from(
    client: TestClient, predictor: Predictor
) -> None:
    html = client.get("/").text
    assert '<label for="text">' in html
    assert 'aria-describedby="text-hint"' in html
    assert f"Its first {predictor.max_length} tokens" in html
    found = [json.loads(unescape(each)) for each in re.findall(r'data-example="([^"]*)"', html)]
    assert found == [*EXAMPLES.values(), predictor.manifest.settings["example"]]
    (classes,) = re.findall(r'data-classes="([^"]*)"', html)
    assert json.loads(unescape(classes)) == list(predictor.classes)


def test_the_page_is_small_and_asks_nobody_for_anything(client: TestClient) -> None:
    html = client.get("/").text
    assert len(html.encode()) < LARGEST_PAGE
    for source in re.findall(r'(?:src|href|action)="([^"]*)"', html):
        assert source.startswith(("#", "data:,", "/docs", "/model")), source
    assert not re.findall(r"https?://", html)
    assert "@import" not in html
    assert "url(" not in html


def test_only_the_pages_own_script_may_run(client: TestClient) -> None:
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert policy == page_headers(answer.text, ())["Content-Security-Policy"]
    assert "script-src 'sha256-" in policy
    assert "unsafe" not in policy.partition("script-src")[2].partition(";")[0]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_class_name_example_or_data_set_becomes_html(text: str) -> None:
    hostile, plain = page(predictor_of(text), MOST_BYTES), page(predictor_of("plain"), MOST_BYTES)
    assert tags(hostile) == tags(plain)
    script = re.compile(r"<script>(.*?)</script>", re.DOTALL)
    assert script.findall(hostile) == script.findall(plain)
    examples = re.findall(r'data-example="([^"]*)"', hostile)
    assert json.loads(unescape(examples[-1])) == text


def test_each_script_of_the_page_keeps_its_names_to_itself() -> None:
    html = page(predictor_of("x"), MOST_BYTES)
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    static = Path(page.__code__.co_filename).parent / "static"
    for name in ("text.js", "chat.js"):
        assert "{\n" + (static / name).read_text(encoding="utf-8") + "}\n" in script
