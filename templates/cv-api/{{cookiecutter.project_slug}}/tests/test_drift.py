"""`drift` on pictures: quiet where nothing has changed, and where something has, it names it."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from coloured_photos import photos, settings, write_photos, write_watched
from PIL import Image, ImageEnhance, ImageFilter
from rich.console import Console
from scipy import stats
from sklearn.datasets import load_digits
from small_model import encoded

from {{ cookiecutter.package_name }} import data, drift, reference
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.asking import ask
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.prediction_log import PredictionLog, Record
from {{ cookiecutter.package_name }}.sections import DriftParams

SOURCE = Path(drift.__file__).parents[1]
MODELS, LOG = Path("models"), Path("logs/predictions")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder with a model made by hand. Not to be written to."""
    folder, before = tmp_path_factory.mktemp("drift"), Path.cwd()
    os.chdir(folder)
    try:
        write_photos(each=120)
        write_watched(MODELS, data.load_train(settings()), data.load_validation(settings()))
    finally:
        os.chdir(before)
    return folder


@pytest.fixture(autouse=True)
def _own_folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    MODELS.mkdir()
    for path in (made / MODELS).iterdir():
        (MODELS / path.name).write_bytes(path.read_bytes())


def fresh(count: int, seed: int = 901) -> list[bytes]:
    """New pictures of the same kind."""
    return photos(count, seed)


def records(pictures: list[bytes], version: str = "") -> list[Record]:
    """The pictures as the log holds them, with the model's answers."""
    predictor = Predictor.load(MODELS)
    now, version = datetime.now(UTC), version or predictor.manifest.version
    asked = ask(predictor, pictures, "Log")
    return [
        Record(
            now,
            str(row),
            version,
            {name: float(values[row]) for name, values in asked.facts.items()},
            msgspec.to_builtins(answer),
        )
        for row, answer in enumerate(asked.answers)
    ]


def write_log(pictures: list[bytes], left_out: tuple[str, ...] = ()) -> None:
    """What `serve` writes when it is asked about these pictures."""
    predictor = Predictor.load(MODELS)
    log = PredictionLog(LOG, predictor.inputs, predictor.manifest.version, left_out)
    asked = ask(predictor, pictures, "Log")
    for row, answer in enumerate(asked.answers):
        log.add(f"request-{row}", [float(each[row]) for each in asked.facts.values()], answer)
    log.close()


def drifted(pictures: list[bytes]) -> tuple[set[str], bool]:
    """The features that drifted, and whether the classifier tells the pictures apart."""
    trained = reference.read(MODELS)
    _, columns, domain = drift.compare(trained, records(pictures), DriftParams(), seed=0)
    return {column.name for column in columns if column.drifted}, domain.drifted


def changed(pictures: list[bytes], how: Callable[[Image.Image], Image.Image]) -> list[bytes]:
    return [encoded(how(Image.open(io.BytesIO(each)))) for each in pictures]


# --- the reference --------------------------------------------------------------------------------


def test_the_reference_holds_numbers_and_no_picture() -> None:
    table = pd.read_parquet(MODELS / reference.NAME)
    assert set(table.columns) == {
        "width", "height", "brightness", "contrast", "saturation", "sharpness",
        "feature 1", "feature 2", "label", "confidence", "energy",
    }  # fmt: skip
    assert table.drop(columns="label").map(np.isscalar).all(axis=None)


