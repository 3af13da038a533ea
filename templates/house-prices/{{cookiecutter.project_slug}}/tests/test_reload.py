"""Starting and reloading: one model at a time, and never one that cannot be used."""

import json
import re
import shutil
import time
from pathlib import Path

import pytest
from conftest import held_up, quiet_settings
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api import app as application_module
from {{ cookiecutter.package_name }}.api.app import Application, create_app
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.artifacts import (
    MANIFEST,
    read_manifest,
    sha256_of,
)
from {{ cookiecutter.package_name }}.errors import UserError

KEY = "open sesame"
OURS = {"X-API-Key": KEY}


def test_until_the_model_is_loaded_the_service_lives_and_is_not_ready(
    trained_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = held_up(monkeypatch, application_module, "load_predictor")
    with TestClient(create_app(quiet_settings(models=trained_folder))) as client:
        assert client.get("/health/live").status_code == 200
        assert client.get("/metrics").status_code == 200
        for path in ("/health/ready", "/model", "/", "/docs"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
        assert client.post("/predict", json={}).status_code == 503
        release.set()
        deadline = time.monotonic() + 20
        while client.get("/health/ready").status_code != 200 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert client.post("/predict", json={}).status_code == 200


def test_a_first_model_that_cannot_be_loaded_is_told_on(tmp_path: Path) -> None:
    said: list[str] = []
    settings = quiet_settings(models=tmp_path)
    with TestClient(Application(settings, on_failure=said.append).shell) as client:
        deadline = time.monotonic() + 20
        while not said and time.monotonic() < deadline:
            time.sleep(0.02)
        assert client.get("/health/ready").status_code == 503
    assert "Train a model first" in said[0]


@pytest.fixture
def models(trained_folder: Path, tmp_path: Path) -> Path:
    """A model folder of the test's own."""
    folder = tmp_path / "models"
    shutil.copytree(trained_folder, folder)
    return folder


def renamed(folder: Path, version: str) -> None:
    """The same model under another version."""
    manifest = read_manifest(folder).model_copy(update={"version": version})
    (folder / MANIFEST).write_text(manifest.model_dump_json())


def test_a_reload_exchanges_the_model(models: Path) -> None:
    told: list[int] = []
    settings = quiet_settings(models=models, api_key=KEY)
    before = Predictor.load(models)
    application = Application(settings, before, after_reload=lambda: told.append(1))
    with TestClient(application.shell) as client:
        renamed(models, "next")
        assert client.get("/model").json()["version"] == before.manifest.version
        answer = client.post("/model/reload", headers=OURS)
        assert answer.json() == {
            "status": "reloaded",
            "before": before.manifest.version,
            "version": "next",
        }
        assert client.get("/model").json()["version"] == "next"
        assert client.post("/predict", json={}, headers=OURS).json()["version"] == "next"
        assert client.get("/openapi.json").json()["info"]["version"] == "next"
        text = client.get("/metrics").text
    assert told == [1]
    assert re.search(r'model_info\{name="stack",version="next"\} 1.0', text)
    assert re.search(r'model_info\{name="stack",version="2.*"\} 0.0', text)
    assert 'model_reloads_total{outcome="loaded"} 1.0' in text


def test_a_bad_model_is_refused_and_the_old_one_goes_on(models: Path) -> None:
    settings = quiet_settings(models=models, api_key=KEY)
    with TestClient(create_app(settings, Predictor.load(models))) as client:
        version = client.get("/model").json()["version"]
        with (models / "model.onnx").open("ab") as file:
            file.write(b"damage")
        answer = client.post("/model/reload", headers=OURS)
        assert answer.status_code == 409
        assert "SHA-256" in answer.json()["detail"]
        assert client.post("/predict", json={}, headers=OURS).json()["version"] == version
        assert 'model_reloads_total{outcome="refused"} 1.0' in client.get("/metrics").text


def test_a_model_that_reads_other_columns_than_its_graph_is_refused(models: Path) -> None:
    schema = json.loads((models / "schema.json").read_text())
    schema["table"]["columns"] = schema["table"]["columns"][:-1]
    (models / "schema.json").write_text(json.dumps(schema))
    manifest = json.loads((models / MANIFEST).read_text())
    manifest["artifacts"]["schema.json"] = sha256_of(models / "schema.json")
    (models / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="Run `train` again"):
        Predictor.load(models)
