"""No number in a generated document that no run has measured."""

from pathlib import Path

from report_numbers import blocks, numbers

from {{ cookiecutter.package_name }} import report


def documents() -> list[Path]:
    return [Path("README.md"), *Path("docs").glob("*.md")]


def test_numbers_of_a_diagram_are_rules_and_those_around_it_are_not() -> None:
    fence = "```mermaid\nflowchart TD\n    a -->|from 85%| b\n```"
    found = blocks(f"<!-- report:dialog -->\n0.7 {'before'}\n{fence}\n0.8\n<!-- /report:dialog -->")
    assert numbers(found["dialog"], {}) == ["0.7", "0.8"]


def test_that_the_texts_are_made_up_stands_beside_every_result(documented: Path) -> None:
    report.report()
    for path in documents():
        for name, text in blocks(path.read_text(encoding="utf-8")).items():
            if "Data: " in text:
                assert "which says nothing about real texts" in text, f"{path}: {name}"
    headline = blocks(Path("README.md").read_text(encoding="utf-8"))["headline"].strip()
    assert "\n" not in headline
    assert "synthetic" in headline
