"""A small dialog for the tests that are about its rules, and a stand-in for the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from {{ cookiecutter.package_name }}.chat.machine import Machine
from {{ cookiecutter.package_name }}.chat.rules import Rules, load
from {{ cookiecutter.package_name }}.chat.rules_check import check

SMALL = r"""
start: open
greeting: How was it?
sure: 0.6
slots:
  order: your order
intents:
  bye:
    patterns: ['\bbye\b']
    examples: [Good bye]
  order:
    patterns: ['\border (?P<order>\d{3,6})\b']
states:
  open:
    rules:
      - mood: negative
        say: ["Sorry about {order}.", Oh no.]
        go: sad
      - mood: positive
        say: Great!
      - intent: order
        say: Noted {order}.
  sad:
    rules:
      - intent: order
        say: I look into {order}.
        go: open
anywhere:
  - intent: bye
    say: Goodbye.
    end: true
fallback:
  first: ["What?", "Pardon?"]
  second: Say bye to leave.
escalation:
  after: 2
  confidence: 0.9
  say: A person comes.
  go: sad
""".lstrip()


def written(folder: Path, text: str = SMALL) -> Rules:
    """The rules of this text, read and checked."""
    path = folder / "dialog.yaml"
    path.write_text(text, encoding="utf-8")
    rules = load(path)
    check(rules)
    return rules


def machine(folder: Path, text: str = SMALL, most_turns: int = 200) -> Machine:
    """The machine of these rules."""
    return Machine(written(folder, text).dialog, most_turns)


@dataclass(frozen=True)
class Prediction:
    """What the stand-in says of a text."""

    label: str
    probabilities: Mapping[str, float]


async def predict(text: str) -> Prediction:
    """Negative for a text with `bad`, positive for one with `good`, and unsure of any other."""
    negative = 0.95 if "bad" in text else 0.05 if "good" in text else 0.5
    label = "neg" if negative >= 0.5 else "pos"
    return Prediction(label, {"neg": negative, "pos": 1 - negative})
