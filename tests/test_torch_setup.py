"""Which PyTorch a project's `make setup` and its uv table take. Nothing is installed: the
interpreters are stand-ins that note what they are asked to do.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, version
from pathlib import Path

import pytest
from conftest import TEMPLATES
from engines import LIBRARY
from packaging.requirements import Requirement

FOLDER = "{{cookiecutter.project_slug}}"
# `python -m venv FOLDER` puts the same stand-in there; HAS_TORCH and NO_INDEX say what it finds.
STAND_IN = """#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
case "$*" in
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-c import torch") test -n "$HAS_TORCH" ;;
    *--index-url*) test -z "$NO_INDEX" ;;
esac
"""
TOOLS = ("sh", "make", "cp", "mkdir", "touch", "awk")


def requirements(project: Path) -> dict[str, Requirement]:
    """Of the extra `train`, by name."""
    declared = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    listed = map(Requirement, declared["optional-dependencies"]["train"])
    return {requirement.name: requirement for requirement in listed}


def with_torch(template: str) -> bool:
    """Whether the template trains with PyTorch."""
    text = (LIBRARY / "templates" / template / FOLDER / "pyproject.toml").read_text()
    return '"torch>=' in text


@pytest.fixture(params=[name for name in TEMPLATES if with_torch(name)])
def project(request, rendered, tmp_path):
    """A copy of each project that trains with PyTorch."""
    copy = tmp_path / "project"
    shutil.copytree(rendered(request.param), copy)
    return copy


@pytest.fixture
def setup(project, tmp_path):
    """run(*arguments, gpu, system, **variables) -> what `make setup` did, and what it asked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool))

    def program(name: str, text: str) -> None:
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)

    def run(*arguments: str, gpu: bool = False, system: str = "Linux", **variables: str):
        program("python3", STAND_IN)
        program("uname", f"#!/bin/sh\necho {system}\n")
        if gpu:
            program("nvidia-smi", "#!/bin/sh\n")
        calls = tmp_path / "calls"
        calls.touch()
        process = subprocess.run(
            ["make", "setup", *arguments],
            cwd=project,
            env={"PATH": str(folder), "CALLS": str(calls), **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return process, calls.read_text().splitlines()

    return run


def of_torch(calls: list[str]) -> list[str]:
    return [call for call in calls if "install" in call and "torch" in call]


def values() -> dict[str, str]:
    """What the Makefiles say of PyTorch, by variable."""
    text = (LIBRARY / "common/torch/variables.mk").read_text()
    return dict(re.findall(r"^(TORCH_\w+) \?= (\S+)$", text, re.MULTILINE))


def test_without_a_gpu_the_cpu_build_is_there_before_the_rest_is_installed(setup):
    process, calls = setup()
    assert process.returncode == 0, process.stderr
    (torch,) = of_torch(calls)
    assert "--no-deps" in torch
    assert f"--index-url {values()['TORCH_INDEX']} {values()['TORCH_CPU']}" in torch
    (rest,) = [call for call in calls if "--editable" in call]
    assert calls.index(torch) < calls.index(rest)
    assert "make setup TORCH=cuda" in process.stdout


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((), {"gpu": True}),
        (("TORCH=cuda",), {}),
        ((), {"HAS_TORCH": "yes"}),
        ((), {"system": "Darwin"}),
    ],
    ids=["a GPU", "told so", "one is installed", "no Linux"],
)
def test_it_comes_with_the_rest_where_the_cpu_build_is_not_wanted(setup, arguments, options):
    process, calls = setup(*arguments, **options)
    assert process.returncode == 0, process.stderr
    assert of_torch(calls) == []
    assert [call for call in calls if "--editable" in call]


def test_an_index_out_of_reach_is_one_line_that_says_what_to_do(setup, project):
    process, calls = setup(NO_INDEX="yes")
    assert process.returncode == 2
    (line,) = [line for line in process.stderr.splitlines() if line.startswith("error: ")]
    assert values()["TORCH_INDEX"] in line
    assert "make setup" in line
    assert not [call for call in calls if "--editable" in call]
    assert not (project / ".venv/installed").exists()


def test_uv_takes_the_same_build_on_linux_and_nothing_else_from_there(project):
    uv = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["uv"]
    (index,) = uv["index"]
    assert index["url"] == values()["TORCH_INDEX"]
    # Other packages never come from an index that is explicit.
    assert index["explicit"] is True
    assert uv["sources"] == {
        "torch": [{"index": index["name"], "marker": "sys_platform == 'linux'"}]
    }


def test_the_build_is_a_version_that_the_project_takes_and_the_library_tests(project):
    build = Requirement(values()["TORCH_CPU"])
    (pinned,) = [each.version for each in build.specifier]
    assert pinned.endswith("+cpu")
    assert requirements(project)["torch"].specifier.contains(pinned)
    own = tomllib.loads((LIBRARY / "pyproject.toml").read_text())["dependency-groups"]["dev"]
    (tested,) = [each for each in map(Requirement, own) if each.name == "torch"]
    assert str(tested.specifier) == f"=={pinned.removesuffix('+cpu')}"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such build")
def test_these_tests_themselves_run_with_the_cpu_build():
    """uv has installed the rest around it, and left it as it was."""
    assert version("torch").endswith("+cpu")
    installed = {found.metadata["Name"].lower() for found in distributions()}
    assert [name for name in installed if name.startswith("nvidia-")] == []


def test_templates_without_pytorch_say_nothing_of_it(rendered, template):
    if with_torch(template):
        pytest.skip(f"{template} trains with PyTorch")
    for name in ("Makefile", "pyproject.toml"):
        assert "torch" not in (rendered(template) / name).read_text().lower(), name
