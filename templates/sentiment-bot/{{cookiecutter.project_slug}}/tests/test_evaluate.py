"""`evaluate`: what the held-out texts say of the served model, and what is written of them."""

import csv
import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from conftest import small_params
from rich.console import Console

from {{ cookiecutter.package_name }} import evaluate
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.classification import accuracy, macro_f1
from {{ cookiecutter.package_name }}.data import TextData, load_test, load_train
from {{ cookiecutter.package_name }}.error_list import as_csv, as_page, surest_mistakes
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.held_out_classes import FEWEST, slice_scores
from {{ cookiecutter.package_name }}.held_out_section import HeldOut, surest
from {{ cookiecutter.package_name }}.slices import LEAST, Slice
from {{ cookiecutter.package_name }}.text_slices import WAYS, Measured, slices

METRICS = Path("reports/metrics.json")


def test_the_figures_are_those_of_the_served_model_and_hold_together(measured: Path) -> None:
    found = json.loads(METRICS.read_text(encoding="utf-8"))["held_out"]
    test = load_test(small_params())
    predicted = Predictor.load(Path("models")).probabilities(test.texts).argmax(axis=1)
    own = found["metrics"]
    assert own["macro_f1"]["value"] == pytest.approx(macro_f1(test.labels, predicted, 3))
    assert own["accuracy"]["value"] == pytest.approx(accuracy(test.labels, predicted))
    for each in own.values():
        assert each["low"] <= each["value"] <= each["high"]
    counts = np.array(found["confusion"])
    assert counts.sum() == found["rows"] == len(test.texts)
    assert found["wrong"] == counts.sum() - np.trace(counts)
    assert [each["support"] for each in found["per_class"]] == counts.sum(axis=1).tolist()
    for name, other in found["baselines"].items():
        lift = own["macro_f1"]["value"] - other["macro_f1"]["value"]
        assert found["lift"][name] == pytest.approx(lift)
        test_of = found["against"][name]
        right = own["accuracy"]["value"] - other["accuracy"]["value"]
        difference = test_of["only_model_right"] - test_of["only_baseline_right"]
        assert difference == pytest.approx(right * found["rows"])
    assert list(found["baselines"]) == ["majority", "tfidf"]


def test_each_look_at_the_held_out_texts_is_counted_and_told(measured: Path) -> None:
    result = evaluate.evaluate(small_params())
    assert result.metrics["held_out"]["opened"] == 2
    assert json.loads(METRICS.read_text(encoding="utf-8")) == result.metrics
    assert all(path.is_file() for path in result.files)
    output = StringIO()
    evaluate.show(result, Console(file=output, width=120))
    assert "opened twice for this model" in output.getvalue()
    assert "McNemar's test" in output.getvalue()


def test_a_baseline_that_was_changed_is_not_loaded(measured: Path) -> None:
    """It is a pickle: it would run what is in it."""
    path = Path("models/baseline.joblib")
    path.write_bytes(path.read_bytes() + b" ")
    before = METRICS.read_bytes()
    with pytest.raises(UserError, match="SHA-256"):
        evaluate.evaluate(small_params())
    assert METRICS.read_bytes() == before


def test_a_model_of_other_data_is_not_measured_on_these(measured: Path) -> None:
    with pytest.raises(UserError, match="data"):
        evaluate.evaluate(small_params(data={"seed": 7}))


def test_every_way_of_slicing_says_what_it_is_for_and_parts_all_texts(measured: Path) -> None:
    test, train = load_test(small_params()), load_train(small_params())
    texts = Measured.of(test.texts, train.texts)
    for way in WAYS:
        assert (way.__doc__ or "").splitlines()[0].endswith((".", "?", "it."))
        rows = np.sort(np.concatenate([part.rows for part in way(texts)]))
        assert rows.tolist() == list(range(len(test.texts))), way.__name__


def test_texts_are_put_into_the_slices_that_their_words_say() -> None:
    texts = ["I do not like it", "fine :)", "see https://a.b/c @me", "zxqy wvut", "fine film"]
    found = Measured.of(texts, ["I do not like it", "fine", "see film"])
    parts = {(part.name, part.value): part.rows.tolist() for part in slices(found)}
    assert parts["Negation", "present"] == [0]
    assert parts["Emoji or typed face", "present"] == [1]
    assert parts["Link or mention", "present"] == [2]
    assert parts["Words unseen in training", "two or more"] == [3]
    assert parts["Words unseen in training", "none"] == [0, 1, 2, 4]


def test_a_slice_is_scored_on_the_classes_that_it_has_texts_enough_of() -> None:
    target = np.repeat([0, 1, 2], [20, 20, 1])
    found = np.eye(3)[target] * 0.8 + 0.1
    found[40] = [0.9, 0.05, 0.05]  # the only text of class 2 is wrong
    parts = [Slice("all", "texts", np.arange(41)), Slice("one", "class", np.arange(20))]
    (line,) = slice_scores(parts, target, found, resamples=50, seed=0)
    assert line["slice"] == "all"  # the other one has one class only
    assert line["error"] == pytest.approx((2 * 20 / 41 + 1.0) / 2)
    assert FEWEST > 1
    assert LEAST <= 20


def test_the_surest_mistakes_come_first_and_threats_in_them_are_text(measured: Path) -> None:
    test = load_test(small_params())
    predictor = Predictor.load(Path("models"))
    threat = '<script>alert("x")</script>,"quoted"\n=1+1 \u202eabc'
    texts = TextData([threat, "b", "c"], np.array([0, 1, 0]), test.classes, np.arange(3), test.meta)
    found = np.array([[0.1, 0.2, 0.7], [0.9, 0.05, 0.05], [0.8, 0.1, 0.1]])
    held = HeldOut(texts.labels, texts.classes, np.log(found), 1.0, {}, "a set", "texts")
    rows = surest(held, 10)
    assert rows.tolist() == [1, 0]
    mistakes = surest_mistakes(texts, found, rows)
    assert [each.confidence for each in mistakes] == [0.9, 0.7]
    page = as_page(mistakes, predictor.manifest, texts, 2, "2026-11-21T10:00:00+00:00")
    assert "<script>" not in page
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;" in page
    read = list(csv.DictReader(StringIO(as_csv(mistakes))))
    assert [each["text"] for each in read] == ["b", threat]


def test_the_list_of_mistakes_has_no_more_than_asked_for(measured: Path) -> None:
    result = evaluate.evaluate(small_params(evaluate={"errors": 3}))
    found = result.metrics["held_out"]
    assert found["listed"] == min(3, found["wrong"]) == len(found["worst"])
    with Path("reports/errors.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == 1 + found["listed"]
