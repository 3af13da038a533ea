"""What a model of moods must and must not do, as tests in the manner of CheckList.

Ribeiro, Wu, Guestrin and Singh (2020), "Beyond Accuracy: Behavioral Testing of NLP Models with
CheckList", has three kinds: minimum functionality (simple texts with a known answer), invariance (a
change that must not matter) and direction (a change that may move the answer one way only). A new
test is an entry below. The sentences are English; of texts in another language only the invariance
tests on real texts say something.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from .chat.rules import Mood

Kind = Literal["minimum functionality", "invariance", "direction"]

TOLERANCE = 0.1  # of a probability, as in CheckList: a smaller move the wrong way is no failure

THINGS = ("food", "service", "film", "phone", "room", "app")
GOOD = ("good", "great", "excellent", "wonderful", "amazing", "fantastic")
BAD = ("bad", "terrible", "awful", "horrible", "poor", "disappointing")
LIKE, DISLIKE = ("love", "like", "enjoy"), ("hate", "dislike", "regret")
FACTS = (
    "The {thing} is on the table.",
    "The {thing} was ordered on Monday.",
    "There are two parts to the {thing}.",
    "Is the {thing} available tomorrow?",
)
STRONGER = ("very", "really", "extremely", "absolutely")
NAMES = (
    *("Anna", "John", "Mohammed", "Priya", "Wei", "Fatima", "Carlos", "Olga", "Kwame", "Yuki"),
    *("Aisha", "Hans", "Ngozi", "Maria", "Ahmed"),
)
LINK, MENTION = "https://t.co/Ab3dEf9hIj", "@anna_k21"


@dataclass(frozen=True)
class Answer:
    """What the model says of one text."""

    label: str
    confidence: float
    mood: Mood | None
    """Of the label; None where the classes have no moods."""
    shares: Mapping[Mood, float]
    """The probability of each mood."""


@dataclass(frozen=True)
class Expectation:
    """What has to hold. `holds` takes the answer before the change, where there is one, and after.

    moods: those that it speaks of; the classes need to have them.
    """

    words: str
    moods: tuple[Mood, ...]
    holds: Callable[[Answer | None, Answer], bool]


@dataclass(frozen=True)
class Case:
    """A text; before: what it was made from, where that is asked as well."""

    text: str
    before: str | None = None


@dataclass(frozen=True)
class BehaviourTest:
    """Cases of which one thing is expected."""

    name: str
    kind: Kind
    why: str
    expects: Expectation
    cases: tuple[Case, ...]


def behaviour_tests(texts: Sequence[str], seed: int) -> list[BehaviourTest]:
    """Every test. texts: real ones, to be changed. seed: of the typing errors."""
    return [*_minimum(), *_invariance(texts, random.Random(seed)), *_direction(texts)]


def _is(mood: Mood) -> Expectation:
    return Expectation(f"is {mood}", (mood,), lambda _, after: after.mood == mood)


def _is_not(mood: Mood) -> Expectation:
    return Expectation(f"is not {mood}", (mood,), lambda _, after: after.mood != mood)


def _same() -> Expectation:
    def holds(before: Answer | None, after: Answer) -> bool:
        return before is not None and before.label == after.label

    return Expectation("stays the same", (), holds)


def _less(mood: Mood) -> Expectation:
    def holds(before: Answer | None, after: Answer) -> bool:
        return before is not None and after.shares[mood] < before.shares[mood]

    return Expectation(f"becomes less {mood}", (mood,), holds)


def _no_less(mood: Mood) -> Expectation:
    def holds(before: Answer | None, after: Answer) -> bool:
        return before is not None and after.shares[mood] >= before.shares[mood] - TOLERANCE

    return Expectation(f"does not become less {mood}", (mood,), holds)


def _minimum() -> list[BehaviourTest]:
    kind: Kind = "minimum functionality"
    praise = _filled("The {thing} is {word}.", GOOD) + _filled("I {word} this {thing}.", LIKE)
    blame = _filled("The {thing} is {word}.", BAD) + _filled("I {word} this {thing}.", DISLIKE)
    facts = [fact.format(thing=thing) for fact, thing in product(FACTS, THINGS)]
    denied = _filled("The {thing} is not {word}.", GOOD) + _filled(
        "I do not {word} this {thing}.", LIKE
    )
    far = _filled("I do not think that the {thing} is {word}.", GOOD)
    now_good = _filled("I used to hate this {thing}, but now I {word} it.", LIKE)
    now_bad = _filled("I used to love this {thing}, but now I {word} it.", DISLIKE)
    others = _filled("Some people say that the {thing} is {word}, but I love it.", BAD)
    return [
        _alone("plain praise", kind, "The words alone say it.", _is("positive"), praise),
        _alone("plain blame", kind, "The words alone say it.", _is("negative"), blame),
        _alone("plain facts", kind, "Nobody's opinion is told.", _is("neutral"), facts),
        _alone("denied praise", kind, "“Not good” is no praise.", _is_not("positive"), denied),
        _alone(
            "praise denied from afar",
            kind,
            "The denial stands some words before what it denies.",
            _is_not("positive"),
            far,
        ),
        _alone(
            "not bad",
            kind,
            "“Not bad” is no blame.",
            _is_not("negative"),
            _filled("The {thing} is not {word} at all.", BAD),
        ),
        _alone("now better", kind, "What counts is the present.", _is("positive"), now_good),
        _alone("now worse", kind, "What counts is the present.", _is("negative"), now_bad),
        _alone(
            "not my opinion",
            kind,
            "What counts is the writer's opinion, not that of others.",
            _is("positive"),
            others,
        ),
    ]


def _invariance(texts: Sequence[str], draw: random.Random) -> list[BehaviourTest]:
    """Changes that must not matter: of names in made-up sentences, and of real texts."""
    said = [
        f"says that the {thing} is {word}."
        for words in (GOOD, BAD)
        for thing, word in zip(THINGS, words, strict=True)
    ]
    names = tuple(
        Case(f"{name} {sentence}", f"{NAMES[0]} {sentence}")
        for sentence, name in product(said, NAMES[1:])
    )
    kind: Kind = "invariance"
    changes: dict[str, tuple[str, Callable[[str], str]]] = {
        "typing error": (
            "Two neighbouring letters of a word are swapped.",
            lambda text: with_typing_error(text, draw),
        ),
        "link added": ("A link at the end says nothing.", lambda text: f"{text} {LINK}"),
        "mention added": ("Whom a text is addressed to.", lambda text: f"{MENTION} {text}"),
        "lower case": ("Capital letters are left out.", str.lower),
        "full stop": ("The last full stop is left out, or added.", with_other_end),
        "short forms": ("“Is not” and “isn't” say the same.", with_other_negation),
    }
    return [
        BehaviourTest("names", kind, "Who says it, from wherever.", _same(), names),
        *(
            BehaviourTest(name, kind, why, _same(), _changed(texts, change))
            for name, (why, change) in changes.items()
        ),
    ]


def _direction(texts: Sequence[str]) -> list[BehaviourTest]:
    kind: Kind = "direction"

    def stronger(words: Sequence[str]) -> tuple[Case, ...]:
        pairs = product(THINGS[:3], words, STRONGER)
        return tuple(
            Case(f"The {thing} is {more} {word}.", f"The {thing} is {word}.")
            for thing, word, more in pairs
        )

    denied = tuple(
        Case(f"The {thing} is not {word}.", f"The {thing} is {word}.")
        for thing, word in product(THINGS, GOOD)
    )
    why = "An intensifier makes a mood no weaker."
    return [
        BehaviourTest("not", kind, "A denial takes praise away.", _less("positive"), denied),
        BehaviourTest("stronger praise", kind, why, _no_less("positive"), stronger(GOOD)),
        BehaviourTest("stronger blame", kind, why, _no_less("negative"), stronger(BAD)),
        BehaviourTest(
            "praise added",
            kind,
            "A sentence of praise makes a text no worse.",
            _no_less("positive"),
            _changed(texts, lambda text: f"{text} I love it."),
        ),
        BehaviourTest(
            "blame added",
            kind,
            "A sentence of blame makes a text no better.",
            _no_less("negative"),
            _changed(texts, lambda text: f"{text} I hate it."),
        ),
    ]


def with_typing_error(text: str, draw: random.Random) -> str:
    """The text with two neighbouring inner letters of one longer word swapped, where it has one."""
    words = [match for match in re.finditer(r"[^\W\d_]{4,}", text) if _swappable(match[0])]
    if not words:
        return text
    word = draw.choice(words)
    at = word.start() + draw.choice(_swappable(word[0]))
    return f"{text[:at]}{text[at + 1]}{text[at]}{text[at + 2 :]}"


def with_other_end(text: str) -> str:
    """The text without its full stop at the end, or with one where it ends in a letter."""
    if text.endswith(".") and not text.endswith(".."):
        return text[:-1]
    return f"{text}." if text[-1:].isalnum() else text


def with_other_negation(text: str) -> str:
    """The first "is not" of the text as "isn't", or the first "isn't" as "is not"."""
    verbs = "is|are|was|were|do|does|did|has|have|had|would|could|should"
    shorter = re.sub(rf"\b({verbs}) not\b", r"\1n't", text, count=1, flags=re.IGNORECASE)
    if shorter != text:
        return shorter
    return re.sub(rf"\b({verbs})n['’]t\b", r"\1 not", text, count=1, flags=re.IGNORECASE)


def _swappable(word: str) -> list[int]:
    """Positions of a word whose letter differs from the next; not the first, which readers need."""
    return [at for at in range(1, len(word) - 1) if word[at] != word[at + 1]]


def _filled(sentence: str, words: Sequence[str]) -> list[str]:
    return [sentence.format(thing=thing, word=word) for thing, word in product(THINGS, words)]


def _alone(
    name: str, kind: Kind, why: str, expects: Expectation, texts: Sequence[str]
) -> BehaviourTest:
    return BehaviourTest(name, kind, why, expects, tuple(map(Case, texts)))


def _changed(texts: Sequence[str], change: Callable[[str], str]) -> tuple[Case, ...]:
    """The texts with the change; those that it leaves alone are no cases."""
    pairs = ((text, change(text)) for text in texts)
    return tuple(Case(after, before) for before, after in pairs if after != before)
