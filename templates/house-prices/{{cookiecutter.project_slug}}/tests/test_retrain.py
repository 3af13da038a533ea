"""`retrain`: new labelled rows in, a new model out, and the better one goes on."""

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from labelled import REPORT, bring, last_line
from rich.console import Console
from tracked import WEAK, aliases, tracked

from {{ cookiecutter.package_name }} import data, evaluate, explain, train
from {{ cookiecutter.package_name }} import retrain as step
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.artifacts import read_manifest, verify

pytestmark = pytest.mark.usefixtures("folder")


def test_a_better_model_is_promoted_and_put_in_place() -> None:
    train.train(tracked(models=WEAK))
    bring(90)
    result = step.retrain(tracked())
    assert (result.rows.before, result.rows.added, result.rows.known) == (160, 90, 0)
    assert result.promotion is not None
    assert result.promotion["decision"] == "promoted"
    assert aliases() == {"champion": "2"}
    manifest = read_manifest(Path("models"))
    verify(Path("models"), tuple(manifest.artifacts))
    assert manifest.version == result.promotion["challenger"]["version"]
    assert manifest.data["rows"] == 250
    metrics = json.loads(Path("reports/metrics.json").read_bytes())
    assert metrics["version"] == manifest.version
    assert metrics["promotion"] == result.promotion
    line = last_line()
    assert line[1:3] == ["160", "90"]
    assert line[4] == manifest.version
    assert line[10] == "promoted"


def test_a_worse_model_stays_challenger_and_the_files_stay_the_champions() -> None:
    first = train.train(tracked()).manifest
    before = {path.name: path.read_bytes() for path in Path("models").iterdir()}
    figure = Path("reports/figures/out-of-fold-predictions.png").read_bytes()
    bring(90)
    result = step.retrain(tracked(models=WEAK))
    assert result.promotion is not None
    assert result.promotion["decision"] == "kept"
    assert {path.name: path.read_bytes() for path in Path("models").iterdir()} == before
    assert Path("reports/figures/out-of-fold-predictions.png").read_bytes() == figure
    metrics = json.loads(Path("reports/metrics.json").read_bytes())
    assert metrics["version"] == first.version
    assert aliases() == {"champion": "1", "challenger": "2"}
    line = last_line()
    assert line[4:6] == [result.promotion["challenger"]["version"], first.version]
    assert line[10] == "kept"
    assert "all of it worse" in line[11]


@pytest.mark.slow
def test_after_a_worse_model_the_champion_is_still_measured_and_explained() -> None:
    train.train(tracked())
    bring(90)
    step.retrain(tracked(models=WEAK))
    params = tracked()
    found = evaluate.evaluate(params).metrics["held_out"]
    # Once to compare it, and once now.
    assert found["opened"] == 2
    assert found["rows"] == len(data.load_test(params).target) > 32
    assert explain.explain(params).report["version"] == read_manifest(Path("models")).version


def test_models_returns_to_the_champion_if_another_registered_model_lies_there() -> None:
    champion = train.train(tracked()).manifest
    challenger = train.train(tracked(models=WEAK)).manifest
    assert read_manifest(Path("models")) == challenger
    result = step.retrain(tracked())
    assert result.promotion is None
    assert any("the champion's again" in note for note in result.notes)
    assert verify(Path("models"), tuple(champion.artifacts)) == champion
    Predictor.load(Path("models"))
    assert evaluate.evaluate(tracked()).metrics["version"] == champion.version


def test_a_model_that_is_registered_nowhere_is_not_overwritten_by_the_champion() -> None:
    train.train(tracked())
    own = train.train(tracked(models=WEAK, tracking={"enabled": False})).manifest
    result = step.retrain(tracked())
    assert read_manifest(Path("models")) == own
    assert any("it was left there" in note for note in result.notes)


def test_on_a_machine_without_models_the_champion_is_fetched() -> None:
    champion = train.train(tracked()).manifest
    shutil.rmtree("models")
    shutil.rmtree("reports")
    step.retrain(tracked())
    assert verify(Path("models"), tuple(champion.artifacts)) == champion
    assert json.loads(Path("reports/metrics.json").read_bytes())["version"] == champion.version


def test_without_new_rows_nothing_is_trained_and_a_line_says_so() -> None:
    train.train(tracked())
    before = read_manifest(Path("models"))
    output = StringIO()
    step.show(step.retrain(tracked()), Console(file=output, width=200))
    assert "no new rows" in output.getvalue()
    assert aliases() == {"champion": "1"}
    assert last_line()[10] == "nothing to do"
    assert read_manifest(Path("models")) == before
    forced = step.retrain(tracked(), force=True)
    assert forced.promotion is not None
    assert aliases() == {"champion": "1", "challenger": "2"}


def test_each_run_adds_one_line_to_the_same_table() -> None:
    train.train(tracked())
    for _ in range(3):
        step.retrain(tracked())
    lines = REPORT.read_text().splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + 3
    assert {line.count("|") for line in table} == {13}
    assert lines[0] == "# Retraining"
