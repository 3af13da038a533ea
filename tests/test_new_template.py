"""docs/new-template.md: worked through in a copy of the library, and held against the code."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from engines import LIBRARY
from test_update import library_as_of_today

DOCUMENT = (LIBRARY / "docs/new-template.md").read_text()
BLOCK = re.compile(
    r"^<!-- (run|apply|write)(?:: (\S+))? -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
PROJECT = "templates/wine-cultivars/{{cookiecutter.project_slug}}"


def work(library: Path, action: str, path: str, code: str) -> str:
    """Do what one block says; what it printed."""
    if action == "write":
        target = library / PROJECT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(code)
        return ""
    # One line of context: the document must survive a third template.
    command = ["bash", "-euo", "pipefail"] if action == "run" else ["git", "apply", "-C1", "-"]
    variables = {
        key: value
        for key, value in os.environ.items()
        # Of the run that this one is part of.
        if not key.startswith("PYTEST_")
    }
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    process = subprocess.run(
        command,
        input=code,
        cwd=library,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert process.returncode == 0, f"{code}\n{process.stdout[-6000:]}\n{process.stderr[-3000:]}"
    return process.stdout


@pytest.mark.thorough
def test_a_template_made_by_the_document_passes_the_librarys_tests(tmp_path):
    library = tmp_path / "library"
    library_as_of_today(library)
    blocks = BLOCK.findall(DOCUMENT)
    assert [action for action, _, _ in blocks].count("write") >= 8
    printed = [work(library, *block) for block in blocks]
    trained, tested = printed[-2:]
    assert re.search(r"logistic regression: \d+\.\d% right", trained)
    passed = re.search(r"(\d+) passed", tested)
    assert passed, tested
    # Not by an expression that picks nothing: each of the files has tests of every template.
    assert int(passed.group(1)) >= 25
    assert "failed" not in tested


def test_every_block_is_run():
    fences = re.findall(r"^```\w+$", DOCUMENT, re.MULTILINE)
    assert len(fences) == len(BLOCK.findall(DOCUMENT))


def imported_seams() -> dict[str, set[str]]:
    """Module of a template -> the names that shared code imports from it."""
    root = LIBRARY / "common/src"
    found: dict[str, set[str]] = {}
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom) or not node.level:
                continue
            folder = path.parents[node.level - 1]
            names = [alias.name for alias in node.names]
            modules = {node.module: names} if node.module else {name: [] for name in names}
            for module, used in modules.items():
                target = folder / module.replace(".", "/")
                if not target.with_suffix(".py").exists():
                    seam = target.relative_to(root).as_posix()
                    found.setdefault(seam, set()).update(used)
    return found


def documented_seams() -> dict[str, set[str]]:
    rows = re.findall(r"^\| `([a-z_/]+)` \|([^|]*)\|", DOCUMENT, re.MULTILINE)
    return {module: set(re.findall(r"`(\w+)`", names)) for module, names in rows}


def test_the_table_has_every_seam_of_the_shared_code_and_no_other():
    assert documented_seams() == imported_seams()


@pytest.mark.parametrize(
    "name",
    sorted(set(re.findall(r"`((?:tests|docs|common|tools|templates)/[a-z_0-9./*-]+)`", DOCUMENT))),
)
def test_the_files_that_it_names_are_there(name):
    # Some are of each project: those of house-prices stand for them.
    template = LIBRARY / "templates/house-prices/{{cookiecutter.project_slug}}"
    assert any(list(root.glob(name.rstrip("/"))) for root in (LIBRARY, template)), name


def test_the_commands_it_lists_are_those_of_house_prices():
    (listed,) = re.findall(r"\(`(data · .*?)`\)", DOCUMENT)
    cli = next((LIBRARY / "templates/house-prices").glob("*/src/*/cli.py")).read_text()
    commands = re.findall(r"^@app\.command\(\)\ndef (\w+)|\bsteps\.(\w+)", cli, re.MULTILINE)
    commands = [own or shared for own, shared in commands]
    assert sorted(listed.split(" · ")) == sorted(commands)
