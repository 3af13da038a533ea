"""`retrain` on texts: new labelled ones in, a new model out, and the better one goes on."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from bag_of_words import MOODS, write_model
from conftest import small_params
from retraining import last_line, refusal
from rich.console import Console
from tracked_registry import aliases, sections

from {{ cookiecutter.package_name }} import data, evaluate, explain, train
from {{ cookiecutter.package_name }} import retrain as step
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.artifacts import read_manifest, verify
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import TextData
from {{ cookiecutter.package_name }}.plotting import new_figure, save_figure
from {{ cookiecutter.package_name }}.prediction_log import PredictionLog
from {{ cookiecutter.package_name }}.sample import make_sample

ROWS = 300
NEW, LOG = Path("data/new"), Path("logs/predictions")
# Read by `made_by_hand`: a model that knows a word of each mood.
WEAK = {"epochs": 1}


def tracked(**changes: dict[str, Any]) -> Params:
    """Settings with tracking on, and with few texts."""
    given = {"data": {"sample_rows": ROWS}, **sections()}
    for section, values in changes.items():
        given[section] = {**given.get(section, {}), **values}
    return small_params(**given)


def made_by_hand(params: Params, texts: TextData, folder: Path, *_: Any) -> train.Built:
    """Stands for `train.build`: no training, but files, figures and answers as it leaves them."""
    moods = {name: words[:1] for name, words in MOODS.items()}
    known = moods if params.train.epochs == WEAK["epochs"] else MOODS
    manifest = write_model(folder, texts, data.load_validation(params), moods=known)
    figure = save_figure(new_figure(2, 1), folder / train.FIGURE.name)
    score = {"macro_f1": {"overall": 0.5}, "accuracy": {"overall": 0.5}}
    metrics = {
        "data": manifest.data,
        "version": manifest.version,
        "model": manifest.name,
        "validation": {"models": {manifest.name: score}},
        "training": {"curve": []},
        "calibration": {"temperature": 1.0},
    }
    return train.Built(folder, figure, manifest, metrics, texts.texts[0])


@pytest.fixture
def _by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder as the current one, and models that are there at once."""
    monkeypatch.chdir(tmp_path)
    for module in (train, step):
        monkeypatch.setattr(module, "build", made_by_hand)


by_hand = pytest.mark.usefixtures("_by_hand")


