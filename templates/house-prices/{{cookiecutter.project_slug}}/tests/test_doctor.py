"""`doctor` of this project: one line per check, and each fault of data or model, planted."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import small_params
from serve_process import free_port

from {{ cookiecutter.package_name }} import (
    doctor,
    doctor_data,
    doctor_project,
)
from {{ cookiecutter.package_name }}.cli import app
from {{ cookiecutter.package_name }}.config import Params

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _healthy(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trained project whose service has a port that nothing listens on."""
    for name in ("pyproject.toml", "compose.yaml"):
        shutil.copy(ROOT / name, name)
    for variable in ("MLFLOW_TRACKING_URI", "MODEL_URI"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("APP_PORT", str(free_port()))


def examine(params: Params | None = None) -> dict[str, doctor.Finding]:
    """Every finding, by its name."""
    settings = params or small_params()
    found = doctor.doctor(
        lambda: settings,
        lambda given: given.tracking,
        doctor_data.checks,
        doctor_data.RUNTIME,
    )
    return {finding.name: finding for finding in found}


def run_command(capsys: pytest.CaptureFixture[str], **sections: Any) -> tuple[int, str]:
    """Exit code and output of the command."""
    settings = small_params(**sections).model_dump(mode="json")
    Path("params.yaml").write_text(yaml.safe_dump(settings))
    with pytest.raises(SystemExit) as stopped:
        app(["doctor"])
    return int(stopped.value.code or 0), capsys.readouterr().out


def test_a_healthy_project_has_a_line_per_check_and_exit_code_0(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, said = run_command(capsys)
    lines = said.splitlines()
    assert code == 0, said
    assert all(re.match(r"(ok     |note   )  \w", line) for line in lines[:-1])
    names = [re.split(r"\s{2,}", line)[1] for line in lines[:-1]]
    assert names == [
        *("Settings", "Python", "Environment", "Packages", "Disk", "Memory", "Cores", "GPU"),
        *("Docker", "Git", "Server", "Ports", "Model", "Tracking", "Raw data", "Data"),
    ]
    assert lines[-1] == "Nothing to mend."
    assert "128 rows to train on, 32 held out" in said


def test_wrong_settings_are_a_problem_and_the_machine_is_checked_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("params.yaml").write_text("train:\n  folds: 1\n")
    with pytest.raises(SystemExit) as stopped:
        app(["doctor"])
    said = capsys.readouterr().out
    assert stopped.value.code == 1
    assert "problem  Settings" in said
    assert "train.folds = 1" in said
    assert "Memory" in said
    assert said.endswith("1 problem to mend.\n")


def test_a_raw_file_with_another_checksum_is_a_problem() -> None:
    shutil.copy("data/raw/synthetic-sample.csv", "rows.csv")
    data = {"source": "csv", "path": "rows.csv", "sha256": "0" * 64}
    found = examine(small_params(data=data))["Raw data"]
    assert found.state == "problem"
    assert "not data.sha256" in found.text
    missing = {"source": "csv", "path": "nowhere.csv"}
    assert "no such file" in examine(small_params(data=missing))["Raw data"].text


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_changed_part_of_the_prepared_data_is_a_problem(part: str) -> None:
    path = Path(f"data/processed/{part}.parquet")
    path.write_bytes(path.read_bytes() + b"x")
    found = examine()["Data"]
    assert found.state == "problem"
    assert f"{path}: changed since it was written" in found.text


def test_data_of_other_settings_are_a_problem() -> None:
    found = examine(small_params(data={"seed": 7}))["Data"]
    assert found.state == "problem"
    assert "data.seed" in found.text


def test_a_changed_model_is_a_problem_and_no_model_is_a_note() -> None:
    path = Path("models/model.onnx")
    path.write_bytes(path.read_bytes()[:-1])
    found = examine()["Model"]
    assert found.state == "problem"
    assert "SHA-256" in found.text
    shutil.rmtree("models")
    assert examine()["Model"].state == "note"


def test_a_model_of_other_libraries_can_be_served_and_not_evaluated() -> None:
    path = Path("models/manifest.json")
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'("scikit-learn": ")[^"]+', r"\g<1>0.1.0", text), encoding="utf-8")
    found = examine()["Model"]
    assert found.state == "note"
    assert "made with scikit-learn 0.1.0" in found.text


WITHOUT_TRAINING = """
import sys
for name in ("pandas", "sklearn", "scipy", "mlflow", "matplotlib", "xgboost", "lightgbm"):
    sys.modules[name] = None
from {{ cookiecutter.package_name }}.cli import app
app(["doctor"])
"""


def test_it_works_with_what_serving_needs_alone() -> None:
    Path("params.yaml").write_text("tracking:\n  enabled: false\n")
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_TRAINING],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**doctor_project.os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert re.search(r"note +Data +not checked: pandas is missing", found.stdout)
    assert "Traceback" not in found.stderr
