"""house-prices on the real Ames sales, where they are at hand: figures, and one answer everywhere.

The data are not part of the library. They are looked for in ../shared/data/ames beside it, or
where AMES_FOLDER says.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from engines import LIBRARY

AMES = Path(os.environ.get("AMES_FOLDER", LIBRARY.parent / "shared" / "data" / "ames"))

pytestmark = pytest.mark.skipif(
    not (AMES / "train.csv").is_file(), reason=f"the Ames sales are not at {AMES} (AMES_FOLDER)"
)

AS_JSON = r"""
import csv, json, sys
from pathlib import Path
from starlette.testclient import TestClient
from house_prices.api.app import create_app, load_predictor
from house_prices.api.settings import Settings

def value(cell):
    if cell == "NA":
        return None
    try:
        return float(cell) if "." in cell else int(cell)
    except ValueError:
        return cell

settings = Settings(models=Path("models"), prediction_log=None)
client = TestClient(create_app(settings, load_predictor(settings)))
with open(sys.argv[1], newline="") as file, open(sys.argv[2], "w") as answers:
    for row in csv.DictReader(file):
        identifier = row.pop("Id")
        answer = client.post("/predict", json={name: value(cell) for name, cell in row.items()})
        assert answer.status_code == 200, answer.text
        answers.write(json.dumps({"Id": identifier, **answer.json()}) + "\n")
"""


def run(project, *command):
    process = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=project,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-3000:]
    return process.stdout


@pytest.fixture(scope="module")
def trained(rendered, tmp_path_factory):
    """A project trained with default settings on every row."""
    project = tmp_path_factory.mktemp("ames") / "project"
    shutil.copytree(rendered("house-prices"), project)
    settings = ("data.source=csv", f"data.path={AMES / 'train.csv'}", "data.test_size=0")
    flags = [part for each in settings for part in ("--set", each)]
    run(project, "-m", "house_prices", "train", *flags, "--set", "tracking.enabled=false")
    return project


def test_the_errors_are_within_the_bars(trained):
    metrics = json.loads((trained / "reports" / "metrics.json").read_text())
    found = {
        name: model["rmse_log"]["overall"]
        for name, model in metrics["cross_validation"]["models"].items()
    }
    assert metrics["cross_validation"]["rows"] == 1460
    stack, linear = found.pop("stack"), found["linear"]
    assert min(found.values()) <= 0.122
    assert stack <= 0.1185
    assert stack < min(found.values())
    assert linear < found["mean"]


def test_onnx_agrees_with_scikit_learn_on_every_row(trained):
    manifest = json.loads((trained / "models" / "manifest.json").read_text())
    assert manifest["settings"]["onnx_difference"] <= 1e-4


def test_json_with_nulls_gets_the_price_that_predict_gives_the_file(trained, tmp_path):
    output, answers = tmp_path / "prices.csv", tmp_path / "answers.jsonl"
    run(trained, "-m", "house_prices", "predict", "--input", AMES / "test.csv", "--output", output)
    with output.open(newline="") as file:
        by_file = list(csv.DictReader(file))
    run(trained, "-c", AS_JSON, AMES / "test.csv", answers)
    by_api = [json.loads(line) for line in answers.read_text().splitlines()]
    assert len(by_file) == len(by_api) == 1459
    for ours, theirs in zip(by_file, by_api, strict=True):
        assert ours["Id"] == theirs["Id"]
        for name in ("prediction", "lower", "upper"):
            assert float(ours[name]) == pytest.approx(theirs[name], rel=1e-4)


def test_the_interval_covers_held_out_sales(rendered, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(rendered("house-prices"), project)
    settings = ("data.source=csv", f"data.path={AMES / 'train.csv'}", "tracking.enabled=false")
    flags = [part for each in settings for part in ("--set", each)]
    run(project, "-m", "house_prices", "train", *flags)
    run(project, "-m", "house_prices", "evaluate", *flags)
    held_out = json.loads((project / "reports" / "metrics.json").read_text())["held_out"]
    assert 0.88 <= held_out["interval"]["coverage"] <= 0.92


def test_the_projects_own_test_of_the_real_set_passes(trained, monkeypatch):
    monkeypatch.setenv("AMES_TRAIN_CSV", str(AMES / "train.csv"))
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_data.py", "-k", "ames")
    said = run(trained, *command)
    assert "passed" in said
    assert "skipped" not in said
