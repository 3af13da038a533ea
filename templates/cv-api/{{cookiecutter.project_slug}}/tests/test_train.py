"""`train` as a whole: what it writes, what it says, and what a failure leaves behind."""

import base64
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
from rich.console import Console

from {{ cookiecutter.package_name }} import fitting, mlflow_model, train
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.artifacts import read_manifest, verify
from {{ cookiecutter.package_name }}.classification import macro_f1
from {{ cookiecutter.package_name }}.data import load_validation
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.pixel_cache import pixels_of
from {{ cookiecutter.package_name }}.training import TrainingResult

ARTIFACTS = (
    "model.onnx",
    "head.npy",
    "components.npz",
    "examples.json",
    "model.safetensors",
    "config.json",
    "baseline.joblib",
    "reference.parquet",
    "training-rows.npy",
)
QUICK = {"train": {"epochs": 1, "compare": ["majority"]}}


def metrics() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("reports/metrics.json").read_text())
    return found


def printed(found: dict[str, Any]) -> str:
    """What `train` says of these figures, in one line."""
    output = StringIO()
    train.show(TrainingResult(read_manifest(Path("models")), found), Console(file=output, width=99))
    return " ".join(output.getvalue().split())


def test_the_report_says_of_which_data_and_which_model_it_is(project: Path) -> None:
    found = metrics()
    manifest = verify(project / "models", ARTIFACTS)
    assert found["version"] == manifest.version
    assert found["model"] == manifest.name == "resnet"
    assert found["data"]["synthetic"] is False
    assert manifest.data == found["data"]
    settings = manifest.settings
    assert settings["classes"] == list(found["data"]["classes"]) == list("0123456789")
    assert settings["preprocessing"] == found["image"]
    assert settings["temperature"] == found["calibration"]["temperature"] > 0
    assert found["answer"] == {"asked": 0.95, **settings["threshold"]}
    assert settings["energy"]["kept"] == 0.95
    assert settings["export"] == found["export"]
    assert settings["flip"] is found["training"]["flip"] is False
    assert settings["model"] is None
    assert base64.b64decode(settings["example"]).startswith(b"\x89PNG")
    assert "held_out" not in found


def test_every_file_of_the_model_is_vouched_for(project: Path) -> None:
    listed = set(read_manifest(project / "models").artifacts)
    there = {path.name for path in (project / "models").iterdir()}
    assert there == listed | {"manifest.json"}


def test_every_model_is_shown_as_lift_over_the_one_before(project: Path) -> None:
    scores = metrics()["validation"]["models"]
    assert list(scores) == ["majority", "logistic", "resnet"]
    values = [each["macro_f1"]["overall"] for each in scores.values()]
    assert [each.get("lift") for each in scores.values()] == [
        None,
        pytest.approx(values[1] - values[0]),
        pytest.approx(values[2] - values[1]),
    ]
    assert values[2] > values[0] + 0.5


def test_the_classes_are_counted_in_each_part(project: Path) -> None:
    found = metrics()
    for part in ("train", "validation", "test"):
        counted = sum(each[part] for each in found["classes"].values())
        assert counted == found["data"][f"{part}_rows"]


def test_what_is_measured_is_what_is_served(project: Path) -> None:
    validation, predictor = load_validation(small_params()), Predictor.load(project / "models")
    answers = predictor.predict(validation.pictures)
    labels = np.array([predictor.classes.index(each.label) for each in answers])
    found, rows = metrics(), len(answers)
    f1 = macro_f1(validation.labels, labels, len(validation.classes))
    assert found["validation"]["models"]["resnet"]["macro_f1"]["overall"] == pytest.approx(f1)
    sure = np.array([each.sure for each in answers])
    assert sure.mean() == pytest.approx(found["answer"]["coverage"], abs=1.5 / rows)
    right = (labels == validation.labels)[sure].mean()
    assert right == pytest.approx(found["answer"]["precision"], abs=1.5 / rows)
    kept = sum(each.familiar for each in answers)
    assert 0.95 * rows - 1 <= kept <= 0.95 * rows + 2


def test_pytorch_reads_the_same_model(project: Path) -> None:
    model, predictor = fitting.load(Path("models")), Predictor.load(Path("models"))
    pixels = pixels_of(load_validation(small_params()), predictor.preprocessing)[:50]
    assert np.abs(model.logits(pixels) - predictor.logits(pixels)).max() < 1e-3
    assert model.classes == predictor.classes
    assert model.preprocessing == predictor.preprocessing


