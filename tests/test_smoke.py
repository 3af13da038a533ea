"""The generated project's own tests pass, whichever engine wrote it."""

import os
import shutil
import subprocess
import sys

import pytest
from engines import ENGINES, LIBRARY

FLAGS = ("-q", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadfile")


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_the_projects_own_tests_pass(rendered, template, engine, tmp_path):
    # Parity shows that both engines write the same files: for one of them, the commands will do.
    commands = "tests/test_cli.py"
    known = (rendered(template, engine=engine) / commands).exists()
    chosen = [commands] if engine != "copier" and known else []
    check(rendered(template, engine=engine), tmp_path, "-m", "not slow", *chosen)


@pytest.mark.thorough
def test_the_projects_slow_tests_pass(rendered, template, tmp_path):
    check(rendered(template), tmp_path, "-m", "slow")


def check(rendered, folder, *arguments):
    """Run a project's own tests, in a copy."""
    project = folder / "project"
    shutil.copytree(rendered, project)
    process = subprocess.run(
        # Side by side, file by file: files share what they have trained.
        [sys.executable, "-m", "pytest", *FLAGS, *arguments],
        cwd=project,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout[-8000:] + process.stderr[-2000:]


def test_install_from_its_own_pyproject_trains_and_serves(tmp_path):
    """`make demo` does just that: an empty environment, `.[train]`, `train`, `serve`, one price."""
    process = subprocess.run(
        [sys.executable, str(LIBRARY / "tools" / "demo.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout[-4000:] + process.stderr[-4000:]
    assert "90% interval" in process.stdout
    assert "is stopped" in process.stdout
