"""The rendered project passes the linters that it brings, and the schemas of its formats."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import CASES

STYLE = [case for case in CASES if case[1] in {"defaults", "longest", "hostile"}]


def run(project, *command):
    process = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stdout + process.stderr


@pytest.mark.parametrize(("template", "case"), STYLE)
def test_ruff_finds_nothing(rendered, template, case):
    project = rendered(template, case)
    run(project, "ruff", "check", "--no-cache", ".")
    run(project, "ruff", "format", "--no-cache", "--check", ".")


def test_mypy_strict_finds_nothing(rendered, template, tmp_path):
    run(rendered(template), "mypy", "--cache-dir", str(tmp_path))


def test_dockerfiles_are_clean(rendered, template):
    hadolint = Path(sysconfig.get_path("scripts"), "hadolint")
    dockerfiles = list(rendered(template).rglob("Dockerfile"))
    assert len(dockerfiles) >= 2
    process = subprocess.run([hadolint, *dockerfiles], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
