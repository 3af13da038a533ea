"""From the model's classes to the moods that rules speak of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .rules import MOODS, Mood, Rules, did_you_mean

# What classes of sentiment are called; upper and lower case are the same.
NAMES: dict[str, Mood] = {
    **dict.fromkeys(("negative", "neg", "bad", "very negative", "sad", "angry"), "negative"),
    **dict.fromkeys(("neutral", "neu", "mixed", "none"), "neutral"),
    **dict.fromkeys(("positive", "pos", "good", "very positive", "happy"), "positive"),
}
# Numbers are a scale from the worst to the best only where all of them together look like one.
SCALES: tuple[tuple[tuple[str, ...], tuple[Mood, ...]], ...] = (
    (("0", "1"), ("negative", "positive")),
    (("-1", "1"), ("negative", "positive")),
    (("-1", "0", "1"), MOODS),
    (("0", "1", "2"), MOODS),
    (("0", "2", "4"), MOODS),
    (("0", "4"), ("negative", "positive")),
    (("0", "1", "2", "3", "4"), ("negative", "negative", "neutral", "positive", "positive")),
    (("1", "2", "3", "4", "5"), ("negative", "negative", "neutral", "positive", "positive")),
)
STARS = re.compile(r"[ _-]?stars?$", re.IGNORECASE)


@dataclass(frozen=True)
class Feeling:
    """The mood of a message, and the probability that the model gives it."""

    mood: Mood
    confidence: float


def moods_of(rules: Rules, classes: Sequence[str]) -> dict[str, Mood]:
    """Class of the model -> its mood. Raises UserError for a class that has none.

    The section `moods` of the rules comes first, then what classes of sentiment are usually called.
    """
    given: dict[str, Mood] = {}
    for mood, names in rules.dialog.moods.items():
        for i, name in enumerate(names):
            if name not in classes:
                raise rules.source.refusal(
                    ("moods", mood, i),
                    f"the model has no class {name!r}. {did_you_mean(name, list(classes))}",
                )
            if given.setdefault(name, mood) != mood:
                raise rules.source.refusal(
                    ("moods", mood, i),
                    f"the class {name!r} stands under {given[name]} already. Delete one of them.",
                )
    usual = _usual(classes)
    found = {name: given.get(name, usual.get(name)) for name in classes}
    unknown = [name for name, mood in found.items() if mood is None]
    if unknown:
        raise rules.source.refusal(
            ("moods",),
            f"the mood of the model's class {unknown[0]!r} is not known. Write under `moods` "
            f"which it is, for example `neutral: {json.dumps(unknown[:5], ensure_ascii=False)}`; "
            "there are negative, neutral and positive.",
        )
    return {name: mood for name, mood in found.items() if mood is not None}


def feeling(moods: Mapping[str, Mood], probabilities: Mapping[str, float]) -> Feeling:
    """The most likely mood: classes of the same mood count together."""
    sums = dict.fromkeys(MOODS, 0.0)
    for name, probability in probabilities.items():
        sums[moods[name]] += probability
    mood = max(sums, key=lambda each: sums[each])
    # Rounding may bring a sum over one.
    return Feeling(mood, min(sums[mood], 1.0))


def _usual(classes: Sequence[str]) -> dict[str, Mood]:
    # "1 star" and "5 stars" are the numbers that they begin with.
    numbers = {name: STARS.sub("", name) for name in classes}
    for names, moods in SCALES:
        if len(classes) == len(names) and set(numbers.values()) == set(names):
            scale = dict(zip(names, moods, strict=True))
            return {name: scale[number] for name, number in numbers.items()}
    return {name: NAMES[name.lower()] for name in classes if name.lower() in NAMES}
