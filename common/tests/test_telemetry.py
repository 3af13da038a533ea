"""What libraries report of their use to their makers is off, unless the user turned it on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import {{ cookiecutter.package_name }}

SOURCE = Path({{ cookiecutter.package_name }}.__file__).parents[1]
SWITCHES = ("ORT_DISABLE_TELEMETRY", "DO_NOT_TRACK")


def after_import(**environment: str) -> list[str]:
    """Both switches, in a process that has imported the project."""
    plain = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    show = f"import os; print(*map(os.environ.get, {SWITCHES}))"
    found = subprocess.run(
        [sys.executable, "-c", f"import {{ cookiecutter.package_name }}; {show}"],
        env={**plain, "PYTHONPATH": str(SOURCE), **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return found.stdout.split()


def test_it_is_off() -> None:
    assert after_import() == ["1", "1"]


@pytest.mark.parametrize("switch", SWITCHES)
def test_the_user_has_the_last_word(switch: str) -> None:
    found = dict(zip(SWITCHES, after_import(**{switch: "0"}), strict=True))
    assert found == {each: "0" if each == switch else "1" for each in SWITCHES}
