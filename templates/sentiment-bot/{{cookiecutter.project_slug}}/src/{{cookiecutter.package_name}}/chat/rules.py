"""The rules of a conversation as dialog.yaml writes them: typed, and each key knows its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError

from ..errors import UserError
from ..params import Section
from .lined_yaml import LinedYaml, Location, read

Mood = Literal["negative", "neutral", "positive"]
MOODS: tuple[Mood, ...] = ("negative", "neutral", "positive")
RuleMood = Literal["negative", "neutral", "positive", "unsure"]

SLOT = re.compile(r"\{(\w+)\}")


def _several(value: Any) -> Any:
    """One text where several may stand."""
    return (value,) if isinstance(value, str) else value


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_several), Field(min_length=1)]
"""One text, or variants of it."""
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Confidence(Section):
    """From this share on, and below that one."""

    from_: Share | None = Field(default=None, alias="from")
    below: Share | None = None


class Rule(Section):
    """What is said to a message, and where the conversation goes on; without `go`, where it is."""

    intent: Name | None = None
    mood: Annotated[tuple[RuleMood, ...], BeforeValidator(_several)] = ()
    confidence: Confidence | None = None
    say: Texts
    go: Name | None = None
    end: bool = False
    escalate: bool = False

    def spans(self, mood: Mood, sure: float) -> list[tuple[float, float]]:
        """The confidences of a mood that it takes: from the first on, and below the second."""
        found = [(0.0, sure)] if "unsure" in self.mood else []
        if not self.mood or mood in self.mood:
            given = self.confidence or Confidence()
            from_ = given.from_ if given.from_ is not None else (sure if self.mood else 0.0)
            # Above every confidence, of which 1 is one.
            found.append((from_, given.below if given.below is not None else 2.0))
        return found

    @property
    def takes_all(self) -> bool:
        """Whether it takes any mood with any confidence."""
        return not self.mood and self.confidence is None


class Intent(Section):
    """What a message asks for, by patterns; `examples` have to be recognised."""

    patterns: Texts
    examples: Annotated[tuple[Text, ...], BeforeValidator(_several)] = ()


class State(Section):
    """A place in the conversation: its rules, and what is said if no rule fits."""

    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    fallback: Texts | None = None


class Fallback(Section):
    """What is said if no rule fits: at first, and if it happens again at once."""

    first: Texts
    second: Texts
    go: Name | None = None


class Escalation(Section):
    """When a person takes over: after so many messages of a surely negative mood."""

    after: int = Field(ge=1, le=50)
    confidence: Share
    say: Texts
    go: Name


class Dialog(Section):
    """All rules of a conversation."""

    start: Name
    greeting: Texts
    sure: Share = 0.6
    moods: dict[Mood, Texts] = Field(default_factory=dict)
    slots: dict[Name, Text] = Field(default_factory=dict)
    intents: dict[Name, Intent] = Field(default_factory=dict)
    states: Annotated[dict[Name, State], Field(min_length=1)]
    anywhere: tuple[Rule, ...] = ()
    fallback: Fallback
    escalation: Escalation | None = None
    too_long: Texts = ("We have talked for long. Let us stop here; write again at any time.",)

    def rules(self) -> Iterator[tuple[Location, Rule]]:
        """Every rule with its place: those of the states, then those that hold anywhere."""
        for name, state in self.states.items():
            for i, rule in enumerate(state.rules):
                yield ("states", name, "rules", i), rule
        for i, rule in enumerate(self.anywhere):
            yield ("anywhere", i), rule

    def replies(self) -> Iterator[tuple[Location, tuple[str, ...]]]:
        """Everything that may be said, with its place."""
        yield ("greeting",), self.greeting
        for location, rule in self.rules():
            yield (*location, "say"), rule.say
        for name, state in self.states.items():
            if state.fallback is not None:
                yield ("states", name, "fallback"), state.fallback
        yield ("fallback", "first"), self.fallback.first
        yield ("fallback", "second"), self.fallback.second
        if self.escalation is not None:
            yield ("escalation", "say"), self.escalation.say
        yield ("too_long",), self.too_long


@dataclass(frozen=True)
class Rules:
    """A dialog, and the file that it stands in."""

    dialog: Dialog
    source: LinedYaml


def load(path: Path) -> Rules:
    """The rules of a file. Raises UserError, in one line that names the line and the mend.

    This reads them; whether they make sense together, `rules_check.check` tells.
    """
    source = read(path)
    try:
        return Rules(Dialog.model_validate(source.tree), source)
    except ValidationError as error:
        raise _refusal(source, error) from None


def did_you_mean(wanted: str, known: list[str]) -> str:
    """A hint for a name that is not known."""
    close = difflib.get_close_matches(wanted, known, n=1)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Known: {', '.join(sorted(known))}." if known else "There are none."


def _refusal(source: LinedYaml, error: ValidationError) -> UserError:
    first = min(error.errors(include_url=False), key=lambda each: source.line(each["loc"]))
    location: Location = first["loc"]
    name = str(location[-1]) if location else "the file"
    if first["type"] == "extra_forbidden":
        known = _known_keys(location[:-1])
        return source.refusal(location, f"{name} is not a key here. {did_you_mean(name, known)}")
    if first["type"] == "missing":
        where = location[-2] if len(location) > 1 else "the file"
        return source.refusal(location, f"{where} has no `{name}`. {_MISSING.get(name, 'Add it.')}")
    reason = first["msg"].removeprefix("Value error, ").rstrip(".")
    # Of a key that is wrong itself, pydantic says so behind it.
    named = [part for part in location if isinstance(part, str) and part != "[key]"]
    place = named[-1] if named else "the file"
    return source.refusal(location, f"{place}: {_PLAIN.get(first['type'], reason)}.")


_MISSING = {
    "fallback": "Say under it, as `first` and `second`, what is answered if no rule fits.",
    "say": "Write under it what is answered; several texts are variants.",
    "start": "Name the state in which a conversation begins.",
    "greeting": "Write what is said before the first message.",
}
_PLAIN = {
    "model_type": "it needs keys of its own below it",
    "dict_type": "it needs keys of its own below it",
    "tuple_type": "it needs a list: lines that begin with a dash",
    "string_type": "it needs a text, and has keys or a list",
    "string_too_short": "it is empty; write something, or delete the key",
    "too_short": "it is empty; write something, or delete the key",
}


def _known_keys(location: Location) -> list[str]:
    """The keys that may stand in the section at a place."""
    model: type[BaseModel] = Dialog
    for part in location:
        field = model.model_fields.get(str(part)) if isinstance(part, str) else None
        if field is not None:
            model = next(_models(field.annotation), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
