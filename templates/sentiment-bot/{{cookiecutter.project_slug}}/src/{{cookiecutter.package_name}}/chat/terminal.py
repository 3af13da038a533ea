"""`chat`: the same conversation as the service has, in the terminal."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ..api.predictor import Predictor
from ..cleaning import SEEN
from ..errors import UserError
from . import rules
from .machine import Machine, Turn
from .moods import Feeling, feeling
from .patterns import LONGEST_MESSAGE
from .rules_check import check as check_rules
from .rules_check import check_model

QUIT = "/quit"


def check(path: Path, console: Console) -> None:
    """Say what the rules of a file hold. Raises UserError for what is wrong with them."""
    found = rules.load(path)
    check_rules(found)
    dialog = found.dialog
    count = sum(1 for _ in dialog.rules())
    console.print(
        f"{path}: {len(dialog.states)} states, {len(dialog.intents)} intents and {count} rules, "
        "and nothing is wrong with them.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def talk(path: Path, models: Path, console: Console) -> None:
    """Talk until goodbye, /quit, Ctrl-C or the end of the input; from a pipe, a message per line.

    Raises UserError for rules or a model that cannot be used, and for input that is no text.
    """
    found = rules.load(path)
    check_rules(found)
    predictor = Predictor.load(models)
    moods = check_model(found, predictor.classes)
    machine = Machine(found.dialog)
    typed = sys.stdin.isatty()
    # From a pipe the same input gives the same answers.
    seed = secrets.randbelow(2**31) if typed else 0
    session = machine.begin(seed)
    if typed:
        console.print(f"{QUIT}, Ctrl-D or Ctrl-C end it.", style="dim")
    _say(console, machine.greeting(seed))
    for message in _messages(console, typed):
        prediction = predictor.predict([message])[0]
        mood = feeling(moods, prediction.probabilities)
        turn = machine.answer(session, message, mood)
        _show(console, turn, mood, prediction.label)
        if turn.escalated and not session.escalated:
            console.print(Text("     a person takes over", style="dim"), soft_wrap=True)
        if turn.session is None and typed:
            return
        session = turn.session or machine.begin(seed)


def _messages(console: Console, typed: bool) -> Iterator[str]:
    """What is typed or piped in, without what says nothing."""
    try:
        while True:
            line = _line(console, typed)
            if line is None or line.strip() == QUIT:
                return
            if not SEEN.search(line):
                continue
            if len(line) > LONGEST_MESSAGE:
                console.print(f"At most {LONGEST_MESSAGE:,} characters, please.", style="dim")
                continue
            yield line.strip()
    except KeyboardInterrupt:
        console.print()


def _line(console: Console, typed: bool) -> str | None:
    """The next line; None at the end of the input."""
    try:
        return console.input("[bold]you[/bold]  ") if typed else (sys.stdin.readline() or None)
    except EOFError:
        console.print()
        return None
    except UnicodeDecodeError:
        raise UserError(
            f"the input is not {sys.stdin.encoding} text. Convert it, for example with iconv."
        ) from None


def _show(console: Console, turn: Turn, mood: Feeling, label: str) -> None:
    name = mood.mood if label == mood.mood else f"{label}, {mood.mood}"
    console.print(Text(f"     {name}, {mood.confidence:.0%} sure", style="dim"), soft_wrap=True)
    _say(console, turn.reply)


def _say(console: Console, reply: str) -> None:
    # As text: what somebody has typed may be in it, and is no markup.
    console.print(Text.assemble(("bot", "bold cyan"), f"  {reply}"), soft_wrap=True)
