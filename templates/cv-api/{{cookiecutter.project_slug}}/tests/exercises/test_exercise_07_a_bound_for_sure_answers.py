"""Exercise 7: sure answers by a lower bound of their precision, and not by what chance gave."""

import inspect
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from {{ cookiecutter.package_name }}.abstention import Threshold, answer_threshold
from {{ cookiecutter.package_name }}.config import AnswerParams

Answers = tuple[np.ndarray, np.ndarray]
PROOF = 2.7055434540954142  # the square of the normal distribution's 95 % quantile


def answers(right: list[bool]) -> Answers:
    """Probabilities and labels of two classes: the surest first, each right or not."""
    confidence = np.linspace(0.99, 0.6, len(right))
    chances = np.stack([confidence, 1 - confidence], axis=1)
    return chances, np.where(right, 0, 1)


def threshold(found: Answers, precision: float, **bound: Any) -> Threshold:
    with suppress(TypeError):
        return answer_threshold(*found, precision, **bound)
    pytest.fail(
        "answer_threshold in abstention.py takes no `bound` yet: a confidence, or None.",
        pytrace=False,
    )


def lower_bound(right: int, of: int) -> float:
    """Wilson's, one-sided, at 95 %."""
    share = right / of
    spread = np.sqrt(PROOF * (share * (1 - share) / of + PROOF / (4 * of**2)))
    return float((share + PROOF / (2 * of) - spread) / (1 + PROOF / of))


def test_a_few_right_answers_are_no_proof() -> None:
    found = answers([True] * 30)
    assert threshold(found, 0.95).reached, "without a bound, 30 of 30 right ones are enough"
    bounded = threshold(found, 0.95, bound=0.95)
    assert not bounded.reached, (
        "30 right answers of 30 could be luck: they show no more than "
        f"{lower_bound(30, 30):.1%}, and 95 % were asked for"
    )
    assert bounded.coverage == 0, f"no answer is sure, and {bounded.coverage:.0%} are"


def test_many_are() -> None:
    found = threshold(answers([True] * 60), 0.95, bound=0.95)
    assert found.reached, f"60 of 60 right ones show {lower_bound(60, 60):.1%}: enough for 95 %"
    assert found.coverage == pytest.approx(1.0), "all 60 are sure then"


def test_the_most_answers_are_given_whose_bound_reaches_what_was_asked_for() -> None:
    random = np.random.default_rng(3)
    right = [True] * 120 + (random.random(80) < 0.6).tolist()
    found = threshold(answers(right), 0.9, bound=0.95)
    bounds = [lower_bound(sum(right[:count]), count) for count in range(1, len(right) + 1)]
    expected = max(count for count, each in enumerate(bounds, 1) if each >= 0.9)
    given = round(found.coverage * len(right))
    assert given == expected, (
        f"{given} answers are sure, and {expected} could be: of no larger number of the surest "
        "ones does Wilson's one-sided bound reach 0.9"
    )
    share = sum(right[:expected]) / expected
    assert found.precision == pytest.approx(share), (
        "`precision` stays the share of right ones among the sure answers, and is not the bound"
    )


def test_more_caution_gives_fewer_answers() -> None:
    right = [number % 17 != 16 for number in range(300)]
    given = [threshold(answers(right), 0.93, bound=each).coverage for each in (None, 0.8, 0.99)]
    assert given[0] >= given[1] >= given[2], f"the shares of sure answers are {given}"
    assert given[0] > given[2], "a bound of 99 % costs no answer at all: is it used?"


def test_without_it_everything_is_as_it_was() -> None:
    threshold(answers([True]), 0.5, bound=None)
    default = inspect.signature(answer_threshold).parameters["bound"].default
    assert default is None, f"`bound` is to be None by default, and is {default!r}"


def test_it_is_a_setting() -> None:
    found = None
    with suppress(ValidationError):
        found = AnswerParams(**{"bound": 0.95})
    assert found is not None, "answer.bound is no setting yet: add it to AnswerParams in config.py"
    given = AnswerParams().model_dump()
    assert given.get("bound", 0) is None, "answer.bound is to be null by default"
    for wrong in (0.0, 1.0, 95):
        refused = False
        try:
            AnswerParams(**{"bound": wrong})
        except ValidationError:
            refused = True
        assert refused, f"answer.bound = {wrong} is no confidence between 0 and 1, and was taken"
