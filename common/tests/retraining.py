"""What a retraining left, for its tests."""

from pathlib import Path

import pytest

from {{ cookiecutter.package_name }} import retrain as step
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.errors import UserError

REPORT = Path("reports/retraining.md")


def last_line() -> list[str]:
    """The cells of the report's last line."""
    return [cell.strip() for cell in REPORT.read_text().splitlines()[-1].strip("|").split(" | ")]


def refusal(params: Params) -> str:
    """Why the rows are not taken; nothing has changed then."""
    before = state()
    with pytest.raises(UserError) as caught:
        step.retrain(params)
    assert state() == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def state() -> dict[str, bytes]:
    """Every file that a refused retraining must leave as it is."""
    folders = ("data/raw", "data/new", "data/processed", "models", "reports")
    paths = [path for name in folders for path in Path(name).rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in paths}