def test_what_the_model_makes_of_a_picture_is_known_of_validation_pictures_alone(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = reference.read(MODELS).sample
    monkeypatch.chdir(made)
    train, validation = data.load_train(settings()), data.load_validation(settings())
    asked = ask(Predictor.load(MODELS), validation.pictures, "Validation")
    assert len(sample.frame) == len(train.labels) + len(validation.labels)
    known = sample.frame.dropna(subset=["label"])
    assert known["label"].tolist() == [each.label for each in asked.answers]
    assert known["energy"].tolist() == pytest.approx(asked.energies.tolist())
    assert known["feature 1"].tolist() == pytest.approx(asked.facts["feature 1"].tolist())
    assert set(sample.outputs) == {"label", "confidence", "energy", "feature 1", "feature 2"}
    assert sample.frame["brightness"].notna().all()


def test_many_pictures_are_sampled_alike_each_time(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "MOST_ROWS", 15)
    monkeypatch.chdir(made)
    parts = data.load_train(settings()), data.load_validation(settings())
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        reference.write(*parts, Predictor.load(MODELS), 3, tmp_path / name)
    first, second = (pd.read_parquet(tmp_path / name / reference.NAME) for name in ("a", "b"))
    pd.testing.assert_frame_equal(first, second)
    assert len(first) == 30


def test_a_changed_reference_is_refused() -> None:
    write_log(fresh(60))
    path = MODELS / reference.NAME
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(UserError, match=r"reference\.parquet: its SHA-256 is not"):
        drift.drift(settings())


# --- what is found --------------------------------------------------------------------------------


def test_new_pictures_of_the_same_kind_are_no_drift() -> None:
    assert drifted(fresh(200)) == (set(), False)


SHIFTS: dict[str, Any] = {
    "brightness": lambda picture: ImageEnhance.Brightness(picture).enhance(0.6),
    "sharpness": lambda picture: picture.filter(ImageFilter.GaussianBlur(1.5)),
    "saturation": lambda picture: ImageEnhance.Color(picture).enhance(0.5),
    "width": lambda picture: picture.resize((64, 64)),
}


@pytest.mark.parametrize("name", SHIFTS)
def test_a_shifted_feature_is_named(name: str) -> None:
    found, together = drifted(changed(fresh(200), SHIFTS[name]))
    assert name in found
    assert together


def test_pictures_of_another_set_are_found_by_what_the_model_makes_of_them() -> None:
    shades = [Image.fromarray((each * 15).astype(np.uint8)) for each in load_digits().images[:150]]
    found, together = drifted([encoded(each.resize((48, 48))) for each in shades])
    assert together
    assert {"energy", "saturation"} <= found
    assert any(name.startswith("feature") for name in found)


def test_a_class_that_is_no_longer_asked_for_is_found_in_the_answers() -> None:
    kept = [each for i, each in enumerate(fresh(300)) if i % 3]
    found, _ = drifted(kept)
    assert "label" in found


# --- the log --------------------------------------------------------------------------------------


def test_what_is_left_out_of_the_log_is_named_and_the_rest_compared() -> None:
    write_log(fresh(120), left_out=("width", "feature 2"))
    result = drift.drift(settings())
    assert set(result.skipped) == {"width", "feature 2"}
    compared = {column.name for column in result.columns}
    assert compared == set(result.reference.frame.columns) - {"width", "feature 2"}


def test_pictures_of_another_version_count_and_what_it_made_of_them_does_not() -> None:
    trained = reference.read(MODELS)
    pictures = fresh(120)
    log = [*records(pictures[:100], "older"), *records(pictures[100:])]
    found = reference.logged(log, trained, 50)
    assert found.versions == {"older": 100, trained.version: 20}
    told = found.skipped["what the model made of them"]
    assert "20 are by this model's version, 50 are needed" in told
    assert len(found.sample.frame) == 120
    found = reference.logged(log, trained, 20)
    assert found.skipped == {}
    for name in trained.sample.outputs:
        assert found.sample.frame[name].notna().sum() == 20
    assert found.sample.frame["brightness"].notna().all()


def test_repeated_pictures_are_counted() -> None:
    first, second = fresh(2)
    found = reference.logged(records([first, second, first, first]), reference.read(MODELS), 20)
    assert found.repeated == 2


def test_the_report_speaks_of_pictures_and_features() -> None:
    write_log(changed(fresh(100), SHIFTS["brightness"]))
    result = drift.drift(settings())
    page = re.sub(r"<style.*?</style>|<[^>]*>", " ", drift.PAGE.read_text(), flags=re.DOTALL)
    output = io.StringIO()
    drift.show(result, Console(file=output, width=200))
    for text in (page, output.getvalue()):
        assert "brightness" in text
        assert "features" in text
        assert not re.search(r"(?<![._])\b(rows?|columns?)\b", text)
    assert json.loads(drift.REPORT.read_text())["drifted"] is True


@pytest.mark.slow
def test_the_exit_code_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """0: no drift; 3: drift; 2: no verdict."""
    expected = {"quiet": 0, "loud": 3, "none": 2}
    Path("params.yaml").write_text("{}\n")
    monkeypatch.setitem(globals(), "LOG", Path("logs/quiet"))
    write_log(fresh(200))
    monkeypatch.setitem(globals(), "LOG", Path("logs/loud"))
    write_log(changed(fresh(200), SHIFTS["brightness"]))
    for name, code in expected.items():
        found = subprocess.run(
            [sys.executable, "-m", "{{ cookiecutter.package_name }}", "drift",
             "--set", f"drift.log=logs/{name}"],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )  # fmt: skip
        assert found.returncode == code, found.stderr


@pytest.mark.slow
def test_false_alarms_are_no_more_than_was_asked_for() -> None:
    trained, checks = reference.read(MODELS), 60
    alarms = 0
    for seed in range(checks):
        log = records(fresh(150, 1000 + seed))
        _, columns, domain = drift.compare(trained, log, DriftParams(), seed)
        alarms += domain.drifted or any(column.drifted for column in columns)
    assert alarms <= stats.binom.ppf(0.999, checks, DriftParams().alpha)
