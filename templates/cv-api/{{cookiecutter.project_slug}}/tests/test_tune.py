"""The search for hyperparameters of the network."""

import json
from io import StringIO
from pathlib import Path

import optuna
import pytest
import yaml
from conftest import small_params
from rich.console import Console

from {{ cookiecutter.package_name }} import tune
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import load_train, load_validation
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.tuning import TuningResult


def settings(trials: int = 2, **tuning: object) -> Params:
    return small_params(train={"epochs": 2}, tune={"trials": trials, **tuning})


def values(storage: str = "sqlite:///reports/tuning.db") -> list[tuple[str, float | None]]:
    """State and learning rate of every trial, in order."""
    (name,) = optuna.get_all_study_names(storage)
    trials = optuna.load_study(study_name=name, storage=storage).trials
    return [(trial.state.name, trial.params.get("learning_rate")) for trial in trials]


def test_the_same_seed_finds_the_same_and_a_study_goes_on(project: Path) -> None:
    tune.tune(settings(trials=1))
    first = tune.tune(settings(trials=2)).report
    second = tune.tune(settings(trials=2, storage="sqlite:///whole.db")).report
    assert values() == values("sqlite:///whole.db")
    assert first["best"] == second["best"]
    assert first["trials"]["complete"] + first["trials"]["pruned"] == 2


def test_the_report_says_what_was_searched_and_what_it_brings(project: Path) -> None:
    result = tune.tune(settings())
    report = result.report
    assert json.loads(Path("reports/tuning.json").read_text()) == report
    assert (report["metric"], report["model"]) == ("macro_f1", "resnet")
    assert report["data"]["synthetic"] is False
    assert 0 < report["default"] < 1
    assert set(report["best"]["params"]) == set(tune.SEARCHED)
    assert Path("reports/figures/tuning-resnet.png").read_bytes().startswith(b"\x89PNG")
    study = optuna.load_study(study_name=report["study"], storage=report["storage"])
    complete = [trial.value for trial in study.trials if trial.state.name == "COMPLETE"]
    assert report["best"]["value"] == max(complete)


def test_the_value_of_the_defaults_is_that_of_train(project: Path) -> None:
    metrics = json.loads(Path("reports/metrics.json").read_text())
    trained = metrics["training"]["curve"][-1]["macro_f1"]
    params = small_params(tune={"trials": 1, "timeout_s": 1e-3})
    assert tune.tune(params).report["default"] == pytest.approx(trained, rel=1e-9)


def shown(report: dict[str, object]) -> str:
    output = StringIO()
    tune.show(TuningResult(report), Console(file=output, width=200))
    return output.getvalue()


def test_the_lines_it_prints_are_settings_that_train_takes(project: Path) -> None:
    report = tune.tune(settings(trials=1)).report
    text = shown({**report, "default": 0.0})
    start = text.index("train:")
    section = yaml.safe_load(text[start : text.index("\n\n", start)])["train"]
    assert section == report["best"]["params"]
    assert Params.model_validate({"train": section}).train.cutout == section["cutout"]
    assert "leave params.yaml as it is" in " ".join(shown({**report, "default": 1.0}).split())


def test_a_study_goes_on_once_its_advice_was_taken(project: Path) -> None:
    best = tune.tune(settings(trials=1)).report["best"]["params"]
    taken = small_params(train={"epochs": 2, **best}, tune={"trials": 2})
    assert tune.tune(taken).report["trials"]["complete"] >= 1
    assert len(values()) == 2


def test_a_study_of_other_settings_is_refused(project: Path) -> None:
    tune.tune(settings(trials=1, study="mine"))
    other = small_params(model={"width": 6}, tune={"trials": 1, "study": "mine"})
    with pytest.raises(UserError, match=r"tune\.study = mine: its trials were measured on other"):
        tune.tune(other)


def test_the_held_out_file_is_not_opened(project: Path) -> None:
    path = Path("data/processed/test.parquet")
    path.write_bytes(b"not to be read")
    tune.tune(settings(trials=1))
    assert path.read_bytes() == b"not to be read"


def test_a_bad_trial_is_given_up_after_an_epoch(project: Path) -> None:
    params = settings()
    storage = params.tune.storage
    tune.tune(params)
    (name,) = optuna.get_all_study_names(storage)
    study = optuna.load_study(
        study_name=name, storage=storage, pruner=optuna.pruners.ThresholdPruner(lower=0.999)
    )
    trial = study.ask()
    with pytest.raises(optuna.TrialPruned):
        tune.measure(params, {"epochs": 50}, load_train(params), load_validation(params), trial)
    stored = study.trials[trial.number].intermediate_values
    assert list(stored) == [1]
