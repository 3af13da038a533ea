"""`evaluate --behaviour`: which answers pass a test, and which tests fit which classes."""

import random
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import small_params

from {{ cookiecutter.package_name }} import behaviour
from {{ cookiecutter.package_name }}.behaviour_tests import (
    behaviour_tests,
    with_other_end,
    with_other_negation,
    with_typing_error,
)
from {{ cookiecutter.package_name }}.errors import UserError

TEXTS = ["The food was not good.", "I isn't sure", "GREAT film"]
GOOD = {"good", "great", "excellent", "wonderful", "amazing", "fantastic", "love", "like", "enjoy"}
BAD = {"bad", "terrible", "awful", "horrible", "poor", "disappointing", "hate", "dislike", "regret"}


class CountsWords:
    """A model that counts good and bad words: it knows no denial."""

    def __init__(self, folder: Path, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)
        manifest: Any = behaviour.Predictor.load(folder).manifest
        self.manifest = manifest

    def probabilities(self, texts: Sequence[str]) -> Any:
        """(n, classes): the first class is negative, the last positive."""
        found = np.full((len(texts), len(self.classes)), 0.1)
        for row, text in enumerate(texts):
            words = text.lower().replace(".", "").split()
            balance = sum((word in GOOD) - (word in BAD) for word in words)
            place = 0 if balance < 0 else -1 if balance > 0 else len(self.classes) // 2
            found[row, place] += 1.0
        return found / found.sum(axis=1, keepdims=True)


def answers_of(monkeypatch: pytest.MonkeyPatch, classes: Sequence[str]) -> dict[str, Any]:
    """The section of metrics.json for a model that counts words."""
    model = CountsWords(Path("models"), classes)
    monkeypatch.setattr(behaviour, "Predictor", SimpleNamespace(load=lambda folder: model))
    found: dict[str, Any] = behaviour.run(small_params()).metrics["behaviour"]
    return found


def test_a_model_that_counts_words_passes_plain_praise_and_fails_denials(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = answers_of(monkeypatch, ("negative", "neutral", "positive"))
    rates = {each["name"]: each["rate"] for each in found["tests"]}
    assert rates["plain praise"] == rates["plain blame"] == rates["plain facts"] == 0.0
    assert rates["denied praise"] == rates["not bad"] == 1.0
    assert rates["not"] == 1.0
    assert rates["stronger praise"] == rates["names"] == rates["link added"] == 0.0
    assert found["left_out"] == []
    denied = next(each for each in found["tests"] if each["name"] == "denied praise")
    assert denied["examples"][0]["label"] == "positive"
    assert denied["failures"] == denied["cases"]


def test_classes_without_a_neutral_one_leave_out_what_needs_it(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = answers_of(monkeypatch, ("0", "1"))
    assert [each["name"] for each in found["left_out"]] == ["plain facts"]
    assert found["left_out"][0]["reason"] == "no class is neutral"


def test_classes_that_are_no_moods_are_still_tested_for_what_must_not_matter(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = answers_of(monkeypatch, ("sport", "politics"))
    assert {each["kind"] for each in found["tests"]} == {"invariance"}
    assert {each["name"] for each in found["left_out"]} >= {"plain praise", "not"}
    Path("dialog.yaml").unlink()
    left_out = answers_of(monkeypatch, ("sport", "politics"))["left_out"]
    assert "no dialog.yaml" in left_out[0]["reason"]


def test_damaged_rules_are_an_error_and_nothing_is_written(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Path("reports/metrics.json").read_bytes()
    Path("dialog.yaml").write_text("moods: [")
    with pytest.raises(UserError, match=r"dialog\.yaml"):
        behaviour.run(small_params())
    assert Path("reports/metrics.json").read_bytes() == before


def test_the_same_seed_makes_the_same_tests() -> None:
    runs = [
        [(test.name, test.cases) for test in behaviour_tests(TEXTS, seed)] for seed in (1, 1, 2)
    ]
    assert runs[0] == runs[1] != runs[2]


def test_each_test_has_a_name_of_its_own_cases_and_a_reason() -> None:
    tests = behaviour_tests(TEXTS, 0)
    assert len({test.name for test in tests}) == len(tests)
    for test in tests:
        assert test.cases, test.name
        assert test.why.endswith(".")
        assert all(case.text != case.before for case in test.cases)


def test_a_typing_error_swaps_two_inner_letters_and_keeps_the_rest() -> None:
    text = "The weather, well"
    for seed in range(20):
        found = with_typing_error(text, random.Random(seed))
        changed = [at for at in range(len(text)) if text[at] != found[at]]
        assert len(changed) == 2
        assert changed[1] == changed[0] + 1
        assert sorted(found) == sorted(text)
        assert (found[0], found[4], found[13]) == ("T", "w", "w")
    assert with_typing_error("oh no", random.Random(0)) == "oh no"


@pytest.mark.parametrize(
    ("text", "found"),
    [("Good.", "Good"), ("Good", "Good."), ("Good...", "Good..."), ("Good!", "Good!"), ("", "")],
)
def test_the_full_stop_is_left_out_or_added(text: str, found: str) -> None:
    assert with_other_end(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is not good", "It isn't good"),
        ("It isn't good", "It is not good"),
        ("It isn\u2019t good", "It is not good"),
        ("It is good", "It is good"),
    ],
)
def test_a_denial_is_spelt_the_other_way(text: str, found: str) -> None:
    assert with_other_negation(text) == found
