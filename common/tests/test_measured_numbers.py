"""No number in the documents and the page of a measured project that no run has measured."""

import json
import random
from pathlib import Path

from report_numbers import blocks, numbers, strays, text_of

from {{ cookiecutter.package_name }} import report


def documents() -> list[Path]:
    return [Path("README.md"), *Path("docs").glob("*.md")]


def test_every_number_in_the_documents_was_measured(documented: Path) -> None:
    report.report()
    metrics = json.loads(Path("reports/metrics.json").read_text())
    shown = 0
    for path in documents():
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
