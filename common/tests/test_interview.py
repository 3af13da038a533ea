"""docs/interview.md points into code that exists."""

from pathlib import Path

import pytest
from code_pointers import broken, pointers

ROOT = Path(__file__).parent.parent
INTERVIEW = ROOT / "docs/interview.md"
PACKAGE = "src/{{ cookiecutter.package_name }}"


@pytest.mark.skipif(not INTERVIEW.is_file(), reason="docs/interview.md was deleted")
def test_every_pointer_into_the_code_leads_somewhere() -> None:
    assert broken(INTERVIEW.read_text(encoding="utf-8"), ROOT) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"`{PACKAGE}/no_such.py` (`x`)", [f"{PACKAGE}/no_such.py"]),
        (
            f"`{PACKAGE}/report.py` (`report`, `no_such_name`)",
            [f"{PACKAGE}/report.py: no_such_name"],
        ),
        (f"`{PACKAGE}/report.py` (`report`, `PAGE`)", []),
    ],
)
def test_a_pointer_that_leads_nowhere_is_found(text: str, found: list[str]) -> None:
    assert pointers(text)
    assert broken(text, ROOT) == found
