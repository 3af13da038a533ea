"""The generated project's own tests pass, whichever engine wrote it."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import FIRST, TEMPLATES, require
from engines import LIBRARY

FLAGS = ("-q", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadfile")
# A template's file with a test of code that templates share.
INCLUDE = re.compile(r'\{% include "common/tests/(test_\w+\.py)" %\}\n?')
OWN_TESTS = "templates/{}/{{{{cookiecutter.project_slug}}}}/tests/test_*.py"
# Of a template's own tests those that show that a project works at all: every command, a training,
# and the service.
SMOKE = ("test_cli.py", "test_train.py", "test_api.py")
# What `make demo` is to say of each template's answer.
ANSWERS = {
    "cv-api": "This picture: 0 (",
    "house-prices": "90% interval",
    "sentiment-bot": "positive",
}


def shared_tests(template: str) -> set[str]:
    """The template's tests that stand in common/tests/."""
    paths = LIBRARY.glob(OWN_TESTS.format(template))
    found = [INCLUDE.fullmatch(path.read_text(encoding="utf-8")) for path in paths]
    return {match[1] for match in found if match}


def left_to_another(template: str) -> set[str]:
    """Those that the run of a template before it, in the order of their names, has had."""
    before = TEMPLATES[: TEMPLATES.index(template)]
    return shared_tests(template) & {name for other in before for name in shared_tests(other)}


def test_the_project_works(rendered, template, tmp_path):
    """All of its quick tests for one template; for the others a few, and what that one lacks.

    All of them with every template, engine and Python are .github/workflows/ci.yml's.
    """
    project = rendered(template, engine="copier")
    chosen = set()
    if template != FIRST:
        chosen = {*SMOKE, *(shared_tests(template) - left_to_another(template))}
    files = [f"tests/{name}" for name in sorted(chosen) if (project / "tests" / name).exists()]
    check(project, tmp_path, "-m", "not slow", *files)


@pytest.mark.thorough
@pytest.mark.parametrize("template", [name for name in TEMPLATES if name != FIRST])
def test_the_projects_own_tests_pass(rendered, template, tmp_path):
    others = [f"--ignore=tests/{name}" for name in sorted(left_to_another(template))]
    check(rendered(template, engine="copier"), tmp_path, "-m", "not slow", *others)


def test_what_the_other_engine_wrote_works_too(rendered, any_template, tmp_path):
    """Parity shows that both engines write the same files: here the commands will do."""
    commands = "tests/test_cli.py"
    project = rendered(any_template, engine="cookiecutter")
    check(
        project, tmp_path, "-m", "not slow", *([commands] if (project / commands).exists() else [])
    )


def test_each_shared_test_runs_with_one_template():
    every = {path.name for path in (LIBRARY / "common/tests").glob("test_*.py")}
    runs = [shared_tests(name) - left_to_another(name) for name in TEMPLATES]
    assert set().union(*runs) == every
    assert sum(map(len, runs)) == len(every)


@pytest.mark.thorough
def test_the_projects_slow_and_shared_tests_pass(rendered, template, tmp_path):
    check(rendered(template), tmp_path, "-m", "slow")
    if others := [f"tests/{name}" for name in sorted(left_to_another(template))]:
        check(rendered(template), tmp_path / "shared", *others)


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
    demo(tmp_path, "house-prices")


# Installing PyTorch into another environment takes a minute: too much for each commit.
@pytest.mark.thorough
@pytest.mark.parametrize("template", [name for name in ANSWERS if name != "house-prices"])
def test_the_others_install_train_and_serve_so_too(tmp_path, template):
    require(template, "README.md", "src/{{cookiecutter.package_name}}/train.py")
    demo(tmp_path, template)


def test_no_template_is_without_a_demo():
    assert sorted(ANSWERS) == TEMPLATES


def demo(folder, template):
    process = subprocess.run(
        [sys.executable, str(LIBRARY / "tools" / "demo.py"), template, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout[-4000:] + process.stderr[-4000:]
    assert ANSWERS[template] in process.stdout
    assert "is stopped" in process.stdout
