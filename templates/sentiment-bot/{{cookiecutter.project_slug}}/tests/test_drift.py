"""`drift` on texts: quiet where nothing has changed, and where something has, it names it."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from bag_of_words import write_model
from rich.console import Console
from scipy import stats

from {{ cookiecutter.package_name }} import data, drift, reference, word_topics
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import TextData
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.prediction_log import PredictionLog, Record
from {{ cookiecutter.package_name }}.sample import make_sample
from {{ cookiecutter.package_name }}.sections import DriftParams
from {{ cookiecutter.package_name }}.text_features import words

SOURCE = Path(drift.__file__).parents[1]
MODELS, LOG = Path("models"), Path("logs/predictions")
FLIGHTS = (
    "my flight from gate {} was delayed again", "they lost the suitcase on flight {}",
    "boarding at gate {} took an hour", "the pilot landed plane {} well",
    "seat {} had no room for luggage", "customs at terminal {} was closed",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder with a model made by hand. Not to be written to."""
    folder, before = tmp_path_factory.mktemp("drift"), Path.cwd()
    os.chdir(folder)
    try:
        train, validation = parts()
        write_model(MODELS, train, validation)
    finally:
        os.chdir(before)
    return folder


@pytest.fixture(autouse=True)
def _own_folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("models").mkdir()
    for path in (made / "models").iterdir():
        (MODELS / path.name).write_bytes(path.read_bytes())


def settings(**values: Any) -> Params:
    return Params.model_validate(
        {"data": {"sample_rows": 1500}, "drift": values, "tracking": {"enabled": False}}
    )


def parts() -> tuple[TextData, TextData]:
    return data.load_train(settings()), data.load_validation(settings())


def fresh(rows: int, seed: int = 901) -> list[str]:
    """New texts of the same kind."""
    return [text for text, _ in make_sample(rows, seed)]


def records(texts: list[str], version: str = "") -> list[Record]:
    """The texts as the log holds them, with the model's answers."""
    predictor = Predictor.load(MODELS)
    now, version = datetime.now(UTC), version or predictor.manifest.version
    return [
        Record(now, str(i), version, {"text": text}, msgspec.to_builtins(answer))
        for i, (text, answer) in enumerate(zip(texts, predictor.predict(texts), strict=True))
    ]


def write_log(texts: list[str], left_out: tuple[str, ...] = ()) -> None:
    """What `serve` writes when it is asked for these texts."""
    predictor = Predictor.load(MODELS)
    log = PredictionLog(LOG, predictor.inputs, predictor.manifest.version, left_out)
    for i, (text, answer) in enumerate(zip(texts, predictor.predict(texts), strict=True)):
        log.add(f"request-{i}", [text], answer)
    log.close()


def drifted(texts: list[str]) -> tuple[set[str], bool]:
    """The features that drifted, and whether the classifier tells the texts apart."""
    trained = reference.read(MODELS)
    _, columns, domain = drift.compare(trained, records(texts), DriftParams(), seed=0)
    return {column.name for column in columns if column.drifted}, domain.drifted


# --- the reference --------------------------------------------------------------------------------


def test_the_reference_holds_no_text(made: Path) -> None:
    train, validation = (pd.read_parquet(made / f"data/processed/{part}.parquet")["text"]
                         for part in ("train", "validation"))  # fmt: skip
    held = b"".join((MODELS / name).read_bytes() for name in reference.ARTIFACTS)
    for text in [*train, *validation]:
        if len(words(text)) > 3:
            assert text.encode() not in held
    # A word that one text alone has may tell whose it is.
    counted = pd.Series([word for text in train for word in set(words(text))]).value_counts()
    topics = word_topics.load(MODELS / reference.TOPICS)
    known = {word for topic in topics.topics for word in topic} | set(topics.others)
    assert known
    assert not known & set(counted.index[counted == 1])


