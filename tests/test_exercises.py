"""The guide's exercises: each fails with its own words until it is done, and passes once it is.

solutions/TEMPLATE/NN.patch is the solution of exercise NN, against the project as it is rendered.
They are applied one after the other, so that all of them also live together.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import FIRST, TEMPLATES, require, thorough_unless
from engines import LIBRARY

SOLUTIONS = Path(__file__).parent / "solutions"
FILES = "templates/{}/{{{{cookiecutter.project_slug}}}}/tests/exercises/test_exercise_*.py"
EXERCISES = [
    (template, int(path.name.split("_")[2]))
    for template in TEMPLATES
    for path in sorted(LIBRARY.glob(FILES.format(template)))
]
# What the solutions touch, and what takes no second each; a template has some of them.
RELATED = (
    *("params", "features", "models", "metrics", "export", "promotion"),
    *("cleaning", "text_table", "losses", "behaviour", "ingredients", "rules", "conversations"),
)

# Other plugins than pytest's own take a second to load.
QUICK = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@dataclass(frozen=True)
class Outcome:
    """What became of one test."""

    name: str
    failed: bool
    error: bool
    """It broke, which is no answer to a learner."""
    message: str


def run_pytest(
    project: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def outcomes(project: Path) -> dict[int, list[Outcome]]:
    """Exercise -> what became of its tests, all of them turned on."""
    report = project / "junit.xml"
    run_pytest(project, "--exercise", "all", f"--junitxml={report}")
    found: dict[int, list[Outcome]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        number = int(re.search(r"test_exercise_(\d+)", case.get("classname")).group(1))
        problem = case.find("failure")
        error = case.find("error")
        message = "" if problem is None else problem.get("message", "")
        found.setdefault(number, []).append(
            Outcome(case.get("name"), problem is not None, error is not None, message)
        )
    return found


@pytest.fixture(scope="module")
def projects(rendered, tmp_path_factory):
    """copy(template, solved) -> a project with or without the solutions; made once."""
    made: dict[tuple[str, bool], Path] = {}

    def copy(template: str, solved: bool) -> Path:
        if (template, solved) not in made:
            project = tmp_path_factory.mktemp("exercises") / "project"
            shutil.copytree(rendered(template), project)
            for patch in sorted((SOLUTIONS / template).glob("*.patch")) if solved else ():
                # One line of context: other edits of the template nearby must not break it.
                applied = subprocess.run(
                    ["git", "apply", "-C1", patch],
                    cwd=project,
                    # Not as a part of a repository around it.
                    env={**os.environ, "GIT_CEILING_DIRECTORIES": str(project.parent)},
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert applied.returncode == 0, f"{patch}: {applied.stderr}"
            made[template, solved] = project
        return made[template, solved]

    return copy


@pytest.fixture(scope="module")
def results(projects):
    """of(template, solved) -> `outcomes`, run once."""
    found: dict[tuple[str, bool], dict[int, list[Outcome]]] = {}

    def of(template: str, solved: bool) -> dict[int, list[Outcome]]:
        if (template, solved) not in found:
            found[template, solved] = outcomes(projects(template, solved))
        return found[template, solved]

    return of


# That they wait for a learner is seen with one template.
@pytest.mark.parametrize(
    ("template", "number"), [thorough_unless(each[0] == FIRST, *each) for each in EXERCISES]
)
def test_an_exercise_fails_before_it_is_done_and_says_what_is_expected(results, template, number):
    found = results(template, solved=False)[number]
    failed = [outcome for outcome in found if outcome.failed]
    assert failed
    assert not [outcome for outcome in found if outcome.error]
    for outcome in failed:
        # An assertion with words of its own: neither another exception nor a bare comparison.
        kind, _, words = outcome.message.partition(": ")
        assert kind in {"AssertionError", "Failed"}, f"{outcome.name}: {outcome.message}"
        assert len(words.splitlines()[0].split()) >= 5, f"{outcome.name}: {outcome.message}"


@pytest.mark.parametrize(("template", "number"), EXERCISES)
def test_an_exercise_passes_with_its_solution(results, template, number):
    for outcome in results(template, solved=True)[number]:
        assert not outcome.failed, f"{outcome.name}: {outcome.message}"
        assert not outcome.error, outcome.name


@pytest.mark.thorough
def test_solutions_leave_the_projects_own_tests_and_its_style_as_they_were(projects, template):
    require(template, "tests/exercises/test_exercise_*.py")
    project = projects(template, solved=True)
    names = [f"tests/test_{name}.py" for name in RELATED]
    files = [name for name in names if (project / name).exists()]
    assert files
    process = run_pytest(project, "-m", "not slow", *files)
    assert process.returncode == 0, process.stdout[-4000:]
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
        process = subprocess.run(ruff, cwd=project, capture_output=True, text=True, check=False)
        assert process.returncode == 0, process.stdout + process.stderr


def test_exercises_and_solutions_are_the_same_and_numbered_without_a_gap(template):
    require(template, "tests/exercises/test_exercise_*.py")
    numbers = [number for name, number in EXERCISES if name == template]
    solved = sorted(int(path.stem) for path in (SOLUTIONS / template).glob("*.patch"))
    assert numbers == solved == list(range(1, len(numbers) + 1))
    assert numbers


def test_solutions_are_not_shipped(rendered, template):
    project = rendered(template)
    assert not list(project.rglob("*.patch"))
    shipped = "\n".join(
        path.read_text() for path in project.rglob("*.*") if path.suffix in {".py", ".md", ".yml"}
    )
    for patch in (SOLUTIONS / template).glob("*.patch"):
        added = [line[1:] for line in patch.read_text().splitlines() if line.startswith("+ ")]
        longest = max((line.strip() for line in added), key=len)
        assert longest not in shipped, f"{patch.name}: {longest}"


@pytest.fixture
def small_project(rendered, tmp_path):
    """The option and the settings of a real project around two exercises that take no time."""
    for name in ("pyproject.toml", "tests/exercise_option.py"):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(rendered("house-prices") / name, target)
    hooks = re.findall(r"^def (pytest_\w+)", target.read_text(), re.MULTILINE)
    (tmp_path / "tests/conftest.py").write_text(f"from exercise_option import {', '.join(hooks)}\n")
    (tmp_path / "tests/test_own.py").write_text("def test_own(): pass\n")
    (tmp_path / "tests/exercises").mkdir()
    for number in (1, 2):
        path = tmp_path / f"tests/exercises/test_exercise_0{number}_x.py"
        path.write_text("def test_exercise(): pass\n")
    return tmp_path


def test_without_the_option_they_are_skipped_and_say_how_to_turn_them_on(small_project):
    process = run_pytest(small_project, "-rs", **QUICK)
    assert process.returncode == 0, process.stdout
    assert "an exercise; when done: pytest --exercise 2" in process.stdout
    assert "1 passed, 2 skipped" in process.stdout


@pytest.mark.parametrize("where", [[], ["tests"], ["tests/exercises"]])
def test_one_exercise_runs_alone_wherever_pytest_is_pointed(small_project, where):
    process = run_pytest(small_project, "-rA", "--exercise", "2", *where, **QUICK)
    assert process.returncode == 0, process.stdout + process.stderr
    assert "PASSED tests/exercises/test_exercise_02_x.py" in process.stdout
    assert "1 passed" in process.stdout


def test_the_projects_conftest_has_every_hook_of_the_option(rendered, template):
    require(template, "tests/exercises/test_exercise_*.py")
    tests = rendered(template) / "tests"
    hooks = re.findall(r"^def (pytest_\w+)", (tests / "exercise_option.py").read_text(), re.M)
    assert len(hooks) == 4
    for hook in hooks:
        assert (
            f"from exercise_option import {hook} as {hook}" in (tests / "conftest.py").read_text()
        )


def test_an_exercise_that_there_is_not_is_refused_in_one_line(small_project):
    process = run_pytest(small_project, "--exercise", "99", **QUICK)
    assert process.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--exercise 99: there is no such exercise. Use one of 1, 2 or all." in process.stderr
    assert "Traceback" not in process.stderr
