"""The command line as a script sees it: exit codes, one line on stderr, quick starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PACKAGE = "{{ cookiecutter.package_name }}"
COMMANDS = ("data", "eda", "train", "tune", "evaluate", "explain", "predict", "serve")

IMPORTED = """
import sys
from {{ cookiecutter.package_name }}.cli import app
try:
    app(["predict", "--help"])
except SystemExit:
    pass
import {{ cookiecutter.package_name }}.api.server, {{ cookiecutter.package_name }}.predict
heavy = {"pandas", "sklearn", "mlflow", "shap", "matplotlib", "xgboost", "lightgbm", "optuna"}
print("imported:", sorted(heavy & set(sys.modules)))
"""


def run(*arguments: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_every_command() -> None:
    said = run("-m", PACKAGE, "--help")
    assert said.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in said.stdout


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "predict"])
def test_a_wrong_setting_is_one_line_and_exit_code_2(command: str) -> None:
    said = run("-m", PACKAGE, command, "--set", "data.sed=7")
    assert said.returncode == 2
    assert said.stderr.splitlines() == [
        "error: --set data.sed=7: data.sed is not a setting. Did you mean seed?"
    ]


@pytest.mark.parametrize("command", ["data", "train"])
def test_a_folder_without_settings_is_one_line_and_exit_code_2(
    command: str, tmp_path: Path
) -> None:
    said = run("-m", PACKAGE, command, cwd=tmp_path)
    assert said.returncode == 2
    (line,) = said.stderr.splitlines()
    assert "params.yaml: no such file" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [("serve",), ("predict", "--input", "houses.csv", "--output", "prices.csv")],
)
def test_serving_without_a_model_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    said = run("-m", PACKAGE, *arguments, cwd=tmp_path)
    assert said.returncode == 2
    (line,) = said.stderr.splitlines()
    assert "manifest.json: no such file" in line
    assert "train" in line


def test_what_serves_imports_nothing_that_only_training_needs() -> None:
    said = run("-c", IMPORTED)
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines()[-1] == "imported: []"
