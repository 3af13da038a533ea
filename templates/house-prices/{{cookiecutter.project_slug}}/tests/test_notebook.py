import re
from pathlib import Path

import pytest
from conftest import small_params
from notebooks import NOTEBOOKS, check_stored_bare, executed, source_of

from {{ cookiecutter.package_name }}.data import load_train
from {{ cookiecutter.package_name }}.eda_story import chapters


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    check_stored_bare(path)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_draws_without_a_warning(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = executed(path, tmp_path, monkeypatch)
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 10
    assert "synthetic" in str(outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_has_the_reports_sections_in_the_reports_order(
    path: Path, trained_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trained_project)
    story = [chapter.name for chapter in chapters(load_train(small_params()))]
    assert re.findall(r'^tell\("(\w+)"\)$', source_of(path), flags=re.MULTILINE) == story
