import json
import socket
import time
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
import yaml
from conftest import small_params
from rich.console import Console

from {{ cookiecutter.package_name }} import study as studies
from {{ cookiecutter.package_name }} import tune
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.errors import UserError


def settings(trials: int = 6, **tuning: Any) -> Params:
    return small_params(tune={"model": "ridge", "trials": trials, **tuning})


def values(storage: str = "sqlite:///reports/tuning.db") -> list[tuple[str, float | None]]:
    """State and alpha of every trial, in order."""
    (name,) = optuna.get_all_study_names(storage)
    trials = optuna.load_study(study_name=name, storage=storage).trials
    return [(trial.state.name, trial.params.get("alpha")) for trial in trials]


def test_the_same_seed_finds_the_same(project: Path) -> None:
    first = tune.tune(settings()).report
    second = tune.tune(settings(storage="sqlite:///other.db")).report
    assert first["best"] == second["best"]
    assert values() == values("sqlite:///other.db")
    assert first["trials"]["complete"] + first["trials"]["pruned"] == 6


def test_an_interrupted_study_goes_on_to_what_it_would_have_been(project: Path) -> None:
    tune.tune(settings(trials=2))
    tune.tune(settings(trials=6))
    tune.tune(settings(trials=6, storage="sqlite:///whole.db"))
    assert values() == values("sqlite:///whole.db")


def test_trials_draw_from_streams_of_their_own(project: Path) -> None:
    tune.tune(settings())
    drawn = [alpha for _, alpha in values()]
    assert len(set(drawn)) == len(drawn)


def test_ctrl_c_keeps_the_finished_trials_and_says_how_to_go_on(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    search_space = tune.search_space

    def interrupted(name: str, trial: optuna.Trial) -> dict[str, Any]:
        if trial.number == 3:
            raise KeyboardInterrupt
        return search_space(name, trial)

    with monkeypatch.context() as patch:
        patch.setattr(tune, "search_space", interrupted)
        with pytest.raises(KeyboardInterrupt):
            tune.tune(settings())
    said = " ".join(capsys.readouterr().err.split())
    assert "3 finished trials are kept in sqlite:///reports/tuning.db" in said
    report = tune.tune(settings()).report
    assert report["trials"]["complete"] + report["trials"]["pruned"] == 6
    assert [state for state, _ in values()].count("FAIL") == 1


def test_the_place_of_a_worker_that_died_is_taken(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies, "LONGEST_WAIT_SECONDS", 0.4)
    tune.tune(settings(trials=2))
    storage = "sqlite:///reports/tuning.db"
    (name,) = optuna.get_all_study_names(storage)
    optuna.load_study(study_name=name, storage=storage).ask()
    tune.tune(settings(trials=3))
    states = [state for state, _ in values()]
    assert len(states) == 4
    assert states.count("RUNNING") == 1


def test_a_worker_that_was_given_up_for_dead_goes_on(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_space = tune.search_space

    def slept(name: str, trial: optuna.Trial) -> dict[str, Any]:
        found = search_space(name, trial)
        if trial.number == 1:
            trial.study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        return found

    monkeypatch.setattr(tune, "search_space", slept)
    tune.tune(settings(trials=3))
    states = [state for state, _ in values()]
    assert states.count("FAIL") == 1
    assert len(states) == 4


def test_time_that_is_up_ends_the_search(project: Path) -> None:
    started = time.monotonic()
    report = tune.tune(settings(trials=100_000, timeout_s=1.0)).report
    assert time.monotonic() - started < 10
    assert 1 <= report["trials"]["complete"] < 100_000


def test_the_report_says_what_was_searched_and_what_it_brings(project: Path) -> None:
    result = tune.tune(settings(trials=4))
    assert json.loads(Path("reports/tuning.json").read_text()) == result.report
    report = result.report
    assert report["data"]["synthetic"] is True
    assert report["metric"] == "rmse_log"
    assert 0 < report["best"]["value"] < 1
    assert 0 < report["default"] < 1
    assert Path("reports/figures/tuning-ridge.png").read_bytes().startswith(b"\x89PNG")


def test_the_value_of_the_defaults_is_that_of_train(project: Path) -> None:
    metrics = json.loads(Path("reports/metrics.json").read_text())
    trained = metrics["cross_validation"]["models"]["ridge"]["rmse_log"]["overall"]
    assert tune.tune(settings(trials=1)).report["default"] == pytest.approx(trained, rel=1e-9)


def test_the_lines_it_prints_are_settings_that_train_takes(project: Path) -> None:
    result = tune.tune(settings(trials=3))
    better = {**result.report, "default": result.report["best"]["value"] + 1}
    output = StringIO()
    tune.show(tune.TuningResult(better), Console(file=output, width=200))
    text = output.getvalue()
    start = text.index("models:")
    models = yaml.safe_load(text[start : text.index("\n\n", start)])["models"]
    assert models == {"ridge": result.report["best"]["params"]}
    assert Params(models=models).models["ridge"] == result.report["best"]["params"]


def test_a_search_that_found_nothing_better_says_so(project: Path) -> None:
    result = tune.tune(settings(trials=1))
    output = StringIO()
    tune.show(tune.TuningResult({**result.report, "default": 0.0}), Console(file=output))
    assert "leave params.yaml as it is" in " ".join(output.getvalue().split())


def test_a_study_of_other_rows_is_refused(project: Path) -> None:
    tune.tune(settings(trials=1, study="mine"))
    other = small_params(tune={"model": "ridge", "trials": 1, "study": "mine"}, train={"folds": 4})
    with pytest.raises(UserError, match=r"tune\.study = mine: its trials were measured on other"):
        tune.tune(other)


def test_the_stack_has_nothing_to_tune(project: Path) -> None:
    with pytest.raises(UserError, match=r"tune\.model = stack: has nothing to tune"):
        tune.tune(settings(model="stack"))


@pytest.mark.parametrize("storage", ["nonsense", "sqlite:////proc/none/tuning.db"])
def test_a_storage_that_cannot_be_used_is_said_in_one_line(project: Path, storage: str) -> None:
    with pytest.raises(UserError, match=r"^tune\.storage = ") as caught:
        tune.tune(settings(storage=storage))
    assert "\n" not in str(caught.value)


def test_a_database_that_does_not_answer_is_given_up_within_ten_seconds(project: Path) -> None:
    pytest.importorskip("psycopg2", reason="the extra `postgres` is not installed")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(UserError, match=f"127.0.0.1:{port}") as caught:
            tune.tune(settings(storage=f"postgresql://ada:secret@127.0.0.1:{port}/tuning"))
    assert time.monotonic() - started < 10
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_held_out_file_is_not_opened(project: Path) -> None:
    path = Path("data/processed/test.parquet")
    path.write_bytes(b"not to be read")
    tune.tune(settings(trials=1))
    assert path.read_bytes() == b"not to be read"


def test_a_bad_trial_is_given_up_after_its_first_folds(project: Path) -> None:
    seen: list[int] = []

    def stop_at_once(value: float, fold: int) -> None:
        seen.append(fold)
        raise optuna.TrialPruned

    from {{ cookiecutter.package_name }}.data import load_train

    params = settings()
    problem = tune._problem(params, load_train(params))
    with pytest.raises(optuna.TrialPruned):
        tune._value(problem, {}, stop_at_once)
    assert seen == [0]
    assert np.isfinite(tune._value(problem, {}))