def write(name: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A file in the folder of new rows."""
    NEW.mkdir(parents=True, exist_ok=True)
    with (NEW / name).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def bring(rows: int, seed: int = 7, name: str = "new.csv") -> list[tuple[str, str]]:
    """Put so many new texts into the folder; none stands there twice."""
    found = list({text: (text, label) for text, label in make_sample(2 * rows, seed)}.values())
    write(name, ("text", "label"), found[:rows])
    return found[:rows]


@by_hand
def test_a_better_model_is_promoted_by_macro_f1_and_put_in_place() -> None:
    train.train(tracked(train=WEAK))
    bring(90)
    result = step.retrain(tracked())
    assert result.rows.before == ROWS
    assert result.rows.added + result.rows.known == 90
    assert result.promotion is not None
    assert result.promotion["decision"] == "promoted"
    assert result.promotion["metric"] == "macro-F1"
    assert result.promotion["difference"] > 0
    assert aliases() == {"champion": "2"}
    manifest = read_manifest(Path("models"))
    verify(Path("models"), tuple(manifest.artifacts))
    assert manifest.version == result.promotion["challenger"]["version"]
    assert manifest.data["rows"] == ROWS + result.rows.added
    metrics = json.loads(Path("reports/metrics.json").read_bytes())
    assert metrics["promotion"] == result.promotion
    line = last_line()
    assert line[1] == str(ROWS)
    assert line[6] == "macro-F1"
    assert line[10] == "promoted"
    assert "all of it better" in line[11]


@by_hand
def test_a_worse_model_stays_challenger_and_the_files_stay_the_champions() -> None:
    champion = train.train(tracked()).manifest
    before = {path.name: path.read_bytes() for path in Path("models").iterdir()}
    bring(90)
    result = step.retrain(tracked(train=WEAK))
    assert result.promotion is not None
    assert result.promotion["decision"] == "kept"
    assert {path.name: path.read_bytes() for path in Path("models").iterdir()} == before
    assert aliases() == {"champion": "1", "challenger": "2"}
    assert last_line()[5] == champion.version
    assert "all of it worse" in last_line()[11]


@by_hand
def test_the_earlier_parts_are_kept_and_only_new_texts_are_drawn() -> None:
    def parts() -> list[set[int]]:
        loads = (data.load_train, data.load_validation, data.load_test)
        return [set(load(tracked()).lines.tolist()) for load in loads]

    train.train(tracked())
    before = parts()
    bring(200)
    step.retrain(tracked())
    after = parts()
    assert before[0] < after[0]
    assert before[1] <= after[1]
    assert before[2] < after[2]


@by_hand
def test_texts_that_are_known_are_not_doubled_and_nothing_new_trains_nothing() -> None:
    train.train(tracked())
    rows = bring(40)
    added = step.retrain(tracked()).rows.added
    assert added > 0
    before = read_manifest(Path("models"))
    # The same again, in capitals, and with a mark at the end.
    write("again.csv", ("text", "label"), [(f"{text.upper()}!", label) for text, label in rows[:9]])
    result = step.retrain(tracked())
    assert (result.rows.added, result.rows.known) == (0, 49)
    assert result.promotion is None
    output = StringIO()
    step.show(result, Console(file=output, width=200))
    assert "no new rows" in output.getvalue()
    assert last_line()[10] == "nothing to do"
    assert read_manifest(Path("models")) == before


@by_hand
def test_labels_of_logged_requests_become_rows() -> None:
    train.train(tracked())
    predictor = Predictor.load(Path("models"))
    texts = [f"a wholly new text with number {i}" for i in range(40)]
    log = PredictionLog(LOG, predictor.inputs, predictor.manifest.version)
    for i, (text, answer) in enumerate(zip(texts, predictor.predict(texts), strict=True)):
        log.add(f"r{i}", [text], answer)
    log.close()
    moods = predictor.classes
    write("told.csv", ("request_id", "label"), [(f"r{i}", moods[i % 3]) for i in range(40)])
    assert step.retrain(tracked()).rows.added == 40
    every = [text for load in (data.load_train, data.load_validation, data.load_test)
             for text in load(tracked()).texts]  # fmt: skip
    assert set(texts) <= set(every)


@by_hand
@pytest.mark.parametrize(
    ("row", "part"),
    [
        (("", "positive"), "row 4: text is empty"),
        (("fine by me", ""), "row 4: label is empty"),
        (("fine by me", "happy"), "row 4: the label 'happy' is no class of"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_changed(row: tuple[str, str], part: str) -> None:
    train.train(tracked())
    bring(20, name="a.csv")
    write("b.csv", ("text", "label"), [("one", "positive"), ("two", "negative"), row])
    message = refusal(tracked())
    assert message.startswith("data/new/b.csv, ")
    assert part in message


@by_hand
def test_a_file_that_does_not_fit_is_named() -> None:
    train.train(tracked())
    write("a.csv", ("words", "label"), [("fine", "positive")])
    assert "data/new/a.csv: neither a column text nor request_id" in refusal(tracked())
    write("a.csv", ("text", "mood"), [("fine", "positive")])
    assert "label" in refusal(tracked())
    write("a.csv", ("request_id", "label"), [("r9", "positive")])
    assert "logs/predictions: no prediction log" in refusal(tracked())


@pytest.mark.slow
def test_a_trained_model_takes_the_place_of_one_that_was_hardly_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    many = {"sample_rows": 600}
    train.train(tracked(data=many, train={"epochs": 1, "learning_rate": 1e-7}))
    bring(90)
    result = step.retrain(tracked(data=many))
    assert result.promotion is not None
    assert result.promotion["decision"] == "promoted", result.promotion["reason"]
    # And back again: the better one stays, and is still measured and explained.
    bring(60, seed=8, name="more.csv")
    result = step.retrain(tracked(data=many, train={"epochs": 1, "learning_rate": 1e-7}))
    assert result.promotion is not None
    assert result.promotion["decision"] == "kept"
    found = evaluate.evaluate(tracked(data=many)).metrics["held_out"]
    assert found["opened"] >= 2
    assert explain.explain(tracked(data=many)) is not None
