"""What the tests of `report` share: the project's files before and after it."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from {{ cookiecutter.package_name }} import report
from {{ cookiecutter.package_name }}.errors import UserError

README = Path("README.md")
METRICS = Path("reports/metrics.json")
PNG = b"\x89PNG"


def state() -> dict[str, bytes]:
    """Every file but the model and the data, with its bytes."""
    paths = [README, *Path("docs").rglob("*"), *Path("reports").glob("*")]
    return {str(path): path.read_bytes() for path in paths if path.is_file()}


def change(**sections: Any) -> None:
    """Change sections of reports/metrics.json; None takes one away."""
    metrics = {**json.loads(METRICS.read_text()), **sections}
    kept = {name: value for name, value in metrics.items() if value is not None}
    METRICS.write_text(json.dumps(kept))


def refusal() -> str:
    before = state()
    with pytest.raises(UserError) as caught:
        report.report()
    assert state() == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def shown(result: report.Reported) -> str:
    output = StringIO()
    report.show(result, Console(file=output, width=200))
    return output.getvalue()
