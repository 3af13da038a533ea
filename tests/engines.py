"""The two engines behind one signature: (template, answers, folder) -> the project's path."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from copier import run_copy

LIBRARY = Path(__file__).resolve().parents[1]
Answers = dict[str, str]
Render = Callable[[str, Answers, Path], Path]


def with_copier(template: str, answers: Answers, folder: Path) -> Path:
    """Render from the working tree's HEAD with what is uncommitted on top, without trust."""
    project = folder / "project"
    run_copy(
        str(LIBRARY),
        project,
        data={"template": template, **answers},
        defaults=True,
        quiet=True,
        unsafe=False,
        vcs_ref="HEAD",
    )
    return project


def with_cookiecutter(template: str, answers: Answers, folder: Path) -> Path:
    """Render in a process of its own: a hook's refusal is what it prints."""
    process = run_cookiecutter(LIBRARY, template, answers, folder)
    if process.returncode:
        raise ValueError(process.stderr)
    (project,) = folder.iterdir()
    return project


def run_cookiecutter(
    library: Path, template: str, answers: Answers, folder: Path
) -> subprocess.CompletedProcess[str]:
    """`cookiecutter --no-input LIBRARY --directory templates/TEMPLATE`, with answers."""
    command = [sys.executable, "-m", "cookiecutter", "--no-input", "--output-dir", str(folder)]
    extra = [f"{question}={answer}" for question, answer in answers.items()]
    return subprocess.run(
        [*command, str(library), "--directory", f"templates/{template}", *extra],
        capture_output=True,
        text=True,
        check=False,
    )


ENGINES: dict[str, Render] = {"cookiecutter": with_cookiecutter, "copier": with_copier}
