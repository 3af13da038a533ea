"""The conversation as a function: order of rules, slots, variants, escalation, fallback, end."""

from itertools import pairwise
from pathlib import Path

import pytest
from dialogs import SMALL, machine

from {{ cookiecutter.package_name }}.chat.machine import LONGEST_VALUE, Machine, Session
from {{ cookiecutter.package_name }}.chat.moods import Feeling, feeling
from {{ cookiecutter.package_name }}.chat.rules import Mood

UNSURE = Feeling("neutral", 0.4)
BAD = Feeling("negative", 0.95)
WEAK = Feeling("negative", 0.7)
GOOD = Feeling("positive", 0.9)


def session_after(found: Machine, *messages: tuple[str, Feeling]) -> Session:
    """The session after these messages."""
    session = found.begin(1)
    for text, mood in messages:
        turn = found.answer(session, text, mood)
        assert turn.session is not None
        session = turn.session
    return session


def test_the_same_input_gives_the_same_answer_and_changes_nothing(tmp_path: Path) -> None:
    found = machine(tmp_path)
    session = found.begin(7)
    turns = [found.answer(session, "order 1234, and it was bad", BAD) for _ in range(3)]
    assert turns[0] == turns[1] == turns[2]
    assert session == found.begin(7)


def test_an_intent_goes_before_a_mood_and_the_state_before_anywhere(tmp_path: Path) -> None:
    found = machine(tmp_path)
    assert found.answer(found.begin(1), "order 1234", BAD).reply == "Noted 1234."
    own = SMALL.replace(
        "- intent: order\n        say: N",
        "- {intent: bye, say: Stay!}\n      - intent: order\n        say: N",
    )
    turn = machine(tmp_path, own).answer(found.begin(1), "bye", GOOD)
    assert (turn.reply, turn.ended) == ("Stay!", False)


def test_of_two_intents_the_first_in_the_file_counts_and_both_fill_slots(tmp_path: Path) -> None:
    found = machine(tmp_path)
    turn = found.answer(found.begin(1), "order 1234, bye", UNSURE)
    assert turn.ended
    swapped = SMALL.replace(
        "say: Goodbye.\n    end: true", "say: Your {order}?\n    go: sad"
    ).replace("say: Great!", "say: Great!\n        end: true")
    turn = machine(tmp_path, swapped).answer(found.begin(1), "order 1234, bye", UNSURE)
    assert turn.reply == "Your 1234?"


def test_a_slot_is_its_default_until_it_is_filled_and_the_last_value_stays(tmp_path: Path) -> None:
    found = machine(tmp_path)
    replies = {found.answer(found.begin(seed), "x", BAD).reply for seed in range(20)}
    assert replies == {"Sorry about your order.", "Oh no."}
    session = session_after(found, ("order 1234", UNSURE), ("order 5678", UNSURE))
    assert session.slots == {"order": "5678"}


def test_what_somebody_writes_is_no_pattern_and_no_slot(tmp_path: Path) -> None:
    text = SMALL.replace(r"(?P<order>\d{3,6})\b", "(?P<order>.{1,200})")
    found = machine(tmp_path, text)
    turn = found.answer(found.begin(1), "order {order} {x} \\1 %s", UNSURE)
    assert turn.reply == "Noted {order} {x} \\1 %s."
    assert turn.session is not None
    long = found.answer(found.begin(1), "order " + "y" * 500, UNSURE).session
    assert long is not None
    assert len(long.slots["order"]) == LONGEST_VALUE


def test_no_variant_is_said_twice_in_a_row_and_all_are_said(tmp_path: Path) -> None:
    text = SMALL.replace('"What?", "Pardon?"', "a, b, c").replace("Say bye to leave.", "[d, e, f]")
    found = machine(tmp_path, text)
    for seed in range(10):
        session, said = found.begin(seed), []
        for _ in range(60):
            turn = found.answer(session, "hm", UNSURE)
            assert turn.session is not None
            session = turn.session
            said.append(turn.reply)
        assert said[0] in "abc"
        assert set(said[1:]) == {"d", "e", "f"}
        assert all(one != other for one, other in pairwise(said))


