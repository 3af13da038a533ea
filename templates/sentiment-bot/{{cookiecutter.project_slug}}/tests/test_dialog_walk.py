"""Random conversations, through the dialog of the project and through dialogs made at random."""

import random
from collections import Counter
from pathlib import Path

import pytest
import yaml
from dialogs import written

from {{ cookiecutter.package_name }}.chat.machine import Machine, Session, Turn
from {{ cookiecutter.package_name }}.chat.moods import Feeling
from {{ cookiecutter.package_name }}.chat.rules import MOODS, SLOT, Dialog, load
from {{ cookiecutter.package_name }}.chat.rules_check import check
from {{ cookiecutter.package_name }}.errors import UserError

DIALOG = Path(__file__).parents[1] / "dialog.yaml"
TURNS = 10_000
MOST_TURNS = 30
ODD = ["", "?", "\x00", "שלום", "😀" * 50, "{booking}", "no" * 600, "a\nb", "\\d+", "ﷺ" * 400]


def spoken(random_: random.Random, dialog: Dialog) -> str:
    """Something that an intent knows, something odd, or both."""
    examples = [text for intent in dialog.intents.values() for text in intent.examples]
    parts = random_.choices([*examples, *ODD], k=random_.randint(1, 2))
    return " ".join(parts)


def felt(random_: random.Random) -> Feeling:
    """Any mood with any confidence, the bounds of rules among them."""
    confidence = random_.choice([0.0, 0.6, 0.8, 0.85, 1.0, random_.random()])
    return Feeling(random_.choice(MOODS), confidence)


def walk(dialog: Dialog, turns: int, seed: int) -> Counter[str]:
    """So many random turns; what must hold of each is asserted. Returns how often what was seen."""
    random_ = random.Random(seed)
    machine = Machine(dialog, MOST_TURNS)
    said = {text for _, texts in dialog.replies() for text in texts}
    seen: Counter[str] = Counter()
    session = machine.begin(seed)
    for _ in range(turns):
        turn = machine.answer(session, spoken(random_, dialog), felt(random_))
        holds(turn, session, dialog, said)
        seen.update([turn.by, turn.state, "ended" if turn.ended else "goes on"])
        session = turn.session or machine.begin(random_.randrange(2**31))
    return seen


def holds(turn: Turn, before: Session, dialog: Dialog, said: set[str]) -> None:
    """What holds of every turn, whatever was said."""
    assert turn.reply.strip()
    assert turn.state in dialog.states
    assert turn.escalated or not before.escalated
    if turn.session is None:
        return
    after = turn.session
    assert after.turns == before.turns + 1 < MOST_TURNS
    assert after.said in said
    if after.said == before.said:
        # Only where there is nothing else to say.
        assert any(set(texts) == {after.said} for _, texts in dialog.replies())
    assert set(after.slots) <= set(dialog.slots)
    assert after.missed <= before.missed + 1
    assert after.negatives <= before.negatives + 1


def test_ten_thousand_random_turns_find_every_state_and_no_dead_end() -> None:
    rules = load(DIALOG)
    check(rules)
    seen = walk(rules.dialog, TURNS, seed=1)
    assert {"rule", "fallback", "escalation", "limit", "ended", "goes on"} <= set(seen)
    assert set(rules.dialog.states) <= set(seen)


def out_of(machine: Machine, session: Session, dialog: Dialog) -> bool:
    """Whether some words and moods end the conversation from here, without the limit of turns."""
    fresh = Session(session.state)
    waiting, known = [fresh], {session.state}
    texts = [*(text for each in dialog.intents.values() for text in each.examples), "zzz"]
    while waiting:
        at = waiting.pop()
        for text in texts:
            for mood in MOODS:
                for confidence in (0.34, 0.5, 0.65, 0.75, 0.9):
                    turn = machine.answer(at, text, Feeling(mood, confidence))
                    if turn.ended:
                        return True
                    if turn.state not in known:
                        known.add(turn.state)
                        waiting.append(Session(turn.state))
    return False


def test_from_every_state_some_words_lead_to_the_end() -> None:
    dialog = load(DIALOG).dialog
    machine = Machine(dialog)
    for name in dialog.states:
        assert out_of(machine, Session(name), dialog), name


def made_up(random_: random.Random) -> dict[str, object]:
    """A dialog of random states and rules, most of which make sense together."""
    words = [f"w{i}" for i in range(random_.randint(1, 4))]
    states = [f"s{i}" for i in range(random_.randint(1, 5))]

    def rule() -> dict[str, object]:
        found: dict[str, object] = {"say": [f"r{random_.randrange(99)}" for _ in range(2)]}
        if random_.random() < 0.6:
            found["intent"] = random_.choice(words)
        if random_.random() < 0.5:
            found["mood"] = random_.choice([*MOODS, "unsure"])
        elif random_.random() < 0.3:
            found["confidence"] = random_.choice([{"from": 0.7}, {"below": 0.4}])
        if random_.random() < 0.2:
            found["end"] = True
        elif random_.random() < 0.6:
            found["go"] = random_.choice(states)
        return found

    def several(fewest: int) -> list[dict[str, object]]:
        return [rule() for _ in range(random_.randint(fewest, fewest + 2))]

    follows = random_.choice(states)
    return {
        "start": "s0",
        "greeting": "hello",
        "slots": {"x": "something"},
        "intents": {
            word: {"patterns": [rf"\b{word}( (?P<x>\d+))?\b"], "examples": [word, f"{word} 12"]}
            for word in words
        },
        "states": {name: {"rules": several(1)} for name in states},
        "anywhere": several(0),
        "fallback": {"first": ["what {x}?", "pardon?"], "second": "help", "go": follows},
        "escalation": {"after": 2, "confidence": 0.8, "say": "a person", "go": states[-1]},
    }


def test_random_dialogs_are_refused_in_one_line_or_lead_to_an_end(tmp_path: Path) -> None:
    valid, reasons = 0, []
    for seed in range(150):
        text = yaml.safe_dump(made_up(random.Random(seed)), sort_keys=False)
        try:
            dialog = written(tmp_path, text).dialog
        except UserError as error:
            reasons.append(str(error))
            continue
        valid += 1
        walk(dialog, 50, seed)
        machine = Machine(dialog)
        assert all(out_of(machine, Session(name), dialog) for name in dialog.states), text
    assert valid >= 10
    assert len(reasons) >= 20
    assert all(", line " in reason and "\n" not in reason for reason in reasons)


@pytest.mark.parametrize("seed", range(3))
def test_a_walk_is_the_same_each_time(seed: int) -> None:
    dialog = load(DIALOG).dialog
    assert walk(dialog, 200, seed) == walk(dialog, 200, seed)
    assert not any(SLOT.search(text) for text in ("", "{", "{}", "{a b}"))
