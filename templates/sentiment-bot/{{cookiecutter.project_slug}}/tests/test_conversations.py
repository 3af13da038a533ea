"""Whole conversations with the bot of dialog.yaml, as they are written in tests/conversations."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from {{ cookiecutter.package_name }}.chat.machine import Machine, Session, Turn
from {{ cookiecutter.package_name }}.chat.moods import Feeling
from {{ cookiecutter.package_name }}.chat.rules import load
from {{ cookiecutter.package_name }}.chat.rules_check import check, check_model

FOLDER = Path(__file__).parent / "conversations"
DIALOG = Path(__file__).parents[1] / "dialog.yaml"
KEYS = {"say", "mood", "state", "reply", "slots", "escalated", "ended", "by"}
FILES = sorted(FOLDER.glob("*.yaml"))
RULES = load(DIALOG)


def turns(path: Path) -> list[dict[str, Any]]:
    """The turns of a file; a key that is not known would be a check that is never made."""
    # Every value as the text that it is: "no" is what somebody says.
    found: list[dict[str, Any]] = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    assert all({"say", "mood"} <= set(turn) <= KEYS for turn in found), path
    return found


def feeling_of(text: str) -> Feeling:
    """`negative 0.9` as the model would have said it."""
    mood, confidence = text.split()
    assert mood in ("negative", "neutral", "positive")
    return Feeling(mood, float(confidence))


def held(path: Path, seed: int) -> list[tuple[dict[str, Any], Turn, Session | None]]:
    """The turns of a file with what came of each; no turn follows the end."""
    machine = Machine(RULES.dialog)
    session: Session | None = machine.begin(seed)
    found = []
    for written in turns(path):
        assert session is not None, f"{path.name}: {written['say']!r} comes after the end"
        turn = machine.answer(session, written["say"], feeling_of(written["mood"]))
        session = turn.session
        found.append((written, turn, session))
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_conversation_goes_as_it_is_written(path: Path, seed: int) -> None:
    for written, turn, session in held(path, seed):
        said = f"{written['say']!r} -> {turn}"
        assert turn.ended == (written.get("ended") == "true"), said
        if "state" in written:
            assert turn.state == written["state"], said
        if "reply" in written:
            assert re.search(written["reply"], turn.reply), said
        if "by" in written:
            assert turn.by == written["by"], said
        if "escalated" in written:
            assert turn.escalated == (written["escalated"] == "true"), said
        for name, value in written.get("slots", {}).items():
            assert session is not None
            assert session.slots[name] == value, said


def test_every_state_and_every_intent_is_in_some_conversation() -> None:
    machine_states = {turn.state for path in FILES for _, turn, _ in held(path, 0)}
    assert machine_states == set(RULES.dialog.states)
    said = [turn["say"] for path in FILES for turn in turns(path)]
    for name, intent in RULES.dialog.intents.items():
        patterns = [re.compile(pattern, re.IGNORECASE) for pattern in intent.patterns]
        assert any(p.search(text) for p in patterns for text in said), name


@pytest.mark.parametrize(
    "classes",
    [
        ("negative", "positive"),
        ("negative", "neutral", "positive"),
        ("neg", "pos"),
        ("0", "1"),
        ("-1", "0", "1"),
        ("1", "2", "3", "4", "5"),
        ("1 star", "2 stars", "3 stars", "4 stars", "5 stars"),
        ("Positive", "NEUTRAL", "Negative"),
    ],
    ids=" ".join,
)
def test_the_rules_go_with_the_usual_classes(classes: tuple[str, ...]) -> None:
    check(RULES)
    moods = check_model(RULES, classes)
    assert set(moods) == set(classes)
    assert {"negative", "positive"} <= set(moods.values())
