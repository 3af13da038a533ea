"""A notebook as Jupyter runs it, and as it has to be stored."""

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def check_stored_bare(path: Path) -> None:
    """Outputs and counts of a run are not stored: they would change with every run."""
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def source_of(path: Path) -> str:
    """All cells in their order."""
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


def executed(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the cells put out, run on the sample in a project at `folder`; warnings are errors.

    The data are prepared by the first cell, and that is all that may be said beside the results.
    """
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    lines = ["  source: sample" if x.startswith("  source:") else x for x in params.splitlines()]
    (folder / "params.yaml").write_text("\n".join(lines), encoding="utf-8")
    (folder / "notebooks").mkdir()
    copy = shutil.copy(path, folder / "notebooks")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("PYTHONWARNINGS", "error::UserWarning,error::FutureWarning")
    notebook = nbformat.read(copy, as_version=4)
    # Started beside the notebook, as Jupyter does.
    NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": folder / "notebooks"}}
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    said = [o["text"].strip() for o in outputs if o.output_type == "stream"]
    assert all(text.endswith("preparing the data") for text in said)
    return outputs
