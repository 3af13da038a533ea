"""Where links did not survive (a zip archive, Windows), the library still works or says so."""

import shutil
import subprocess
import sys

import pytest
from copier import run_copy
from engines import LIBRARY, run_cookiecutter


@pytest.fixture
def without_links(tmp_path):
    """A copy of the library in which each link is a file that holds its target's name."""
    library = tmp_path / "library"
    skip = shutil.ignore_patterns(".git", ".venv", "build", "demo", ".*_cache", "__pycache__")
    shutil.copytree(LIBRARY, library, symlinks=True, ignore=skip)
    for path in list(library.rglob("*")):
        if path.is_symlink():
            target = str(path.readlink())
            path.unlink()
            path.write_text(target)
    return library


def test_copier_needs_no_links(without_links, tmp_path, template):
    project = tmp_path / "project"
    run_copy(str(without_links), project, data={"template": template}, defaults=True, quiet=True)
    assert (project / "pyproject.toml").is_file()


def test_cookiecutters_menu_lays_the_shared_folders_in(without_links, tmp_path):
    process = subprocess.run(
        [sys.executable, "-m", "cookiecutter", "--no-input", "--output-dir", str(tmp_path / "out"),
         str(without_links)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    (project,) = (tmp_path / "out").iterdir()
    assert (project / "pyproject.toml").is_file()
    assert "make setup" in process.stdout


def test_cookiecutter_on_one_template_says_what_to_do(without_links, tmp_path, template):
    process = run_cookiecutter(without_links, template, {}, tmp_path / "out")
    assert process.returncode != 0
    said = process.stdout + process.stderr
    assert "symbolic links" in said
    assert "choose from its menu" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out" / template).exists()
