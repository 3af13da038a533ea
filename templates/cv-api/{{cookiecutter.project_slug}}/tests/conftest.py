"""What the tests share: one small project with a trained model, made once and copied."""

import json
import os
import shutil
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

# Nothing is fetched: a model's name on the hub fails at once. Read when the libraries are imported,
# which none of these imports does.
for _name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"):
    os.environ[_name] = "1"

ROWS = 400


def small_params(**sections: dict[str, Any]) -> Params:
    """Settings that train in seconds: few pictures, a narrow network, few epochs."""
    settings: dict[str, dict[str, Any]] = {
        "data": {"max_rows": ROWS},
        "model": {"width": 8},
        "train": {
            "compare": ["majority", "logistic"],
            "epochs": 8,
            "batch_size": 32,
            "augment": "light",
        },
        "evaluate": {"bootstrap": 100, "errors": 10, "corrupted": 40},
        "explain": {"pictures": 6},
        "ablate": {"rows": 100, "epochs": 2, "bootstrap": 500},
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
def measured(measured_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the measured project of the test's own, as the current folder."""
    return copied(measured_project, tmp_path / "measured", monkeypatch)


@pytest.fixture
def documented(measured: Path) -> Path:
    """A measured project with documents that have every block, and an ablation."""
    from documents import ablation, write_documents

    path = measured / "reports/metrics.json"
    metrics = json.loads(path.read_text(encoding="utf-8"))
    effects = [
        ("augmentation", "Augmentation", 0.1123, "helps"),
        ("warm-up", "Warm-up", 0.0041, "no clear effect"),
        ("dropout", "Drop | <b>out</b>", -0.0877, "hurts"),
    ]
    section = ablation("macro_f1", 0.75, effects, higher_is_better=True)
    metrics["ablation"] = {**section, "version": metrics["version"]}
    path.write_text(json.dumps(metrics), encoding="utf-8")
    write_documents(measured)
    return measured


@pytest.fixture
def project(trained_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the trained project of the test's own, as the current folder."""
    return copied(trained_project, tmp_path / "project", monkeypatch)


def copied(project: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a project at `folder`, as the current one."""
    shutil.copytree(project, folder)
    monkeypatch.chdir(folder)
    return folder


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
