"""Which words moved one prediction, and by how much, without torch.

Occlusion: each word is left out in turn, and the model asked again (Zeiler and Fergus 2014, for
images; Li, Monroe and Jurafsky 2016, "Understanding neural networks through representation
erasure", for text). What the label then loses is what the word spoke for it.
"""

from __future__ import annotations

from bisect import bisect_right

import msgspec
import numpy as np

from .predictor import Array, Prediction, Predictor
from .words import Span, merged, words

MOST_PARTS = 40  # parts of a text that are left out in turn; each costs a run of the model


class Word(msgspec.Struct, frozen=True):
    """A word, or several neighbours of a long text: text[start:end], in Unicode code points."""

    text: str
    start: int
    end: int
    weight: float
    """How far the label's log-odds fall when it is left out; below 0: how far they rise."""


class Explanation(msgspec.Struct, frozen=True):
    """A prediction with the words that the model read, in their order."""

    prediction: Prediction
    words: list[Word]


def explain(predictor: Predictor, text: str) -> Explanation:
    """The prediction for a text, and the weight of each word in it.

    The log-odds are natural logarithms, of calibrated probabilities: with a word of weight 1 the
    odds of the label are 2.7 times what they are without it.
    """
    parts = merged(_read_words(predictor, text), MOST_PARTS)
    read = text[: parts[-1].end] if parts else text
    without = [read[: part.start] + read[part.end :] for part in parts]
    readings = [predictor.reader.read(each) for each in (text, read, *without)]
    logits = predictor.logits_of(readings)
    (prediction,) = predictor.predictions(readings[:1], logits[:1])
    odds = log_odds(predictor.scaled(logits[1:]), predictor.classes.index(prediction.label))
    weights = (odds[0] - odds[1:]).tolist()
    found = [
        Word(text[part.start : part.end], part.start, part.end, weight)
        for part, weight in zip(parts, weights, strict=True)
    ]
    return Explanation(prediction, found)


def log_odds(scores: Array, label: int) -> Array:
    """log(p / (1 - p)) of a class, shape (n,), from calibrated logits, shape (n, k).

    Exact where p is so close to 0 or 1 that the difference from it is lost.
    """
    others = np.delete(scores, label, axis=1)
    found: Array = scores[:, label] - np.logaddexp.reduce(others, axis=1)
    return found


def _read_words(predictor: Predictor, text: str) -> list[Span]:
    """The words of the part of the text that the model reads; at least one, if it has any."""
    reader = predictor.reader
    begin = len(text) - len(text.lstrip())
    found = words(text[: begin + reader.looks[-1]])
    if reader.has_room_for(text):
        return found
    # How many of the first words fit: the more of them, the less room.
    count = bisect_right(found, 0, key=lambda word: not reader.has_room_for(text[: word.end]))
    return found[: max(count, 1)]
