"""No number in a generated document that no run has measured."""

import json
import random
from pathlib import Path

import pytest
from conftest import small_params
from documents import write_documents
from report_numbers import blocks, numbers, strays, text_of

from {{ cookiecutter.package_name }} import evaluate, report, train
from {{ cookiecutter.package_name }}.report_facts import Measure
from {{ cookiecutter.package_name }}.report_words import number

METRICS = {
    "name": "sample (1,200 houses)",
    "columns": {"2ndFlrSF": 0.25},
    "error": 0.11871,
    "lift": -0.0837,
    "price": 124613.4,
    "rows": 240,
    "tiny": 4.5678e-7,
    "less": -3.2109e-5,
    "level": "5",
    "when": "2024-05-02T08:00:00+00:00",
}


@pytest.mark.parametrize(
    "text",
    [
        "0.1187, 0.119 and 0.11871",
        "\u22128.4 %, 8.37 % and 8 %",
        "$124,613 and 124,613.4",
        "240 rows of the sample (1,200 houses)",
        "2ndFlrSF: 25.0 %",
        "level 5, measured on 2 May 2024",
        "4.57e-7 and \u22123.21e-5, which is 4.5678e-7",
    ],
)
def test_a_measured_number_is_known_at_any_precision(text: str) -> None:
    assert strays(text, METRICS) == []
    assert numbers(text, METRICS)


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        ("0.1188", "0.1188"),
        ("11.9 to 12.0 %", "11.9"),
        ("+8.4 %", "+8.4 %"),
        ("a sample of 1,200", "1,200"),
        ("124,614", "124,614"),
        ("240.5 rows", "240.5"),
        ("240 %", "240 %"),
        ("the 12th", "12"),
        ("measured on 3 May 2024", "3 May 2024"),
        ("4.56e-7", "4.56e-7"),
        ("+3.21e-5", "+3.21e-5"),
        ("5e-7", "5e-7"),
        ("0.0000", "0.0000"),
    ],
)
def test_any_other_number_is_found(text: str, stray: str) -> None:
    assert stray in strays(text, METRICS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.11871, "0.1187"),
        (-0.01234, "\u22120.0123"),
        (0.00999, "0.00999"),
        (-0.001, "\u22120.00100"),
        (0.00012345, "0.000123"),
        (1.23456e-6, "1.23e-6"),
        (-9.999e-12, "\u22121.00e-11"),
        (0.0, "0.0000"),
        (99.5, "99.5000"),
        (1234.5, "1,234"),
    ],
)
def test_a_small_number_keeps_three_digits(value: float, text: str) -> None:
    assert number(value) == text
    assert Measure("rmse", "RMSE").form(value) == text
    assert strays(text, {"value": value}) == []


def test_a_small_target_is_not_told_as_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = random.Random(0)
    rows = [(each, rng.random(), rng.random()) for each in range(150)]
    lines = [f"{each},{a},{b},{1e-6 * (1 + a + 0.1 * rng.random())}" for each, a, b in rows]
    Path("own.csv").write_text("\n".join(["id,a,b,rate", *lines]))
    source = {"source": "csv", "path": "own.csv", "target": "rate"}
    params = small_params(data=source, train={"model": "ridge", "log_target": False})
    train.train(params)
    evaluate.evaluate(params)
    write_documents(tmp_path)
    report.report()
    metrics = json.loads(Path("reports/metrics.json").read_text())
    error = metrics["held_out"]["metrics"]["mae"]["value"]
    texts = [text for path in documents() for text in blocks(path.read_text()).values()]
    texts.append(text_of(Path("reports/index.html").read_text(encoding="utf-8")))
    assert any(f"{error:.2e}".replace("e-0", "e-") in text for text in texts)
    for text in texts:
        assert strays(text, metrics) == []
        assert "0.0000 " not in text


def documents() -> list[Path]:
    return [Path("README.md"), *Path("docs").glob("*.md")]
