"""`chat` in the terminal: what is piped or typed in, and how it ends."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dialogs import SMALL, predict
from rich.console import Console

from {{ cookiecutter.package_name }}.chat import terminal
from {{ cookiecutter.package_name }}.errors import UserError


class Model:
    """Stands for the trained model."""

    classes = ("neg", "pos")

    def predict(self, texts: list[str]) -> list[Any]:
        """Each text's mood."""
        found = []
        for text in texts:
            waiting = predict(text)
            try:
                waiting.send(None)
            except StopIteration as done:
                found.append(done.value)
        return found


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "Predictor", SimpleNamespace(load=lambda folder: Model()))


@pytest.fixture
def dialog(tmp_path: Path) -> Path:
    path = tmp_path / "dialog.yaml"
    path.write_text(SMALL)
    return path


def piped(dialog: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is printed when this is piped in."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    console = Console(file=io.StringIO(), width=200)
    terminal.talk(dialog, dialog.parent, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_message_per_line_is_answered_and_a_new_talk_begins_after_the_end(
    dialog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = piped(dialog, "it was bad\n\norder 1234\nbye\ngood\n", monkeypatch)
    assert out.splitlines()[0] == "bot  How was it?"
    assert "negative, 95% sure" in out
    assert "neg, " in out
    assert "I look into 1234." in out
    assert out.index("Goodbye.") < out.index("Great!")
    assert piped(dialog, "it was bad\n", monkeypatch) == piped(dialog, "it was bad\n", monkeypatch)


def test_what_is_typed_is_shown_as_it_is(dialog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog.write_text(SMALL.replace(r"(?P<order>\d{3,6})\b", "(?P<order>.{1,40})"))
    out = piped(dialog, "order [bold]x[/nothing] {order}\n", monkeypatch)
    assert "Noted [bold]x[/nothing] {order}." in out


def test_quit_and_too_long_a_message(dialog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = piped(dialog, "x" * 2000 + "\n/quit\ngood\n", monkeypatch)
    assert "At most 1,000 characters" in out
    assert "Great!" not in out


def test_input_that_is_no_text_is_one_line(dialog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"good\n\xff\xfe\n"), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stream)
    with pytest.raises(UserError, match="not utf-8 text"):
        terminal.talk(dialog, dialog.parent, Console(file=io.StringIO(), width=200))


def test_a_person_takes_over(dialog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "a person takes over" in piped(dialog, "bad\nbad\n", monkeypatch)
    dialog.write_text(SMALL.replace("say: Great!", "say: Great!\n        escalate: true"))
    assert piped(dialog, "good\ngood\nbye\ngood\n", monkeypatch).count("a person takes over") == 2


@pytest.mark.parametrize("end", [EOFError, KeyboardInterrupt])
def test_typing_ends_quietly_by_ctrl_d_ctrl_c_and_goodbye(
    dialog: Path, monkeypatch: pytest.MonkeyPatch, end: type[BaseException]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    console = Console(file=io.StringIO(), width=200)
    lines: list[Any] = ["good", end]

    def typed(prompt: str) -> str:
        line = lines.pop(0)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr(console, "input", typed)
    terminal.talk(dialog, dialog.parent, console)
    assert lines == []
    lines += ["bye", "never asked for"]
    terminal.talk(dialog, dialog.parent, console)
    assert lines == ["never asked for"]


def test_check_says_what_there_is_or_what_is_wrong(dialog: Path) -> None:
    console = Console(file=io.StringIO(), width=200)
    terminal.check(dialog, console)
    assert isinstance(console.file, io.StringIO)
    assert "2 states, 2 intents and 5 rules" in console.file.getvalue()
    dialog.write_text(SMALL.replace("go: sad", "go: mad"))
    with pytest.raises(UserError, match="line 17: there is no state 'mad'"):
        terminal.check(dialog, console)
