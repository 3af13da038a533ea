"""`evaluate`: what the held-out pictures say of the served model, and what is written of them."""

import base64
import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import small_params
from PIL import Image
from report_numbers import text_of
from rich.console import Console

from {{ cookiecutter.package_name }} import evaluate
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.classification import accuracy, macro_f1
from {{ cookiecutter.package_name }}.data import load_test
from {{ cookiecutter.package_name }}.error_grid import Mistake, as_csv, as_figure, as_page
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.picture import Preprocessing

METRICS = Path("reports/metrics.json")


def test_the_figures_are_those_of_the_served_model_and_hold_together(measured: Path) -> None:
    found = json.loads(METRICS.read_text(encoding="utf-8"))["held_out"]
    test = load_test(small_params())
    answers = Predictor.load(Path("models")).predict(test.pictures)
    places = {name: place for place, name in enumerate(test.classes)}
    predicted = np.array([places[each.label] for each in answers])
    own = found["metrics"]
    count = len(test.classes)
    assert own["macro_f1"]["value"] == pytest.approx(macro_f1(test.labels, predicted, count))
    assert own["accuracy"]["value"] == pytest.approx(accuracy(test.labels, predicted))
    for each in own.values():
        assert each["low"] <= each["value"] <= each["high"]
    counts = np.array(found["confusion"])
    assert counts.sum() == found["rows"] == len(test.labels)
    assert found["wrong"] == counts.sum() - np.trace(counts)
    for name, other in found["baselines"].items():
        lift = own["macro_f1"]["value"] - other["macro_f1"]["value"]
        assert found["lift"][name] == pytest.approx(lift)
    assert list(found["baselines"]) == ["majority", "logistic"]
    sure = np.array([each.sure for each in answers])
    assert found["answers"]["coverage"] == pytest.approx(sure.mean())
    assert found["answers"]["wrong"] == (sure & (predicted != test.labels)).sum()
    flagged = np.mean([not each.familiar for each in answers])
    assert found["out_of_distribution"]["flagged"] == pytest.approx(flagged)


def test_so_many_pictures_are_made_worse_as_the_settings_say(measured: Path) -> None:
    found = json.loads(METRICS.read_text(encoding="utf-8"))["held_out"]["robustness"]
    assert found["rows"] == small_params().evaluate.corrupted
    assert 0.0 <= found["mean"] <= 1.0


def test_each_look_at_the_held_out_pictures_is_counted_and_told(measured: Path) -> None:
    result = evaluate.evaluate(small_params())
    assert result.metrics["held_out"]["opened"] == 2
    assert json.loads(METRICS.read_text(encoding="utf-8")) == result.metrics
    assert all(path.is_file() for path in result.files)
    output = io.StringIO()
    evaluate.show(result, Console(file=output, width=120))
    for said in ("opened twice for this model", "McNemar's test", "Unfamiliar:", "low contrast"):
        assert said in output.getvalue()


def test_a_baseline_that_was_changed_is_not_loaded(measured: Path) -> None:
    """It is a pickle: it would run what is in it."""
    path = Path("models/baseline.joblib")
    path.write_bytes(path.read_bytes() + b" ")
    before = METRICS.read_bytes()
    with pytest.raises(UserError, match="SHA-256"):
        evaluate.evaluate(small_params())
    assert METRICS.read_bytes() == before


def test_the_precision_that_is_reported_is_the_one_that_the_model_was_asked_for(
    measured: Path,
) -> None:
    result = evaluate.evaluate(small_params(answer={"precision": 0.5}))
    found = result.metrics
    assert found["held_out"]["answers"]["asked"] == found["answer"]["asked"] == 0.95


def test_a_model_of_other_data_is_not_measured_on_these(measured: Path) -> None:
    with pytest.raises(UserError, match="data"):
        evaluate.evaluate(small_params(data={"seed": 7}))


def test_the_list_of_mistakes_has_no_more_than_asked_for(measured: Path) -> None:
    result = evaluate.evaluate(small_params(evaluate={"errors": 3}))
    found = result.metrics["held_out"]
    assert found["listed"] == min(3, found["wrong"]) == len(found["worst"])
    confidences = [each["confidence"] for each in found["worst"]]
    assert confidences == sorted(confidences, reverse=True)
    with Path("reports/errors.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == 1 + found["listed"]


def photo(width: int, height: int) -> bytes:
    """A photo whose file tells more than it shows."""
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "a camera that nobody should hear of"
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(written, "JPEG", exif=exif)
    return written.getvalue()


def mistake(name: str, content: bytes, true: str, predicted: str, *shares: float) -> Mistake:
    return Mistake(name, content, Preprocessing(16).read(content).pixels, true, predicted, *shares)


def test_on_the_page_pictures_are_small_and_names_are_text(measured: Path) -> None:
    threat = '<script>alert("x")</script>,"quoted".jpg'
    mistakes = [
        mistake(threat, photo(900, 600), "cat", "<b>dog</b>", 0.91, 0.05),
        mistake("row 3", photo(20, 20), "dog", "cat", 0.6, 0.3),
    ]
    test = load_test(small_params())
    manifest = Predictor.load(Path("models")).manifest
    page = as_page(mistakes, manifest, test, 2, "2026-11-21T10:00:00+00:00")
    assert "<script>" not in page
    assert "<b>" not in page
    assert "predicted: <b>dog</b> (91.0%)" in text_of(page)
    sources = re.findall(r'src="data:image/\w+;base64,([^"]+)"', page)
    assert len(sources) == 2
    for source in sources:
        content = base64.b64decode(source)
        assert b"nobody should hear of" not in content
        assert max(Image.open(io.BytesIO(content)).size) <= 256
    read = list(csv.DictReader(io.StringIO(as_csv(mistakes))))
    assert [each["name"] for each in read] == [threat, "row 3"]


def test_the_figure_of_mistakes_takes_any_number_of_them() -> None:
    one = mistake("a $b$", photo(30, 60), "cat", "dog", 0.9, 0.1)
    for count in (1, 7, 40):
        drawn = as_figure([one] * count, "a set", wrong=count, rows=100)
        captions = [each.get_text() for each in drawn.axes[0].texts]
        assert captions == ["dog, 90%\nis cat"] * min(count, 24)
