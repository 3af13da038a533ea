"""The held-out rows are read by `evaluate` and the contest of two models, and by no other step."""

import ast
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from conftest import small_params
from own_rows import ROOT, exit_code

from {{ cookiecutter.package_name }} import data

SOURCE = Path(data.__file__).parent


def readers(modules: dict[str, str]) -> set[str]:
    """The modules whose source names the function that opens the held-out rows."""
    return {
        name
        for name, source in modules.items()
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Name) and node.id == "load_test")
        or (isinstance(node, ast.Attribute) and node.attr == "load_test")
    }


def test_only_evaluate_and_the_contest_of_two_models_open_the_held_out_rows() -> None:
    modules = {path.stem: path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}
    assert readers(modules) == {"evaluate", "contest"}
    planted = "from . import data\n\ndef tune(params):\n    return data.load_test(params)\n"
    assert readers({**modules, "tune": planted}) == {"evaluate", "contest", "tune"}


def portfolio() -> list[str]:
    """The commands of `make portfolio`, in order."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^portfolio:.*\n((?:\t.*\n)+)", makefile, flags=re.MULTILINE)
    assert recipe is not None
    return re.findall(r"^\t\$\(RUN\) (\w+)", recipe[1], flags=re.MULTILINE)


@pytest.mark.slow
def test_no_step_of_the_portfolio_but_evaluate_needs_the_held_out_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the file is away, whoever opens it fails: evaluate does, and no other step."""
    params = small_params(explain={"rows": 3, "background": 3, "top": 1})
    Path("params.yaml").write_text(yaml.safe_dump(params.model_dump(mode="json")))
    for name in ("README.md", "docs"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, name)
        else:
            shutil.copy(ROOT / name, name)
    data.prepare(params)
    held_out, away = Path("data/processed/test.parquet"), Path("away.parquet")
    commands = portfolio()
    assert commands[:3] == ["eda", "train", "evaluate"]
    for command in commands:
        held_out.rename(away)
        code = exit_code(command)
        away.rename(held_out)
        if command == "evaluate":
            assert code == 2
            assert "test.parquet: no such file" in capsys.readouterr().err
            code = exit_code(command)
        assert code == 0, command
    metrics = json.loads(Path("reports/metrics.json").read_bytes())
    assert metrics["held_out"]["opened"] == 1