def test_a_person_takes_over_after_repeated_sure_negatives(tmp_path: Path) -> None:
    found = machine(tmp_path)
    session = session_after(found, ("bad", BAD))
    assert session.negatives == 1
    turn = found.answer(session, "still bad", BAD)
    assert (turn.by, turn.escalated, turn.state) == ("escalation", True, "sad")
    assert turn.session is not None
    again = found.answer(turn.session, "and still", BAD)
    assert (again.by, again.escalated) == ("fallback", True)


@pytest.mark.parametrize(
    ("between", "negatives"),
    [(GOOD, 0), (WEAK, 1), (UNSURE, 1), (Feeling("positive", 0.5), 1)],
    ids=["a good one starts anew", "a weak one does not count", "an unsure one", "barely good"],
)
def test_what_counts_towards_escalation(tmp_path: Path, between: Feeling, negatives: int) -> None:
    assert session_after(machine(tmp_path), ("a", BAD), ("b", between)).negatives == negatives


def test_an_answer_that_is_taken_for_its_intent_is_no_mood(tmp_path: Path) -> None:
    found = machine(tmp_path)
    messages = [("order 1234", BAD)] * 5
    assert session_after(found, *messages).negatives == 0


def test_a_rule_that_escalates_marks_the_session(tmp_path: Path) -> None:
    found = machine(tmp_path, SMALL.replace("say: Great!", "say: Great!\n        escalate: true"))
    turn = found.answer(found.begin(1), "x", GOOD)
    assert (turn.by, turn.escalated) == ("rule", True)


def test_a_goodbye_can_hand_over_to_a_person(tmp_path: Path) -> None:
    text = SMALL.replace("    end: true\n", "    end: true\n    escalate: true\n")
    found = machine(tmp_path, text)
    turn = found.answer(found.begin(1), "bye", GOOD)
    assert (turn.ended, turn.escalated) == (True, True)


def test_a_goodbye_goes_before_escalation_and_before_the_limit(tmp_path: Path) -> None:
    found = machine(tmp_path, most_turns=2)
    session = session_after(found, ("bad", BAD))
    turn = found.answer(session, "bad, bye", BAD)
    assert (turn.by, turn.ended, turn.reply) == ("rule", True, "Goodbye.")


def test_a_conversation_that_is_too_long_is_ended(tmp_path: Path) -> None:
    found = machine(tmp_path, SMALL + "too_long: That is enough.\n", most_turns=3)
    session = session_after(found, ("a", GOOD), ("b", GOOD))
    turn = found.answer(session, "c", GOOD)
    assert (turn.by, turn.ended, turn.reply) == ("limit", True, "That is enough.")


def test_a_state_has_its_own_fallback_and_the_second_may_lead_elsewhere(tmp_path: Path) -> None:
    text = SMALL.replace("  sad:\n", "  sad:\n    fallback: Which order?\n").replace(
        "  second: Say bye to leave.", "  second: Say bye to leave.\n  go: open"
    )
    found = machine(tmp_path, text)
    session = session_after(found, ("bad", WEAK))
    first = found.answer(session, "hm", UNSURE)
    assert (first.reply, first.state) == ("Which order?", "sad")
    assert first.session is not None
    second = found.answer(first.session, "hm", UNSURE)
    assert (second.reply, second.state) == ("Say bye to leave.", "open")


def test_classes_of_one_mood_count_together() -> None:
    moods: dict[str, Mood] = {
        "1": "negative",
        "2": "negative",
        "3": "neutral",
        "4": "positive",
        "5": "positive",
    }
    shares = {"1": 0.3, "2": 0.31, "3": 0.0, "4": 0.39, "5": 0.0}
    found = feeling(moods, shares)
    assert found.mood == "negative"
    assert found.confidence == pytest.approx(0.61)