def test_the_baseline_beside_the_model_reads_the_same_pixels(project: Path) -> None:
    validation, predictor = load_validation(small_params()), Predictor.load(project / "models")
    baseline = joblib.load("models/baseline.joblib")
    predicted = baseline.predict(pixels_of(validation, predictor.preprocessing))
    f1 = macro_f1(validation.labels, predicted, len(validation.classes))
    assert metrics()["validation"]["models"]["logistic"]["macro_f1"]["overall"] == pytest.approx(f1)


def test_training_twice_gives_the_same_figures(project: Path) -> None:
    before = metrics()
    train.train(small_params())
    after = metrics()
    for found in (before, after):
        for score in found["validation"]["models"].values():
            del score["seconds"]
        del found["training"]["examples_per_second"]
    for section in ("validation", "training", "calibration", "image", "export", "answer"):
        assert after[section] == before[section]
    assert after["version"].split("-")[1] == before["version"].split("-")[1]


def test_a_model_that_was_trained_anew_has_not_been_measured_on_held_out_pictures(
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


def test_it_is_compared_with_simpler_networks_only(project: Path) -> None:
    compare = ["majority", "cnn", "resnet"]
    result = train.train(small_params(train={"model": "cnn", "epochs": 1, "compare": compare}))
    assert list(result.metrics["validation"]["models"]) == ["majority", "cnn"]
    result = train.train(small_params(train={"epochs": 1, "compare": compare}))
    assert list(result.metrics["validation"]["models"]) == compare


def test_a_second_look_is_measured_as_it_is_served(project: Path) -> None:
    settings = {"epochs": 2, "compare": ["majority"], "test_time": True}
    result = train.train(small_params(train=settings))
    assert result.manifest.settings["test_time"] is True
    predictor = Predictor.load(Path("models"))
    pixels = pixels_of(load_validation(small_params()), predictor.preprocessing)
    mirrored = np.ascontiguousarray(pixels[:, :, ::-1])
    assert np.abs(predictor.logits(pixels) - predictor.logits(mirrored)).max() < 1e-4


def test_a_model_that_cannot_be_had_leaves_everything_as_it_was(project: Path) -> None:
    before = read_manifest(project / "models")
    with pytest.raises(UserError, match=r"model\.name = no/such-model"):
        train.train(small_params(model={"name": "no/such-model"}))
    assert verify(project / "models", ARTIFACTS) == before
    assert metrics()["version"] == before.version
    assert not list((project / "models").glob(".new-*"))


def test_what_is_printed_names_the_data_every_model_and_what_comes_next(project: Path) -> None:
    text = printed(metrics())
    for word in ("digits", "seed 42", "majority", "logistic", "resnet", "sure", "ONNX", "evaluate"):
        assert word in text
    # 400 pictures are few, and what was done about it is said.
    assert "The set is small, 400 pictures to train on." in text
    assert "cannot be read" not in text


def test_what_went_wrong_is_printed(project: Path) -> None:
    found = metrics()
    found["data"]["unreadable"] = 3
    found["answer"] |= {"reached": False, "precision": 0.8, "coverage": 0.0}
    text = printed(found)
    assert "3 of the files cannot be read as pictures and were left out" in text
    assert 'Every answer will be "not sure": at no confidence are 95.0% of the answers' in text
    assert "(80.0% at most)" in text


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
        small_params(train={"epochs": 2}, tracking=tracking, registry={"name": "pictures"})
    )
    client = mlflow.MlflowClient(tracking_uri=uri)
    version = client.get_model_version_by_alias("pictures", "champion")
    assert result.metrics["promotion"]["decision"] == "promoted"
    (run,) = client.search_runs([client.get_experiment_by_name(train.PROJECT).experiment_id])
    history = client.get_metric_history(run.info.run_id, "curve/macro_f1")
    assert [(each.step, each.value) for each in history] == [
        (each["epoch"], each["macro_f1"]) for each in result.metrics["training"]["curve"]
    ]
    mlflow.set_tracking_uri(uri)
    model = mlflow.pyfunc.load_model(f"models:/pictures/{version.version}")
    predictor = Predictor.load(Path("models"))
    example = predictor.examples[0]
    answers = model.predict(pd.DataFrame({mlflow_model.IMAGE: [example.image]}))
    (expected,) = predictor.predict([example.content])
    assert answers["label"].tolist() == [expected.label]
    assert answers["sure"].tolist() == [expected.sure]


def test_mlflows_model_takes_files_as_bytes_and_says_what_else_is_none(
    predictor: Predictor,
) -> None:
    import pandas as pd

    model, example = mlflow_model.Classifier(predictor), predictor.examples[0]
    found = model.predict(pd.DataFrame({mlflow_model.IMAGE: [example.content, example.image]}))
    assert found["label"].nunique() == 1
    with pytest.raises(UserError, match="image: not the base64 of a file"):
        model.predict(pd.DataFrame({mlflow_model.IMAGE: ["a photo of a cat"]}))
