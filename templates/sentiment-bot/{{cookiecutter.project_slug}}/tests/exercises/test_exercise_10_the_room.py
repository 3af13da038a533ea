"""Exercise 10: a slot. The bot remembers the room, whenever it is named."""

from pathlib import Path

from {{ cookiecutter.package_name }}.chat.machine import Machine, Session, Turn
from {{ cookiecutter.package_name }}.chat.moods import Feeling
from {{ cookiecutter.package_name }}.chat.rules import Dialog, load
from {{ cookiecutter.package_name }}.chat.rules_check import check

NAME = "room"
NEUTRAL, BAD = Feeling("neutral", 0.9), Feeling("negative", 0.95)
DIALOG = Path(__file__).parents[2] / "dialog.yaml"


def dialog() -> Dialog:
    rules = load(DIALOG)
    check(rules)
    assert NAME in rules.dialog.slots, (
        f"dialog.yaml has no slot {NAME!r}. Under `slots` stands what is said as long as it is not "
        "known; a pattern with (?P<room>...) fills it."
    )
    return rules.dialog


def held(*messages: tuple[str, Feeling]) -> list[Turn]:
    """The turns of a conversation with these messages."""
    machine = Machine(dialog())
    session: Session | None = machine.begin(seed=0)
    turns = []
    for message, feeling in messages:
        assert session is not None, f"the conversation was over before {message!r}"
        turns.append(machine.answer(session, message, feeling))
        session = turns[-1].session
    return turns


def slots(turn: Turn) -> dict[str, str]:
    assert turn.session is not None
    return turn.session.slots


def test_it_is_noted_in_passing() -> None:
    (turn,) = held(("I was in room 214", NEUTRAL))
    assert slots(turn).get(NAME) == "214", f"the slots are {slots(turn)}"
    assert "214" in turn.reply, f"the reply is to say that it was understood: {turn.reply!r}"
    assert turn.state == dialog().start, f"it led to {turn.state}: the conversation is to stay"


def test_it_is_noted_in_capitals_and_beside_the_booking() -> None:
    (turn,) = held(("ROOM 17, booking HB-123456", NEUTRAL))
    assert slots(turn).get(NAME) == "17", f"the slots are {slots(turn)}"
    assert slots(turn).get("booking") == "HB-123456", "the booking is no longer found"


def test_a_number_of_something_else_is_no_room() -> None:
    for message in ("My booking is 1234567", "We were 12 people", "the room was 30 degrees hot"):
        (turn,) = held((message, NEUTRAL))
        assert NAME not in slots(turn), f"{message!r} was taken for a room: {slots(turn)}"


def test_a_complaint_that_names_the_room_is_still_a_complaint() -> None:
    (turn,) = held(("Room 214 was dirty and loud", BAD))
    assert slots(turn).get(NAME) == "214", "the room is to be remembered there, too"
    assert turn.state == "problem", (
        f"a complaint led to {turn.state!r}, not to 'problem'. A rule with an intent comes before "
        "one without: give yours the moods that no other rule needs, such as neutral and unsure."
    )


def test_whoever_takes_over_hears_which_room_it_was() -> None:
    complaints = [(f"{what} was broken", BAD) for what in ("The lamp", "The bed", "The lift")]
    *_, known = held(("I was in room 214", NEUTRAL), *complaints)
    assert known.escalated, "three bad messages are to bring a person, as before"
    assert "214" in known.reply, (
        "use {room} in what `escalation` says, so that the reply names it: " + known.reply
    )
    *_, unknown = held(*complaints)
    words = dialog().slots[NAME]
    assert words in unknown.reply, f"without a room, {words!r} is to stand there: {unknown.reply!r}"
