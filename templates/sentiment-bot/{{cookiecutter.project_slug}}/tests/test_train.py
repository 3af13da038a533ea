"""`train` as a whole: what it writes, what it says, and what a failure leaves behind."""

import json
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from conftest import small_params
from pretrained_stub import write_pretrained
from rich.console import Console
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from {{ cookiecutter.package_name }} import train
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.artifacts import read_manifest, verify
from {{ cookiecutter.package_name }}.classification import macro_f1
from {{ cookiecutter.package_name }}.data import load_validation
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.training import TrainingResult

ARTIFACTS = (
    "model.onnx",
    "tokenizer.json",
    "model.safetensors",
    "config.json",
    "baseline.joblib",
    "reference.parquet",
    "training-rows.npy",
)
QUICK = {"train": {"epochs": 1}}


def metrics() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("reports/metrics.json").read_text())
    return found


def test_the_report_says_of_which_data_and_which_model_it_is(project: Path) -> None:
    found = metrics()
    manifest = verify(project / "models", ARTIFACTS)
    assert found["version"] == manifest.version
    assert found["model"] == manifest.name == "small"
    assert found["data"]["synthetic"] is True
    assert manifest.data == found["data"]
    assert manifest.settings["classes"] == list(found["data"]["classes"])
    assert manifest.settings["max_length"] == found["tokens"]["max_length"]
    assert manifest.settings["temperature"] == found["calibration"]["temperature"] > 0
    assert manifest.settings["export"] == found["export"]
    assert manifest.settings["model"] is None
    assert "held_out" not in found


def test_every_file_of_the_model_is_vouched_for(project: Path) -> None:
    listed = set(read_manifest(project / "models").artifacts)
    there = {path.name for path in (project / "models").iterdir()}
    assert there == listed | {"manifest.json"}


def test_every_model_is_shown_as_lift_over_the_one_before(project: Path) -> None:
    scores = metrics()["validation"]["models"]
    assert list(scores) == ["majority", "tfidf", "small"]
    values = [each["macro_f1"]["overall"] for each in scores.values()]
    assert [each.get("lift") for each in scores.values()] == [
        None,
        pytest.approx(values[1] - values[0]),
        pytest.approx(values[2] - values[1]),
    ]
    assert values[2] > values[0] + 0.2


def test_the_classes_are_counted_in_each_part(project: Path) -> None:
    found = metrics()
    for part in ("train", "validation", "test"):
        counted = sum(each[part] for each in found["classes"].values())
        assert counted == found["data"][f"{part}_rows"]


def test_what_is_measured_is_what_is_served(project: Path) -> None:
    validation, predictor = load_validation(small_params()), Predictor.load(project / "models")
    predicted = predictor.logits(validation.texts).argmax(axis=1)
    f1 = macro_f1(validation.labels, predicted, len(validation.classes))
    found = metrics()
    assert found["validation"]["models"]["small"]["macro_f1"]["overall"] == pytest.approx(f1)
    assert found["export"]["f1_served"] == pytest.approx(f1)


def test_transformers_reads_the_same_model(project: Path) -> None:
    import torch

    model = AutoModelForSequenceClassification.from_pretrained("models").eval()
    tokenizer = AutoTokenizer.from_pretrained("models")
    predictor = Predictor.load(Path("models"))
    texts = ["what a lovely film", "so boring, never again"]
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits = model(batch["input_ids"], attention_mask=batch["attention_mask"]).logits.numpy()
    assert np.abs(logits - predictor.logits(texts)).max() < 0.3  # 8 bits against 32
    assert [model.config.id2label[each] for each in range(3)] == list(predictor.classes)


def test_the_baseline_beside_the_model_reads_cleaned_texts(project: Path) -> None:
    validation, predictor = load_validation(small_params()), Predictor.load(project / "models")
    from {{ cookiecutter.package_name }}.cleaning import Cleaning

    cleaning = Cleaning.from_dict(predictor.manifest.settings["cleaning"])
    baseline = joblib.load("models/baseline.joblib")
    predicted = baseline.predict([cleaning.clean(text) for text in validation.texts])
    f1 = macro_f1(validation.labels, predicted, len(validation.classes))
    assert metrics()["validation"]["models"]["tfidf"]["macro_f1"]["overall"] == pytest.approx(f1)


def test_training_twice_gives_the_same_figures(project: Path) -> None:
    before = metrics()
    train.train(small_params())
    after = metrics()
    for found in (before, after):
        for score in found["validation"]["models"].values():
            del score["seconds"]
        del found["training"]["examples_per_second"]
    for section in ("validation", "training", "calibration", "tokens", "export"):
        assert after[section] == before[section]
    assert after["version"].split("-")[1] == before["version"].split("-")[1]


