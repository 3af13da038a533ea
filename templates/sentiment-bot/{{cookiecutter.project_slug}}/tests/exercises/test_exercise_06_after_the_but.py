"""Exercise 6: a behavioural test of direction: what stands after a "but" counts more."""

import re

from {{ cookiecutter.package_name }}.behaviour_tests import (
    BAD,
    GOOD,
    THINGS,
    Answer,
    BehaviourTest,
    behaviour_tests,
)

NAME = "after the but"
SENTENCE = re.compile(r"The (\w+) is (\w+), but the (\w+) is (\w+)\.")
TEXTS = ("I love it", "It is on the table")


def contrast() -> BehaviourTest:
    found = [each for each in behaviour_tests(TEXTS, 0) if each.name == NAME]
    assert len(found) == 1, (
        f"behaviour_tests.py lists {len(found)} tests called {NAME!r}, and one is wanted. Add an "
        "entry to `_direction`; the test called `not` shows how."
    )
    return found[0]


def sentences() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The words of each case, before the change and after it."""
    found = []
    for case in contrast().cases:
        texts = (case.before or "", case.text)
        matches = [SENTENCE.fullmatch(text) for text in texts]
        assert all(matches), (
            f"{texts}: both are to read like 'The food is good, but the service is bad.'"
        )
        first, second = (match.groups() for match in matches if match)
        found.append((first, second))
    return found


def test_it_is_a_test_of_direction_and_says_why() -> None:
    test = contrast()
    assert test.kind == "direction", "the answer may move one way only: that is direction"
    assert len(test.why.split()) > 4, "say in a sentence what a `but` does"


def test_the_same_is_said_in_the_other_order() -> None:
    for before, after in sentences():
        assert after == (*before[2:], *before[:2]), (
            f"{before} became {after}: the two halves are to change places, and nothing else"
        )


def test_praise_stands_last_before_and_blame_after() -> None:
    for before, after in sentences():
        assert before[3] in GOOD, f"before the change, the last word is {before[3]!r}"
        assert after[3] in BAD, f"after the change, the last word is {after[3]!r}"
        assert before[0] != before[2], f"both halves are about the {before[0]}: that contradicts"


def test_there_are_enough_of_them_and_no_two_alike() -> None:
    found = sentences()
    assert len(set(found)) == len(found) >= 20, f"{len(found)} cases, {len(set(found))} different"
    words = {word for before, _ in found for word in before}
    for wanted in (THINGS, GOOD, BAD):
        absent = set(wanted) - words
        assert not absent, f"these words are in no case: {sorted(absent)}"


def test_the_text_is_to_become_less_positive() -> None:
    test = contrast()
    high, low = (Answer("positive", each, "positive", {"positive": each}) for each in (0.9, 0.6))
    assert test.expects.moods == ("positive",), "classes without such a mood leave the test out"
    assert test.expects.holds(high, low), "from 0.9 to 0.6 positive is what is expected"
    assert not test.expects.holds(high, high), "a model that only counts words is to fail it"
    assert not test.expects.holds(low, high), "more positive is a failure"
