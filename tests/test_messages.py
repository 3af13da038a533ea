"""What the engines say: the next steps, and one line where they cannot go on."""

import subprocess
import sys

import pytest
from engines import LIBRARY, run_cookiecutter


def copier(*arguments):
    command = [sys.executable, "-m", "copier", "copy", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=-3)


def test_both_engines_print_the_same_next_steps(tmp_path, any_template):
    ours = run_cookiecutter(LIBRARY, any_template, {}, tmp_path / "a")
    theirs = copier(
        "--defaults", "--vcs-ref", "HEAD", "-d", f"template={any_template}", LIBRARY, tmp_path / "b"
    )
    assert ours.returncode == theirs.returncode == 0, ours.stderr + theirs.stderr
    steps = ours.stdout.strip()
    assert "make setup" in steps
    assert "git init" in steps
    assert steps in theirs.stderr + theirs.stdout


@pytest.mark.parametrize("flags", [[], ["--defaults"]])
def test_copier_on_one_template_stops_with_the_right_command(tmp_path, any_template, flags):
    target = tmp_path / "x"
    process = copier(*flags, LIBRARY / "templates" / any_template, target)
    assert process.returncode != 0
    assert f"copier copy -d template={any_template} {LIBRARY} my-project" in process.stderr
    assert len(process.stderr.strip().splitlines()) == 1
    assert not target.exists()


def test_the_project_is_not_a_git_repository(rendered, any_template):
    assert not (rendered(any_template, engine="copier") / ".git").exists()
    assert not (rendered(any_template, engine="cookiecutter") / ".git").exists()