def test_a_model_that_was_trained_anew_has_not_been_measured_on_held_out_texts(
    project: Path,
) -> None:
    path = Path("reports/metrics.json")
    path.write_text(json.dumps({**metrics(), "held_out": {"opened": 3}}))
    train.train(small_params(**QUICK))
    assert "held_out" not in metrics()


def test_the_held_out_file_is_not_opened(project: Path) -> None:
    path = Path("data/processed/test.parquet")
    path.write_bytes(b"not to be read")
    train.train(small_params(**QUICK))
    assert path.read_bytes() == b"not to be read"


def test_a_pretrained_model_is_compared_with_the_small_one(project: Path) -> None:
    folder = write_pretrained(project / "encoder", load_validation(small_params()).texts)
    compare = ["majority", "tfidf", "small"]
    result = train.train(
        small_params(model={"name": str(folder)}, train={"epochs": 1, "compare": compare})
    )
    assert list(result.metrics["validation"]["models"]) == [*compare, "pretrained"]
    assert result.manifest.name == "pretrained"
    assert result.manifest.settings["model"] == str(folder)
    assert Predictor.load(Path("models")).manifest.version == result.manifest.version


def test_a_model_that_cannot_be_had_leaves_everything_as_it_was(project: Path) -> None:
    before = read_manifest(project / "models")
    with pytest.raises(UserError, match=r"model\.name = no/such-model"):
        train.train(small_params(model={"name": "no/such-model"}))
    assert verify(project / "models", ARTIFACTS) == before
    assert metrics()["version"] == before.version
    assert not list((project / "models").glob(".new-*"))


def test_what_is_printed_names_the_data_every_model_and_what_comes_next(project: Path) -> None:
    output = StringIO()
    result = TrainingResult(read_manifest(project / "models"), metrics())
    train.show(result, Console(file=output, width=120))
    text = output.getvalue()
    for word in ("synthetic sample", "seed 42", "majority", "tfidf", "small", "8 bits", "evaluate"):
        assert word in text


def test_a_refused_export_is_said_in_one_line(project: Path) -> None:
    found = metrics()
    found["export"] |= {"precision": "fp32", "refused": "8 bits lose 0.0200 macro-F1"}
    output = StringIO()
    result = TrainingResult(read_manifest(project / "models"), found)
    train.show(result, Console(file=output, width=120))
    assert "Exported in 32 bits: 8 bits lose 0.0200 macro-F1." in output.getvalue()


def test_the_curve_is_drawn(project: Path) -> None:
    path = project / "reports/figures/training-curve.png"
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_run_that_is_killed_while_it_exports_leaves_the_old_model(project: Path) -> None:
    before = verify(project / "models", ARTIFACTS)
    script = (
        "import os, signal, sys\n"
        "from {{ cookiecutter.package_name }} import train\n"
        "from {{ cookiecutter.package_name }}.config import Params\n"
        "train.export = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)\n"
        "train.train(Params.model_validate_json(sys.argv[1]))"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script, small_params(**QUICK).model_dump_json()],
        env={**os.environ, "PYTHONPATH": str(Path(train.__file__).parents[1])},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert verify(project / "models", ARTIFACTS) == before
    assert metrics()["version"] == before.version


def test_a_run_is_logged_with_its_curve_and_a_model_that_mlflow_can_ask(project: Path) -> None:
    import mlflow
    import pandas as pd

    uri = f"sqlite:///{project.as_posix()}/mlflow.db"
    tracking = {"enabled": True, "uri": uri}
    result = train.train(
        small_params(train={"epochs": 2}, tracking=tracking, registry={"name": "moods"})
    )
    client = mlflow.MlflowClient(tracking_uri=uri)
    version = client.get_model_version_by_alias("moods", "champion")
    assert result.metrics["promotion"]["decision"] == "promoted"
    (run,) = client.search_runs([client.get_experiment_by_name(train.PROJECT).experiment_id])
    history = client.get_metric_history(run.info.run_id, "curve/macro_f1")
    assert [(each.step, each.value) for each in history] == [
        (each["epoch"], each["macro_f1"]) for each in result.metrics["training"]["curve"]
    ]
    mlflow.set_tracking_uri(uri)
    model = mlflow.pyfunc.load_model(f"models:/moods/{version.version}")
    answers = model.predict(pd.DataFrame({"text": ["what a lovely film"]}))
    (expected,) = Predictor.load(Path("models")).predict(["what a lovely film"])
    assert answers["label"].tolist() == [expected.label]
