"""The models to beat."""

import numpy as np
import pytest

from {{ cookiecutter.package_name }}.baselines import fit_baseline
from {{ cookiecutter.package_name }}.ladder import Ladder

TEXTS = ["good film", "bad film", "so good", "not good", "bad bad", "👍"] * 5
LABELS = np.array([1, 0, 1, 0, 0, 1] * 5)


def test_the_majority_always_says_the_most_frequent_class() -> None:
    labels = np.array([2, 2, 2, 0, 1])
    model = fit_baseline("majority", TEXTS[:5], labels, balanced=True, seed=0)
    assert model.predict(["anything", ""]).tolist() == [2, 2]


def test_counted_words_learn_pairs_of_words_and_emoji() -> None:
    model = fit_baseline("tfidf", TEXTS, LABELS, balanced=False, seed=0)
    assert model.predict(TEXTS).tolist() == LABELS.tolist()
    assert model.predict(["👍"]).tolist() == [1]


@pytest.mark.parametrize(("balanced", "found"), [(False, 0), (True, 2)])
def test_balanced_a_rare_class_is_found(balanced: bool, found: int) -> None:
    texts = ["plain words here"] * 40 + ["plain words there"] * 2
    labels = np.array([0] * 40 + [1] * 2)
    model = fit_baseline("tfidf", texts, labels, balanced=balanced, seed=0)
    assert (model.predict(texts[40:]) == 1).sum() == found


def test_a_text_without_a_known_word_gets_an_answer() -> None:
    model = fit_baseline("tfidf", TEXTS, LABELS, balanced=False, seed=0)
    assert model.predict(["", "zzz"]).tolist() in ([0, 0], [1, 1])


def test_lift_is_over_the_model_before() -> None:
    ladder = Ladder(("majority", "tfidf", "pretrained"), np.array([0, 1, 0, 1]), 2)
    ladder.add("pretrained", np.array([0, 1, 0, 1]), 3.0)
    ladder.add("majority", np.array([0, 0, 0, 0]), 1.0)
    ladder.add("tfidf", np.array([0, 1, 0, 0]), 2.0)
    found = ladder.as_dict()
    assert list(found) == ["majority", "tfidf", "pretrained"]
    scores = [each["macro_f1"]["overall"] for each in found.values()]
    assert scores == pytest.approx([1 / 3, 11 / 15, 1.0])
    assert "lift" not in found["majority"]
    assert found["tfidf"]["lift"] == pytest.approx(scores[1] - scores[0])
    assert found["pretrained"]["lift"] == pytest.approx(scores[2] - scores[1])
    assert [each["seconds"] for each in found.values()] == [1.0, 2.0, 3.0]
    assert found["tfidf"]["accuracy"]["overall"] == 0.75
