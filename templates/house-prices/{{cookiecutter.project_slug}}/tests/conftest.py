"""What the tests share: one small project with a trained model, made once and copied."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from exercise_option import pytest_addoption as pytest_addoption
from exercise_option import pytest_collection_modifyitems as pytest_collection_modifyitems
from exercise_option import pytest_configure as pytest_configure
from exercise_option import pytest_ignore_collect as pytest_ignore_collect
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api.app import create_app
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.api.settings import Settings
from {{ cookiecutter.package_name }}.config import Params

ROWS = 160


def small_params(**sections: dict[str, Any]) -> Params:
    """Settings that train in a second: few rows, three folds, two candidates."""
    settings: dict[str, dict[str, Any]] = {
        "data": {"sample_rows": ROWS},
        "train": {"folds": 3, "candidates": ["ridge", "xgboost"]},
        "models": {"xgboost": {"n_estimators": 40}},
        "evaluate": {"bootstrap": 100},
        "explain": {"rows": 6, "background": 4, "top": 4},
        "tracking": {"enabled": False},
    }
    for section, values in sections.items():
        settings[section] = {**settings.get(section, {}), **values}
    return Params.model_validate(settings)


@pytest.fixture(autouse=True)
def _no_tracking_server_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a user's server nor that of the test before: MLflow sets the variable by itself."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="session")
def trained_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder after `train`: data, models, reports. Not to be written to."""
    from {{ cookiecutter.package_name }} import train

    folder = tmp_path_factory.mktemp("trained")
    with chdir(folder):
        train.train(small_params())
    return folder


@pytest.fixture(scope="session")
def trained_folder(trained_project: Path) -> Path:
    """The models/ folder of a trained project. Not to be written to."""
    return trained_project / "models"


@pytest.fixture(scope="session")
def measured_project(trained_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained project after `evaluate` and `explain`. Not to be written to."""
    from {{ cookiecutter.package_name }} import evaluate, explain

    folder = tmp_path_factory.mktemp("measured") / "project"
    shutil.copytree(trained_project, folder)
    with chdir(folder):
        evaluate.evaluate(small_params())
        explain.explain(small_params())
    return folder


@pytest.fixture
def documented(measured_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the measured project with documents that have every block, as current folder."""
    from documents import ablation, write_documents

    folder = copied(measured_project, tmp_path, monkeypatch)
    path = folder / "reports/metrics.json"
    metrics = json.loads(path.read_text())
    effects = [
        ("log-target", "Logarithm of the target", 0.0123, "helps"),
        ("stacking", "Stacking", 0.0004, "no clear effect"),
        ("tuning", "Tuned | <b>hyperparameters</b>", -0.0077, "hurts"),
    ]
    section = ablation("rmse_log", 0.15, effects)
    metrics["ablation"] = {**section, "version": metrics["version"]}
    path.write_text(json.dumps(metrics))
    write_documents(folder)
    return folder


@pytest.fixture
def project(trained_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the trained project of the test's own, as the current folder."""
    return copied(trained_project, tmp_path, monkeypatch)


def copied(project: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a project in a test's own folder, as the current one."""
    own = folder / "project"
    shutil.copytree(project, own)
    monkeypatch.chdir(own)
    return own


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, as the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def predictor(trained_folder: Path) -> Predictor:
    """The trained model as serving loads it."""
    return Predictor.load(trained_folder)


def quiet_settings(**values: Any) -> Settings:
    """Settings of a server under test: none from a .env file, and no prediction log."""
    return Settings(_env_file=None, **{"prediction_log": None, **values})


@pytest.fixture
def client(predictor: Predictor) -> Iterator[TestClient]:
    """A client of the API around the trained model, with small limits."""
    settings = quiet_settings(max_body_bytes=100_000, max_batch_rows=20)
    with TestClient(create_app(settings, predictor)) as found:
        yield found


def held_up(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> threading.Event:
    """From here on, calls of `module.name` wait for this event, or for twenty seconds."""
    release = threading.Event()
    original = getattr(module, name)

    def slow(*arguments: Any) -> Any:
        release.wait(20)
        return original(*arguments)

    monkeypatch.setattr(module, name, slow)
    return release
