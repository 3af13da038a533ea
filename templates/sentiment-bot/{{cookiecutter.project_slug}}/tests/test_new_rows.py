"""Labelled texts that come later: added once, checked first, looked up in the log where asked."""

from pathlib import Path
from typing import Any

import pytest

from {{ cookiecutter.package_name }} import data, new_rows, prediction_log
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.errors import UserError

PARAMS = Params.model_validate({"data": {"sample_rows": 300}})


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data/new").mkdir(parents=True)


def bring(content: str, name: str = "new.csv") -> None:
    (Path("data/new") / name).write_text(content, encoding="utf-8")


def refusal(params: Params = PARAMS) -> str:
    before = data.prepared(params).files
    with pytest.raises(UserError) as caught:
        new_rows.add(params)
    assert "\n" not in str(caught.value)
    assert not list(Path("data/raw").glob("*.added"))
    assert data.prepared(params).files == before
    return str(caught.value)


def log(*texts: tuple[str, str], left_out: tuple[str, ...] = ()) -> None:
    """A prediction log with these requests: (id, text)."""
    folder = Path(PARAMS.retrain.prediction_log)
    written = prediction_log.PredictionLog(folder, ["text"], "v1", left_out)
    for request, text in texts:
        written.add(request, [text], {"label": "neutral"})
    written.close()


def test_new_texts_are_added_once_and_the_held_out_ones_stay() -> None:
    before = data.prepare(PARAMS)
    held_out = data.load_test(PARAMS).texts
    bring('text,label\n"a new text, with a comma",positive\nanother new text,negative\n')
    added = new_rows.add(PARAMS)
    assert (added.before, added.added, added.known) == (300, 2, 0)
    again = new_rows.add(PARAMS)
    assert (again.before, again.added, again.known) == (302, 0, 2)
    after = data.prepared(PARAMS)
    assert after.meta.rows == 302
    assert after.meta.sha256 != before.meta.sha256
    assert "2 texts added" in after.meta.name
    assert data.load_test(PARAMS).texts[: len(held_out)] == held_out
    everything = data.load_train(PARAMS).texts + data.load_validation(PARAMS).texts
    assert "a new text, with a comma" in everything + data.load_test(PARAMS).texts


def test_a_text_that_is_known_with_that_label_is_not_added_again() -> None:
    train = data.load_train(PARAMS)
    text, label = train.texts[0].replace('"', ""), train.classes[train.labels[0]]
    other = next(name for name in train.classes if name != label)
    bring(f'text,label\n"{text}!",{label}\n"{text}",{other}\n"new",neutral\n"NEW.",neutral\n')
    added = new_rows.add(PARAMS)
    assert (added.added, added.known) == (2, 2)


def test_further_columns_do_no_harm_and_no_file_is_no_news() -> None:
    assert new_rows.add(PARAMS).added == 0
    bring("annotator,label,text\nanna,neutral,something new\n")
    assert new_rows.add(PARAMS).added == 1


def test_texts_are_looked_up_in_the_prediction_log() -> None:
    log(("a1", "logged, and labelled now"), ("a2", "not labelled"))
    bring("request_id,label\na1,negative\n")
    assert new_rows.add(PARAMS).added == 1
    (path,) = Path("data/raw/synthetic-sample.added").glob("*.csv")
    assert path.read_text() == 'text,label\n"logged, and labelled now",negative\n'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text,label\ngood,positive\nodd,angry\n", "new.csv, row 3: the label 'angry' is no class"),
        ("text,label\n,positive\n", "new.csv, row 2: text is empty"),
        ("text,label\ngood,\n", "new.csv, row 2: label is empty"),
        ("text,mood\ngood,positive\n", "no column label (the column of labels)"),
        ("id,label\n1,positive\n", "neither a column text nor request_id"),
        ("request_id,label\na1,positive\nb7,negative\n", "row 3: request_id b7 is not in"),
        ("request_id,label\na1,positive\na1,negative\n", "request_id a1 stands in more than one"),
        ("request_id,label\n,positive\n", "row 2: request_id is empty"),
    ],
)
def test_an_unfit_row_stops_everything_and_is_named(content: str, words: str) -> None:
    log(("a1", "logged"))
    bring("text,label\na good row,positive\n", "earlier.csv")
    bring(content)
    assert words in refusal()


def test_an_id_that_stands_for_two_texts_is_refused() -> None:
    log(("a1", "one"), ("a1", "another"))
    bring("request_id,label\na1,positive\n")
    assert "a1 stands for two different requests" in refusal()


def test_a_log_without_texts_is_told() -> None:
    log(("a1", "one"), left_out=("text",))
    bring("request_id,label\na1,positive\n")
    assert "APP_PREDICTION_LOG_LEAVE_OUT names text" in refusal()


def test_columns_are_called_as_in_the_data() -> None:
    rows = "".join(f"some words {i},{'yes' if i % 2 else 'no'}\n" for i in range(60))
    Path("own.csv").write_text(f"review,liked\n{rows}")
    values: dict[str, Any] = {"source": "file", "path": "own.csv", "text": "review"}
    params = Params.model_validate({"data": {**values, "label": "liked"}})
    bring("review,liked\nmore words,yes\n")
    assert new_rows.add(params).added == 1
    assert data.prepared(params).meta.rows == 61
