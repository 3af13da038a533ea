"""Which words moved a prediction: checked with a model of which each word's worth is known."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.api.explanation import (
    MOST_PARTS,
    Explanation,
    explain,
    log_odds,
)
from {{ cookiecutter.package_name }}.api.predictor import Floats, Predictor
from {{ cookiecutter.package_name }}.api.reading import Reading
from {{ cookiecutter.package_name }}.api.words import Span, merged, words


@pytest.fixture
def additive(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> Predictor:
    """A predictor whose logits are sums of a number for each token and class."""
    scores = np.random.default_rng(0).normal(size=(100_000, len(predictor.classes)))

    def run(readings: list[Reading]) -> Floats:
        sums = [scores[reading.ids].sum(axis=0) for reading in readings]
        return np.array(sums, dtype=np.float32)

    monkeypatch.setattr(predictor, "run", run)
    return predictor


def odds(predictor: Predictor, text: str, label: str) -> float:
    chance = predictor.probabilities([text])[0, predictor.classes.index(label)]
    return float(np.log(chance / (1 - chance)))


def test_a_words_weight_is_what_the_labels_log_odds_lose_without_it(additive: Predictor) -> None:
    text = "I don't like it 😀!!! See http://x.y/z, @bob"
    found = explain(additive, text)
    assert [word.text for word in found.words] == [
        *("I", "don't", "like", "it", "😀!!!", "See", "http://x.y/z", ",", "@bob")
    ]
    assert found.prediction == additive.predict([text])[0]
    label = found.prediction.label
    for word in found.words:
        assert text[word.start : word.end] == word.text
        without = text[: word.start] + text[word.end :]
        lost = odds(additive, text, label) - odds(additive, without, label)
        assert word.weight == pytest.approx(lost, abs=1e-4)


def read_part(found: Explanation) -> int:
    return found.words[-1].end


def test_of_a_long_text_the_part_that_is_read_is_explained_in_a_bounded_number_of_runs(
    additive: Predictor,
) -> None:
    text = " \n" + "nice weather here, " * 60_000
    found = explain(additive, text)
    assert found.prediction.truncated
    assert len(found.words) <= MOST_PARTS
    end = read_part(found)
    assert not additive.reader.read(text[:end]).truncated
    assert additive.reader.read(text[: end + 30]).truncated
    # Every word of that part is in one of the spans.
    spans = iter(found.words)
    span = next(spans)
    for word in words(text[:end]):
        while word.start >= span.end:
            span = next(spans)
        assert span.start <= word.start
        assert word.end <= span.end


def test_the_only_word_of_a_text_has_a_weight_too(additive: Predictor) -> None:
    (word,) = explain(additive, "  lovely ").words
    assert (word.text, word.start, word.end) == ("lovely", 2, 8)
    endless = explain(additive, "好" * 5_000)
    assert read_part(endless) < 5_000


def test_an_explanation_is_the_same_each_time(predictor: Predictor) -> None:
    assert explain(predictor, "not bad at all") == explain(predictor, "not bad at all")


def test_log_odds_are_exact_where_a_probability_is_next_to_one() -> None:
    found = log_odds(np.array([[60.0, 0.0, 0.0], [0.0, 60.0, -5.0]]), 0)
    np.testing.assert_allclose(found, [60 - np.log(2), -60], rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("well-known, can't (really)?", ["well-known", ",", "can't", "(", "really", ")?"]),
        ("#happy @bob!", ["#happy", "@bob", "!"]),
        ("很好 とてもok", ["很", "好", "と", "て", "も", "ok"]),
        ("यह अच्छी है।", ["यह", "अच्छी", "है", "।"]),
        ("שלום, עולם", ["שלום", ",", "עולם"]),
        ("👩‍👧 ok👍🏽", ["👩‍👧", "ok", "👍🏽"]),
    ],
)
def test_words_are_what_a_reader_takes_for_one(text: str, expected: list[str]) -> None:
    assert [text[word.start : word.end] for word in words(text)] == expected


@given(text=st.text(max_size=80), most=st.integers(1, 9))
def test_words_hold_all_that_is_not_blank_once(text: str, most: int) -> None:
    found = words(text)
    assert "".join(text[word.start : word.end] for word in found) == re.sub(r"\s", "", text)
    assert len(merged(found, most)) <= most
    assert merged(found, 200) == found
    if found:
        ends = Span(found[0].start, found[-1].end)
        together = merged(found, most)
        assert Span(together[0].start, together[-1].end) == ends
