import re
import shutil
from pathlib import Path

import nbformat
import pytest
from conftest import small_params
from nbclient import NotebookClient

from {{ cookiecutter.package_name }}.data import load_train
from {{ cookiecutter.package_name }}.eda_story import chapters

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_draws_without_a_warning(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    lines = ["  source: sample" if x.startswith("  source:") else x for x in params.splitlines()]
    (tmp_path / "params.yaml").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    copy = shutil.copy(path, tmp_path / "notebooks")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("PYTHONWARNINGS", "error::UserWarning,error::FutureWarning")
    notebook = nbformat.read(copy, as_version=4)
    # Started beside the notebook, as Jupyter does.
    NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": tmp_path / "notebooks"}}
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    # The data are prepared by the first cell, and that is all that may be said beside the results.
    said = [o["text"].strip() for o in outputs if o.output_type == "stream"]
    assert all(text.endswith("preparing the data") for text in said)
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 10
    assert "synthetic" in str(outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_has_the_reports_sections_in_the_reports_order(
    path: Path, trained_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trained_project)
    story = [chapter.name for chapter in chapters(load_train(small_params()))]
    source = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    assert re.findall(r'^tell\("(\w+)"\)$', source, flags=re.MULTILINE) == story