def test_answers_are_those_to_texts_that_the_model_was_not_trained_on(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = reference.read(MODELS).sample
    monkeypatch.chdir(made)
    _, validation = parts()
    answers = Predictor.load(MODELS).predict(validation.texts)
    known = sample.frame.dropna(subset=["label"])
    assert known["label"].tolist() == [each.label for each in answers]
    assert known["confidence"].tolist() == pytest.approx([each.confidence for each in answers])
    chance = np.array([each.probabilities["positive"] for each in answers])
    assert known["log-odds of positive"].to_numpy() == pytest.approx(
        np.log(chance / (1 - chance)), abs=1e-4
    )
    assert set(sample.outputs) == set(known.columns) - set(sample.inputs().columns)


def test_words_are_as_unknown_in_the_reference_as_in_new_texts() -> None:
    trained = reference.read(MODELS)
    log = reference.logged(records(fresh(2000)), trained, 20)
    before, after = (
        sample.frame["share of unknown words"].mean() for sample in (trained.sample, log.sample)
    )
    # Texts that taught the words would have hardly any.
    assert before == pytest.approx(after, rel=0.35)


def test_many_texts_are_sampled_alike_each_time(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "MOST_ROWS", 60)
    monkeypatch.chdir(made)
    train, validation = parts()
    answers = Predictor.load(MODELS).predict(validation.texts)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        reference.write(train, validation, answers, 3, tmp_path / name)
    for name in reference.ARTIFACTS:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert len(pd.read_parquet(tmp_path / "a" / reference.NAME)) == 60


@pytest.mark.parametrize("classes", [2, 12])
def test_any_number_of_classes_has_a_reference(
    classes: int, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made)
    train, validation = parts()
    names = tuple(f"class {i}" for i in range(classes))
    other = [replace(part, classes=names, labels=part.labels % classes)
             for part in (train, validation)]  # fmt: skip
    write_model(tmp_path / "models", *other, moods={"class 0": ("love",), "class 1": ("hate",)})
    monkeypatch.chdir(tmp_path)
    outputs = reference.read(MODELS).sample.outputs
    scores = [name for name in outputs if name.startswith("log-odds")]
    assert scores == (["log-odds of class 1"] if classes == 2 else [])
    assert drifted(fresh(200)) == (set(), False)


def test_a_changed_reference_is_refused() -> None:
    write_log(fresh(60))
    path = MODELS / reference.TOPICS
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(UserError, match=r"reference-words\.json: its SHA-256 is not"):
        drift.drift(settings())


# --- what is found --------------------------------------------------------------------------------


def test_new_texts_of_the_same_kind_are_no_drift() -> None:
    assert drifted(fresh(400)) == (set(), False)


def test_another_topic_is_found_by_its_words() -> None:
    rng = np.random.default_rng(0)
    flights = [FLIGHTS[i % len(FLIGHTS)].format(rng.integers(1, 60)) for i in range(80)]
    found, together = drifted([*fresh(220), *flights])
    assert together
    assert any("words like" in name or name == "share of unknown words" for name in found)


SHIFTS: dict[str, Any] = {
    "share of capitals": lambda text, i: text.upper() if i % 3 == 0 else text,
    "words": lambda text, i: f"{text} and so it was for all of us that day",
    "has a link": lambda text, i: f"{text} https://example.org/{i}",
    "script": lambda text, i: "это был хороший день" if i % 3 == 0 else text,
    "has an emoji or emoticon": lambda text, i: f"{text} \U0001f600" if i % 3 == 0 else text,
}


@pytest.mark.parametrize("name", SHIFTS)
def test_a_shifted_feature_is_named(name: str) -> None:
    found, _ = drifted([SHIFTS[name](text, i) for i, text in enumerate(fresh(300))])
    assert name in found


def test_a_shift_of_the_mood_is_found_in_the_answers() -> None:
    texts = fresh(900)
    moods = [each.label for each in Predictor.load(MODELS).predict(texts)]
    kept = [text for text, mood in zip(texts, moods, strict=True) if mood != "negative"]
    found, _ = drifted(kept)
    assert "label" in found
    assert any(name.startswith("log-odds") for name in found)


# --- the log --------------------------------------------------------------------------------------


def test_without_the_texts_in_the_log_the_answers_are_compared() -> None:
    write_log(fresh(120), left_out=("text",))
    result = drift.drift(settings())
    assert set(result.skipped) == {"what is counted in the texts"}
    assert {column.name for column in result.columns} == set(result.reference.outputs)
    assert result.domain.p_value == 1.0


def test_texts_of_another_version_count_and_its_answers_do_not() -> None:
    trained = reference.read(MODELS)
    texts = fresh(120)
    log = [*records(texts[:100], "older"), *records(texts[100:])]
    found = reference.logged(log, trained, 50)
    assert found.versions == {"older": 100, trained.version: 20}
    assert "20 are by this model's version, 50 are needed" in found.skipped["the answers"]
    assert len(found.sample.frame) == 120
    found = reference.logged(log, trained, 20)
    assert found.skipped == {}
    assert found.sample.frame["label"].notna().sum() == 20
    assert found.sample.frame["confidence"].notna().sum() == 20


def test_repeated_texts_are_counted_by_the_text() -> None:
    trained = reference.read(MODELS)
    found = reference.logged(records(["So good", "so good", "so good", "No bad"]), trained, 20)
    assert found.repeated == 1


def test_the_report_speaks_of_texts_and_features() -> None:
    write_log([text.upper() for text in fresh(100)])
    result = drift.drift(settings())
    page = re.sub(r"<style.*?</style>|<[^>]*>", " ", drift.PAGE.read_text(), flags=re.DOTALL)
    output = StringIO()
    drift.show(result, Console(file=output, width=200))
    for text in (page, output.getvalue()):
        assert "share of capitals" in text
        assert re.search(r"features", text)
        assert not re.search(r"(?<![._])\b(rows?|columns?)\b", text)
    assert json.loads(drift.REPORT.read_text())["drifted"] is True
    assert not any(text in page for text in fresh(100))


@pytest.mark.slow
def test_the_exit_code_says_it(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0: no drift; 3: drift; 2: no verdict."""
    expected = {"quiet": 0, "loud": 3, "none": 2}
    monkeypatch.setitem(globals(), "LOG", Path("logs/quiet"))
    write_log(fresh(300))
    monkeypatch.setitem(globals(), "LOG", Path("logs/loud"))
    write_log([text.upper() for text in fresh(300)])
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
        log = records(fresh(200, 1000 + seed))
        _, columns, domain = drift.compare(trained, log, DriftParams(), seed)
        alarms += domain.drifted or any(column.drifted for column in columns)
    assert alarms <= stats.binom.ppf(0.999, checks, DriftParams().alpha)
