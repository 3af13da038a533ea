"""Exercise 9: the bot knows where to park."""

from pathlib import Path

import pytest
import yaml

from {{ cookiecutter.package_name }}.chat.machine import Machine, Session, Turn
from {{ cookiecutter.package_name }}.chat.moods import Feeling
from {{ cookiecutter.package_name }}.chat.patterns import compiled, readable
from {{ cookiecutter.package_name }}.chat.rules import Rules, load
from {{ cookiecutter.package_name }}.chat.rules_check import check

NAME = "parking"
PROJECT = Path(__file__).parents[2]
QUESTIONS = ("Where can I park?", "Is there PARKING nearby?", "Where do we park?", "Car park?")
OTHERS = ("We walked in the park", "The park was lovely", "It sparked joy")


def rules() -> Rules:
    found = load(PROJECT / "dialog.yaml")
    check(found)
    assert NAME in found.dialog.intents, (
        f"dialog.yaml has no intent {NAME!r}. `breakfast` shows how: its patterns under `intents`, "
        "and a rule for it under `anywhere`."
    )
    return found


def recognised(found: Rules, message: str) -> bool:
    """Whether a pattern of the intent fits a message."""
    patterns = found.dialog.intents[NAME].patterns
    return any(compiled(each).search(readable(message)) for each in patterns)


def answered(found: Rules, state: str, message: str) -> Turn:
    return Machine(found.dialog).answer(Session(state), message, Feeling("neutral", 0.9))


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_question_is_answered_in_every_state_and_the_state_stays(question: str) -> None:
    found = rules()
    assert recognised(found, question), f"no pattern of {NAME} fits {question!r}"
    for state in found.dialog.states:
        turn = answered(found, state, question)
        assert turn.by == "rule", f"in {state}, {question!r} was answered by the {turn.by}"
        assert turn.state == state, f"in {state}, {question!r} led to {turn.state}"
        assert "park" in turn.reply.lower(), f"in {state}, the answer is {turn.reply!r}"


@pytest.mark.parametrize("message", OTHERS)
def test_a_walk_in_the_park_is_something_else(message: str) -> None:
    assert not recognised(rules(), message), f"{message!r} is taken for a question about parking"


def test_the_intent_has_examples_of_its_own() -> None:
    assert rules().dialog.intents[NAME].examples, (
        "give the intent `examples`: `chat --check` then says when another one takes them"
    )


def test_a_conversation_asks_for_it() -> None:
    found = rules()
    files = sorted((PROJECT / "tests/conversations").glob("*.yaml"))
    said = [turn["say"] for path in files for turn in yaml.load(path.read_text(), yaml.BaseLoader)]
    assert any(recognised(found, text) for text in said), (
        "no conversation in tests/conversations/ asks where to park. Add a turn to questions.yaml."
    )
