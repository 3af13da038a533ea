"""`explain`: where the model looks, for right and wrong answers."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from conftest import small_params
from rich.console import Console

from {{ cookiecutter.package_name }} import explain
from {{ cookiecutter.package_name }}.api.predictor import Prediction
from {{ cookiecutter.package_name }}.data import load_validation
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.explain_figures import explained_figure
from {{ cookiecutter.package_name }}.explain_page import as_page
from {{ cookiecutter.package_name }}.looked_at import SIDE, LookedAt, heated, square

METRICS = Path("reports/metrics.json")


def looked_at(label: str, true: str, size: int = 16) -> LookedAt:
    """A grey picture that is `true`, and that the model calls `label`."""
    heat = np.zeros((4, 4), dtype=np.float32)
    heat[0, 0] = 1.0
    answer = Prediction(label, 0.9, {label: 0.9}, True, -5.0, True)
    pixels = np.full((size, size, 3), 100, dtype=np.uint8)
    return LookedAt("a <b>.png", pixels, answer, true, dict.fromkeys((label, true), heat))


def test_the_section_is_of_validation_pictures_and_the_figure_and_page_are_written(
    measured: Path,
) -> None:
    metrics = json.loads(METRICS.read_text(encoding="utf-8"))
    found = metrics["explanation"]
    validation = load_validation(small_params())
    assert found["version"] == metrics["version"]
    assert found["examined"] == len(validation.labels)
    assert found["right"] + found["wrong"] == 6
    assert found["deletion"]["rows"] <= found["examined"]
    assert Path("reports/figures/grad-cam.png").read_bytes().startswith(b"\x89PNG")
    assert "Where the model looks" in Path("reports/explain.html").read_text(encoding="utf-8")


def test_what_was_found_is_said(measured: Path) -> None:
    output = StringIO()
    explain.show(explain.explain(small_params()), Console(file=output, width=120))
    assert "greyed out" in output.getvalue()
    assert "Wrote reports/metrics.json" in output.getvalue()
    assert "has one place only" in explain.deletion_line(None)


def test_a_model_of_other_data_is_refused(measured: Path) -> None:
    with pytest.raises(UserError, match="data"):
        explain.explain(small_params(data={"seed": 7}))


def test_right_answers_are_of_the_classes_in_turn_and_wrong_ones_the_surest() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    logits = np.eye(3, dtype=np.float32)[labels]
    logits[2] = [0.0, 5.0, 0.0]  # wrong, and surer
    logits[7] = [2.0, 0.0, 0.0]  # wrong
    right, wrong = explain.choose(labels, logits, 6)
    assert wrong.tolist() == [2, 7]
    assert right.tolist() == [0, 3, 5, 1]
    right, wrong = explain.choose(labels, logits, 2)
    assert (right.tolist(), wrong.tolist()) == ([0], [2])
    right, wrong = explain.choose(labels, np.eye(3, dtype=np.float32)[labels], 100)
    assert len(right) == 8
    assert not len(wrong)


@pytest.mark.parametrize("size", [8, 400])
def test_heat_is_laid_where_it_is_and_leaves_the_rest_as_it_was(size: int) -> None:
    each = looked_at("cat", "cat", size)
    plain, warm = (
        np.asarray(found).astype(int)
        for found in (square(each.pixels), heated(each.pixels, each.heats["cat"]))
    )
    assert plain.shape == warm.shape == (SIDE, SIDE, 3)
    assert np.abs(warm[:10, :10] - plain[:10, :10]).max() > 50
    assert np.abs(warm[-20:, -20:] - plain[-20:, -20:]).max() < 5


def test_a_wrong_answer_is_shown_with_the_heat_of_both_classes() -> None:
    shown = [looked_at("cat", "cat"), looked_at("dog", "cat")]
    figure = explained_figure(shown, "a set")
    captions = [each.get_text() for each in figure.axes[0].texts]
    assert captions == ["cat, 90%", "", "\nis cat", "dog, 90%\nfor “dog”", "\nfor “cat”"]
    page = as_page(shown, "a set", "v1", "2026-11-21T10:00:00+00:00")
    assert page.count("<img") == 2 + 3
    assert "<b>" not in page
    assert "answer: dog (90.0%)" in page


def test_without_a_wrong_answer_the_page_says_so() -> None:
    page = as_page([looked_at("cat", "cat")], "a set", "v1", "2026-11-21T10:00:00+00:00")
    assert "<p>There are none.</p>" in page
