"""The rendered project passes the linters that it brings, and the schemas of its formats."""

import hashlib
import json
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
from conftest import ALL_CASES

STYLE = [case for case in ALL_CASES if case[1] in {"defaults", "longest", "hostile"}]


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


@pytest.fixture(scope="module")
def mypy_caches(tmp_path_factory):
    """of(project) -> a folder for mypy's cache, shared by the projects with the same settings.

    To read NumPy and PyTorch takes mypy minutes, and their own lines seconds. Of another project
    it takes over what was read with the same settings; those of single modules may differ.
    """
    root = tmp_path_factory.mktemp("mypy")

    def of(project):
        written = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["mypy"]
        del written["overrides"]
        return root / hashlib.sha256(json.dumps(written).encode()).hexdigest()[:16]

    return of


def test_mypy_strict_finds_nothing(rendered, any_template, mypy_caches):
    project = rendered(any_template)
    run(project, "mypy", "--cache-dir", str(mypy_caches(project)))


def test_dockerfiles_are_clean(rendered, template):
    hadolint = Path(sysconfig.get_path("scripts"), "hadolint")
    dockerfiles = list(rendered(template).rglob("Dockerfile"))
    assert len(dockerfiles) >= 2
    process = subprocess.run([hadolint, *dockerfiles], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
