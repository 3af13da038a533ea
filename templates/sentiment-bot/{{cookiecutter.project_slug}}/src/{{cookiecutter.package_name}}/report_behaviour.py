"""Blocks on how the model behaves: its tests, the words it goes by, and the conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .report_facts import Facts
from .report_words import bullets, day, escape, listed, number, percent, table

DIALOG = Path("dialog.yaml")
WORDS = 10  # of a class in the table


def behaviour(facts: Facts) -> str:
    """Failure rates of the behavioural tests, and a failing text of each."""
    found = facts.need("behaviour")
    rows = [
        [
            escape(each["name"]),
            escape(each["kind"]),
            escape(each["expects"]),
            f"{each['cases']:,}",
            f"{each['failures']:,}",
            percent(each["rate"]),
        ]
        for each in found["tests"]
    ]
    header = ("test", "kind", "the answer", "cases", "failures", "rate")
    failing = [
        f"**{escape(each['name'])}**: {_example(each['examples'][0])}"
        for each in found["tests"]
        if each["examples"]
    ]
    told = f"\n\nA failing text of each:\n\n{bullets(failing)}" if failing else ""
    absent = "; ".join(
        f"{escape(listed(names))} ({escape(why)})"
        for why, names in by_reason(found["left_out"]).items()
    )
    left_out = f" Not tested: {absent}." if absent else ""
    return (
        f"{table(header, rows, left=3)}\n\n"
        f"Sentences made for the purpose, and {found['texts']:,} validation texts, drawn with seed "
        f"{found['seed']}, that are changed and asked about again. A probability may move the "
        f"wrong way by {number(found['tolerance'], 1)} before that counts. Data: {facts.data}. "
        f"Tested on {day(found['tested'])}.{left_out}{told}"
    )


def by_reason(left_out: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """The tests that were left out, by why."""
    found: dict[str, list[str]] = {}
    for each in left_out:
        found.setdefault(each["reason"], []).append(each["name"])
    return found


def _example(found: Mapping[str, Any]) -> str:
    answer = f"{escape(found['label'])} ({percent(found['confidence'])})"
    if "before" not in found:
        return f"“{escape(found['text'])}” is {answer}."
    before = f"{escape(found['label_before'])} ({percent(found['confidence_before'])})"
    return f"“{escape(found['before'])}” is {before}; “{escape(found['text'])}” is {answer}."


def explanation(facts: Facts) -> str:
    """The words on which the answers rest most."""
    found = facts.need("explanation")
    rows = [
        [
            escape(each["class"]),
            ", ".join(
                f"{escape(line['word'])} ({number(line['weight'], 2, like=1.0)})"
                for line in each["words"][:WORDS]
            )
            or "none",
            f"{each['texts']:,}",
        ]
        for each in found["classes"]
    ]
    header = ("answer", "words", "texts")
    return (
        f"{table(header, rows, left=2)}\n\n"
        "In brackets: how much the log-odds of the answer fall, on average, when the word is left "
        f"out (occlusion); words that stand in at least {found['least']} of the texts with that "
        f"answer. From {found['texts']:,} validation texts, drawn with seed {found['seed']}. Data: "
        f"{facts.data}. Explained on {day(found['explained'])}. It says what the model uses, not "
        "what makes a text what it is."
    )


def dialog(facts: Facts) -> str:
    """The conversation as a diagram, made from its rules."""
    from .chat.diagram import mermaid
    from .chat.rules import load

    if not DIALOG.is_file():
        return f"*There is no `{DIALOG}`, so there is no conversation to draw.*"
    return f"```mermaid\n{mermaid(load(DIALOG)).strip()}\n```"
