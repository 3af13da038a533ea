"""What docs/guide.md and docs/extending.md of a generated project name is there: each command,
setting, file and function; and the guide's steps are whole."""

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from conftest import TEMPLATES, require
from test_exercises import EXERCISES, SOLUTIONS

PARTS = ("**Run**", "**Read**", "**Look at**", "**Why.**", "**Exercises**")
SUFFIXES = (".py", ".md", ".yml", ".yaml", ".toml", ".ipynb", ".html", ".json", ".onnx", ".csv")
# What commands write, not what the template brings: its name stands in the code instead.
WRITTEN = ("reports/", "models/", "data/")
EXAMPLES = {"change.patch", "sales.db"}

DOCUMENTS = [
    (template, name) for template in TEMPLATES for name in ("docs/guide.md", "docs/extending.md")
]


@pytest.fixture(params=DOCUMENTS, ids=" ".join)
def document(request, rendered):
    """(project, text) of each document; the guide without the lines of its numbered exercises."""
    template, name = request.param
    require(template, name)
    lines = (rendered(template) / name).read_text().splitlines()
    numbered = re.compile(r"\*\*Exercise \d")
    return rendered(template), "\n".join(line for line in lines if not numbered.search(line))


@pytest.fixture(params=TEMPLATES, scope="module")
def project(request, rendered):
    """Each project, if it has a guide."""
    require(request.param, "docs/guide.md")
    return rendered(request.param)


def guide(project: Path) -> str:
    return (project / "docs/guide.md").read_text()


def package(project: Path) -> str:
    (path,) = project.glob("src/*/cli.py")
    return path.parent.name


def quoted(text: str) -> set[str]:
    """What stands between single backticks, outside of blocks."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", prose))


def source(project: Path) -> Path:
    return project / "src" / package(project)


@cache
def names_in(module: Path) -> frozenset[str]:
    """What a module defines at its top."""
    found = set()
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(found)


def config(project: Path, script: str, *arguments: str) -> str:
    """What a few lines print in which `config` is the project's module."""
    code = f"import sys; from {package(project)} import config; {script}"
    process = subprocess.run(
        [sys.executable, "-B", "-c", code, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, f"{arguments}: {process.stderr}"
    return process.stdout


@pytest.fixture(scope="module")
def settings():
    """of(project) -> every setting as section.key."""

    @cache
    def of(project: Path) -> set[str]:
        script = "import json; print(json.dumps(config.Params().model_dump(mode='json')))"
        sections = json.loads(config(project, script))
        return {f"{section}.{key}" for section, values in sections.items() for key in values}

    return of


def test_functions_and_settings_exist(document, settings):
    project, text = document
    checked = 0
    for name in quoted(text) - EXAMPLES:
        found = re.fullmatch(r"([a-z_]+)\.([A-Za-z_]+)", name)
        if not found or name.endswith(SUFFIXES):
            continue
        module = source(project) / f"{found[1]}.py"
        known = names_in(module) if module.is_file() else frozenset()
        assert name in settings(project) or found[2] in known, name
        checked += 1
    assert checked >= 3


def test_what_an_exercise_adds_is_in_its_solution(project, settings):
    solutions = SOLUTIONS / package(project).replace("_", "-")
    for line in guide(project).splitlines():
        if not (found := re.search(r"\*\*Exercise (\d+)\.\*\*", line)):
            continue
        patch = (solutions / f"{int(found[1]):02d}.patch").read_text()
        for name in re.findall(r"`([a-z_]+\.[A-Za-z_]+)`", line):
            module, _, attribute = name.partition(".")
            path = source(project) / f"{module}.py"
            known = names_in(path) if path.is_file() else frozenset()
            in_project = name in settings(project) or attribute in known or name.endswith(SUFFIXES)
            assert in_project or f"+    {attribute}:" in patch, f"exercise {found[1]}: {name}"


def test_files_exist(document):
    project, text = document
    code = "\n".join(path.read_text() for path in source(project).rglob("*.py"))
    readmes = "\n".join(path.read_text() for path in project.glob("*/README.md"))
    checked = 0
    for name in quoted(text) - EXAMPLES:
        if not re.fullmatch(r"[\w./-]+", name) or not (name.endswith((*SUFFIXES, "/"))):
            continue
        places = (project, source(project), project / "docs")
        if name.startswith("/") or any((place / name).exists() for place in places):
            checked += 1
            continue
        assert name.startswith(WRITTEN), name
        assert Path(name).name in code + readmes, f"{name} is written by nobody"
        checked += 1
    assert checked >= 3


def test_targets_of_make_exist(document):
    project, text = document
    targets = re.findall(r"^([a-z-]+):", (project / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"(?:^|[`;])make ((?:[a-z-]+ ?)+)", text, re.MULTILINE)
    assert named
    for target in {target for line in named for target in line.split()}:
        assert target in targets, f"make {target}"


def test_commands_and_their_settings_are_accepted(project):
    """Of the guide; tests/test_extending.py runs those of the other."""
    text = guide(project)
    name = package(project).replace("_", "-")
    cli = (source(project) / "cli.py").read_text()
    known = re.findall(r"^@app\.command\(\)\ndef (\w+)|\bsteps\.(\w+)", cli, re.MULTILINE)
    known = {name for pair in known for name in pair}
    commands = re.findall(rf"(?:{name}|-m {package(project)}) ([a-z]+)((?: --set \S+)*)", text)
    assert commands
    for command, options in commands:
        assert command in known, command
        overrides = [each.rstrip("`.") for each in options.split() if each != "--set"]
        if not any("..." in override for override in overrides):
            config(project, "config.load(config.Path('params.yaml'), sys.argv[1:])", *overrides)


def test_variables_of_the_environment_exist(document):
    project, text = document
    described = (project / ".env.example").read_text()
    for name in {name for each in quoted(text) for name in re.findall(r"\bAPP_[A-Z_]+", each)}:
        assert name in described, name


def test_every_step_has_its_parts_in_their_order(project):
    sections = re.split(r"^## ", guide(project), flags=re.MULTILINE)[2:]
    assert len(sections) >= 14
    numbered = [title.split(".")[0] for title in sections if title[0].isdigit()]
    assert numbered == [str(number) for number in range(1, len(numbered) + 1)]
    for section in sections:
        title, _, text = section.partition("\n")
        places = [text.find(part) for part in PARTS]
        assert min(places) >= 0, f"{title}: {PARTS[places.index(-1)]} is missing"
        assert places == sorted(places), title
        stars = [len(found) for found in re.findall(r"^- (★+) ", text, re.MULTILINE)]
        assert len(stars) >= 2, f"{title}: {len(stars)} exercises"
        assert stars == sorted(stars), f"{title}: rising difficulty"


def test_every_checked_exercise_is_in_the_guide_in_its_order(project):
    numbers = [int(number) for number in re.findall(r"\*\*Exercise (\d+)\.\*\*", guide(project))]
    template = package(project).replace("_", "-")
    assert numbers == [number for name, number in EXERCISES if name == template]
