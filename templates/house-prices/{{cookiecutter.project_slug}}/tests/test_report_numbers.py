"""No number in a generated document that no run has measured."""

import json
import random
from pathlib import Path

import pytest
from report_numbers import blocks, numbers, strays, text_of

from {{ cookiecutter.package_name }} import report

METRICS = {
    "name": "sample (1,200 houses)",
    "columns": {"2ndFlrSF": 0.25},
    "error": 0.11871,
    "lift": -0.0837,
    "price": 124613.4,
    "rows": 240,
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
    ],
)
def test_any_other_number_is_found(text: str, stray: str) -> None:
    assert stray in strays(text, METRICS)


def test_every_number_in_the_documents_was_measured(documented: Path) -> None:
    report.report()
    metrics = json.loads(Path("reports/metrics.json").read_text())
    shown = 0
    for path in (Path("README.md"), *Path("docs").glob("*.md")):
        for name, text in blocks(path.read_text(encoding="utf-8")).items():
            assert strays(text, metrics) == [], f"{path}: {name}"
            shown += len(numbers(text, metrics))
    page = text_of(Path("reports/index.html").read_text(encoding="utf-8"))
    assert strays(page, metrics) == []
    assert shown > 500
    assert len(numbers(page, metrics)) > 200


def test_a_planted_number_is_found(documented: Path) -> None:
    report.report()
    metrics = json.loads(Path("reports/metrics.json").read_text())
    page = text_of(Path("reports/index.html").read_text(encoding="utf-8"))
    assert strays(f"{page} 0.1234567", metrics) == ["0.1234567"]
    rng = random.Random(0)
    drawn = [f"{rng.random():.4f}" for _ in range(200)]
    # Some are a measured figure by chance; a matcher that lets most pass would be none.
    missed = [each for each in drawn if not strays(each, metrics)]
    assert len(missed) < 20
