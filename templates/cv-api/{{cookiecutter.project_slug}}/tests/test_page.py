"""The page at `/`: whole, small, by itself, and no text that becomes HTML."""

import base64
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api.page import MOST_NAMED, MOST_SHOWN, page, shown
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.api.security import page_headers
from {{ cookiecutter.package_name }}.artifacts import Manifest
from {{ cookiecutter.package_name }}.examples import Example

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\"' onfocus='alert(3)",
    "$body ${style} &lt;b&gt;",
]
LARGEST_PAGE = 140_000  # bytes, with as many examples as there is room for
MOST_BYTES = 20_000_000  # of a request
THRESHOLD = {"confidence": 0.75, "precision": 0.962, "coverage": 0.881, "reached": True}
TAG = re.compile(r"<([a-z][a-z0-9]*)([^>]*)>", re.IGNORECASE)


def predictor_of(
    text: str,
    *,
    classes: tuple[str, ...] | None = None,
    sizes: Sequence[int] = (300,),
    **threshold: Any,
) -> Any:
    """What the page asks a predictor for, with a text wherever data can bring one.

    sizes: of the examples, in characters.
    """
    manifest = Manifest(
        name="small",
        version="20260101-abcdef",
        created="2026-01-01T00:00:00+00:00",
        artifacts={},
        libraries={},
        git_revision=None,
        data={"name": text, "synthetic": False, "validation_rows": 1234},
        metrics={"macro_f1": {"overall": 0.5}, "accuracy": {"overall": 0.625}},
        settings={"threshold": {**THRESHOLD, **threshold}, "energy": {"kept": 0.95}},
    )
    return SimpleNamespace(
        manifest=manifest,
        classes=classes or ("cat", text),
        examples=tuple(Example(label=text, image="A" * size, name=text) for size in sizes),
    )


def markup_of(html: str) -> str:
    """The HTML without what is in its style and its script."""
    return re.sub(r"<(style|script)>.*?</\1>", r"<\1>", html, flags=re.DOTALL)


def tags(html: str) -> list[str]:
    return [name for name, _ in TAG.findall(markup_of(html))]


def test_the_page_says_which_model_it_is_how_good_and_on_which_data(
    client: TestClient, predictor: Predictor
) -> None:
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    manifest = predictor.manifest
    for text in (manifest.name, manifest.version, str(manifest.data["name"])):
        assert escape(text) in answer.text
    assert f"{manifest.metrics['accuracy']['overall']:.1%} right" in answer.text
    assert f"{manifest.metrics['macro_f1']['overall']:.3f}" in answer.text
    assert "ynthetic" not in markup_of(answer.text)


def test_the_examples_are_those_of_the_model_with_their_classes(
    client: TestClient, predictor: Predictor
) -> None:
    html = client.get("/").text
    sources = re.findall(r'<img src="data:image/(png|jpeg);base64,([^"]+)" alt="Example:"', html)
    assert [base64.b64decode(text) for _, text in sources] == [
        example.content for example in shown(predictor)
    ]
    for kind, text in sources:
        begins = b"\x89PNG" if kind == "png" else b"\xff\xd8\xff"
        assert base64.b64decode(text).startswith(begins)
    assert re.findall(r"<span>([^<]*)</span></button>", html) == [
        escape(example.label) for example in shown(predictor)
    ]


def test_no_more_examples_are_shown_than_a_slow_connection_takes() -> None:
    half = MOST_SHOWN // 2
    assert len(shown(predictor_of("x", sizes=[half, half, 1]))) == 2
    assert len(shown(predictor_of("x", sizes=[half + 1, half, 1]))) == 1
    full = page(predictor_of("x", sizes=[half, half]), MOST_BYTES)
    assert len(full.encode()) < LARGEST_PAGE
    none = page(predictor_of("x", sizes=[]), MOST_BYTES)
    assert "Or take an example" not in none


def test_the_control_has_a_label_and_says_how_large_a_picture_may_be() -> None:
    html = page(predictor_of("x"), 20_000_000)
    assert '<label for="file">' in html
    assert 'aria-describedby="file-hint"' in html
    assert "up to 20 MB" in html
    assert 'data-most-bytes="20000000"' in html
    assert "up to 0.1 MB" in page(predictor_of("x"), 100_000)


def test_the_share_of_sure_answers_is_shown_only_if_there_are_any() -> None:
    html = page(predictor_of("x"), MOST_BYTES)
    assert "88.1%" in html
    assert "96.2% were right" in html
    assert 'data-enough="0.75" data-kept="0.95"' in html
    never = page(predictor_of("x", reached=False, coverage=0.0), MOST_BYTES)
    assert "Sure answers" not in never
    assert 'data-enough=""' in never


def test_a_few_classes_are_named_and_many_are_counted() -> None:
    assert "which it shows, a, b or c, how" in page(
        predictor_of("x", classes=("a", "b", "c")), MOST_BYTES
    )
    many = tuple(f"class {i}" for i in range(MOST_NAMED + 1))
    html = page(predictor_of("x", classes=many), MOST_BYTES)
    assert "one of 11 classes such as class 0, class 1, class 2, how" in html


def test_the_page_asks_nobody_for_anything(client: TestClient) -> None:
    html = client.get("/").text
    for source in re.findall(r'(?:src|href|action)="([^"]*)"', html):
        assert source.startswith(("#", "data:", "/docs", "/model")), source
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
def test_no_class_example_or_data_set_becomes_html(text: str) -> None:
    hostile, plain = page(predictor_of(text), MOST_BYTES), page(predictor_of("plain"), MOST_BYTES)
    assert tags(hostile) == tags(plain)
    script = re.compile(r"<script>(.*?)</script>", re.DOTALL)
    assert script.findall(hostile) == script.findall(plain)
    assert f"<span>{escape(text)}</span></button>" in hostile


def test_each_script_of_the_page_keeps_its_names_to_itself() -> None:
    html = page(predictor_of("x"), MOST_BYTES)
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    static = Path(page.__code__.co_filename).parent / "static"
    for name in ("picture.js", "intake.js", "camera.js"):
        assert "{\n" + (static / name).read_text(encoding="utf-8") + "}\n" in script
