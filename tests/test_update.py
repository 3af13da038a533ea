"""`copier update` brings a later library to a project that its owner has edited."""

import shutil
import subprocess

import yaml
from copier import run_copy, run_update
from engines import LIBRARY

README_EDIT = "\n## My own notes\n\nThe garage matters less than I thought.\n"


def git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def library_as_of_today(folder):
    """A clone of the library with the working tree's state committed on top."""
    git(LIBRARY.parent, "clone", "--quiet", str(LIBRARY), str(folder))
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=LIBRARY, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, tracked):
        source, target = LIBRARY / name, folder / name
        if source.is_symlink() or not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "today")


def test_an_update_keeps_the_learners_edits(tmp_path, any_template):
    library, project = tmp_path / "library", tmp_path / "project"
    library_as_of_today(library)
    # An earlier state of the library: a shared file and a template's file read differently there.
    shared = library / "common" / "gitignore"
    later = shared.read_text()
    shared.write_text(later.replace("__pycache__/\n", ""))
    git(library, "commit", "--quiet", "--all", "-m", "earlier")
    data = {"template": any_template, "author": "Ada Lovelace"}
    run_copy(str(library), project, data=data, defaults=True, quiet=True, vcs_ref="HEAD")
    assert "__pycache__" not in (project / ".gitignore").read_text()

    readme = project / "README.md"
    readme.write_text(readme.read_text() + README_EDIT)
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("seed: 42 ", "seed: 7  "))
    (project / "own.py").write_text("print('mine')\n")
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "start")

    shared.write_text(later)
    git(library, "commit", "--quiet", "--all", "-m", "later")
    run_update(project, defaults=True, quiet=True, overwrite=True, vcs_ref="HEAD")

    assert "__pycache__" in (project / ".gitignore").read_text()
    assert readme.read_text().endswith(README_EDIT)
    assert yaml.safe_load(params.read_text())["data"]["seed"] == 7
    assert (project / "own.py").read_text() == "print('mine')\n"
    assert "Ada Lovelace" in (project / "LICENSE").read_text()
    assert "<<<<<<<" not in readme.read_text() + params.read_text()
    assert not list(project.rglob("*.rej"))
