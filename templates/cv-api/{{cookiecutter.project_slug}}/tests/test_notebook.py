import re
from pathlib import Path

import pytest
from notebooks import NOTEBOOKS, check_stored_bare, executed, source_of

from {{ cookiecutter.package_name }}.augmentation import Augmentation
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import load_train, prepared
from {{ cookiecutter.package_name }}.eda_album import Album
from {{ cookiecutter.package_name }}.eda_story import chapters
from {{ cookiecutter.package_name }}.picture import Preprocessing


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    check_stored_bare(path)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_draws_without_a_warning(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = executed(path, tmp_path, monkeypatch)
    # The digits are all of one size, and none repeats another.
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 10
    assert "handwritten digits" in str(outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_has_the_reports_sections_in_the_reports_order(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    params = Params()
    album = Album.of(load_train(params), Preprocessing(8))
    told = chapters(album, prepared(params), Augmentation("light", False, 0.25, 0.0))
    story = [chapter.name for chapter in told]
    assert re.findall(r'^tell\("(\w+)"\)$', source_of(path), flags=re.MULTILINE) == story
