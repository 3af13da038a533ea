"""`explain`: the words that answers rest on, over many texts."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import small_params

from {{ cookiecutter.package_name }} import explain
from {{ cookiecutter.package_name }}.api.explanation import Explanation, Word
from {{ cookiecutter.package_name }}.api.predictor import Prediction
from {{ cookiecutter.package_name }}.data import TextData, load_validation
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.explain_figures import words_figure
from {{ cookiecutter.package_name }}.explain_page import as_page


def explained(label: str, *words: tuple[str, float]) -> tuple[str, Explanation]:
    """A text of these words, and what each speaks for the label."""
    text, found = "", []
    for word, weight in words:
        found.append(Word(word, len(text), len(text) + len(word), weight))
        text += f"{word} "
    return text, Explanation(Prediction(label, 0.9, {label: 0.9}, False, 3), found)


def test_a_word_counts_by_its_mean_weight_in_the_texts_with_that_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explain, "LEAST", 2)
    found = [
        explained("positive", ("Good", 2.0), ("film", 0.1), (",", 5.0))[1],
        explained("positive", ("good", 4.0), ("good", 2.0), ("film", -0.3))[1],
        explained("positive", ("rare", 9.0))[1],
        explained("negative", ("good", 7.0))[1],
    ]
    line = explain._of_class("positive", found, 5)
    assert line == {
        "class": "positive",
        "texts": 3,
        "words": [{"word": "good", "weight": 2.5, "texts": 2}],
    }
    assert explain._of_class("neutral", found, 5)["words"] == []


def test_the_section_is_of_validation_texts_and_the_figure_and_page_are_written(
    measured: Path,
) -> None:
    metrics = json.loads(Path("reports/metrics.json").read_text(encoding="utf-8"))
    found = metrics["explanation"]
    assert found["version"] == metrics["version"]
    assert found["texts"] == sum(each["texts"] for each in found["classes"]) == 6
    assert Path("reports/figures/words.png").read_bytes().startswith(b"\x89PNG")
    assert "What the answers rest on" in Path("reports/explain.html").read_text(encoding="utf-8")


def test_a_model_of_other_data_is_refused(measured: Path) -> None:
    with pytest.raises(UserError, match="data"):
        explain.explain(small_params(data={"seed": 7}))


def test_on_the_page_a_text_is_coloured_and_never_obeyed(measured: Path) -> None:
    texts = load_validation(small_params())
    pair = explained("positive", ("<b>", 1.0), ("&", -2.0), ("calm", 0.0))
    one = TextData([pair[0]], np.array([2]), texts.classes, np.array([1]), texts.meta)
    page = as_page([pair], one, "v1", "2026-11-21T10:00:00+00:00", 3)
    assert "<b>" not in page
    assert "&lt;b&gt;</span>" in page
    assert page.count("rgba(0, 114, 178") == 1
    assert page.count("rgba(230, 159, 0, 0.50)") == 1
    assert page.count("No text is given it.") == len(texts.classes) - 1


def test_the_figure_has_a_panel_per_class_also_for_one_without_words() -> None:
    words = [{"word": "$good$", "weight": 1.0, "texts": 3}]
    section = {
        "classes": [
            {"class": "a", "texts": 3, "words": words},
            {"class": "b", "texts": 0, "words": []},
        ]
    }
    assert len(words_figure(section, "a set").axes) == 2
