"""When an answer is sure: the most answers of which enough are right, or none."""

import json

import numpy as np
import numpy.typing as npt
import pytest

from {{ cookiecutter.package_name }}.abstention import (
    FEWEST,
    NEVER,
    Threshold,
    answer_threshold,
)

Answers = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]


def answers(right: list[bool], confidence: list[float] | None = None) -> Answers:
    """Probabilities and labels of two classes: the surest first, each right or not."""
    found = np.array(confidence or np.linspace(0.99, 0.6, len(right)))
    chances = np.stack([found, 1 - found], axis=1)
    return chances, np.where(right, 0, 1)


def test_as_many_answers_are_sure_as_the_precision_allows() -> None:
    right = [True] * 40 + [False, True] * 10
    found = answer_threshold(*answers(right), 0.95)
    # 42 of the surest 44 are right, and no larger number has so few wrong ones.
    assert found.reached
    assert found.coverage == pytest.approx(44 / 60)
    assert found.precision == pytest.approx(42 / 44)
    assert found.precision >= 0.95
    sure = answers(right)[0].max(axis=1) >= found.confidence
    assert sure.sum() == 44


def test_where_all_are_precise_enough_the_lowest_confidence_seen_is_the_threshold() -> None:
    found = answer_threshold(*answers([True] * 20), 0.95)
    assert found == Threshold(pytest.approx(0.6), 1.0, 1.0, True)


def test_where_no_confidence_is_enough_no_answer_is_sure() -> None:
    found = answer_threshold(*answers([True, True, False] * 10), 0.95)
    assert (found.reached, found.coverage) == (False, 0.0)
    assert found.confidence == NEVER > 1.0
    assert found.precision == pytest.approx(0.7, abs=0.04)
    # It stays above 1 on its way through the manifest.
    assert json.loads(json.dumps(found.as_dict()))["confidence"] > 1.0


def test_the_few_surest_answers_prove_nothing() -> None:
    right = [True] * (FEWEST - 1) + [False] * 20
    assert not answer_threshold(*answers(right), 0.95).reached
    assert answer_threshold(*answers([True, *right]), 0.95).reached


def test_answers_of_equal_confidence_are_sure_together_or_not_at_all() -> None:
    confidence = [0.9] * 10 + [0.7] * 10
    right = [True] * 10 + [True] * 5 + [False] * 5
    found = answer_threshold(*answers(right, confidence), 0.99)
    assert (found.confidence, found.coverage) == (pytest.approx(0.9), 0.5)


def test_one_picture_is_enough_to_answer() -> None:
    assert answer_threshold(*answers([True]), 0.5).coverage == 1.0
    assert not answer_threshold(*answers([False]), 0.5).reached
