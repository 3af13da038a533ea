"""Which words tell one class from the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import CountVectorizer

from .text_features import words

Counts = npt.NDArray[np.float64]

PRIOR = 1_000.0  # words that the prior weighs as much as
FEWEST = 5  # texts that a word must stand in to be called telling


@dataclass(frozen=True)
class WordCounts:
    """In how many texts of each class each word stands."""

    words: npt.NDArray[np.object_]
    """Shape (v,)."""
    counts: Counts
    """Shape (k, v): a word counts once per text, or one long text would rule."""
    texts: Counts
    """Shape (k,)."""


@dataclass(frozen=True)
class TellingWord:
    """One word, in one class and in the others."""

    word: str
    z: float
    """Its log-odds ratio in standard deviations."""
    own: float
    """Share of the class's texts that hold it."""
    others: float
    """Share of the other texts that do."""


def count_words(
    texts: Sequence[str], labels: npt.NDArray[np.int64], classes: int
) -> WordCounts | None:
    """Count each word's texts per class; None if no text holds a word."""
    vectorizer = CountVectorizer(analyzer=words, binary=True, dtype=np.int32)
    try:
        found = vectorizer.fit_transform(texts)
    except ValueError:  # "empty vocabulary"
        return None
    counts = np.stack(
        [np.asarray(found[labels == i].sum(axis=0)).ravel() for i in range(classes)]
    ).astype(np.float64)
    names = vectorizer.get_feature_names_out()
    return WordCounts(names, counts, np.bincount(labels, minlength=classes).astype(np.float64))


def log_odds(counts: Counts) -> Counts:
    """z-scores of each word in each class against all others, shape (k, v) as the counts.

    The log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008,
    "Fightin' words"): the prior has the words of all classes in their proportion, so that a word
    has to be frequent as well as lopsided.
    """
    total = counts.sum(axis=0)
    prior = PRIOR * total / total.sum()
    mine, rest = counts + prior, total - counts + prior
    difference = _logit(mine) - _logit(rest)
    deviations: Counts = difference / np.sqrt(1.0 / mine + 1.0 / rest)
    return deviations


def _logit(counts: Counts) -> Counts:
    odds: Counts = np.log(counts) - np.log(counts.sum(axis=1, keepdims=True) - counts)
    return odds


def telling_words(found: WordCounts, most: int) -> list[list[TellingWord]]:
    """For each class its words, the most telling first, at most `most`."""
    deviations = log_odds(found.counts)
    frequent = found.counts.sum(axis=0) >= FEWEST
    told = []
    for own, (row, counts) in enumerate(zip(deviations, found.counts, strict=True)):
        best = [int(i) for i in np.argsort(-row, kind="stable") if frequent[i] and row[i] > 0]
        elsewhere = found.counts.sum(axis=0) - counts
        others = max(1.0, found.texts.sum() - found.texts[own])
        told.append(
            [
                TellingWord(
                    word=str(found.words[i]),
                    z=float(row[i]),
                    own=float(counts[i] / max(1.0, found.texts[own])),
                    others=float(elsewhere[i] / others),
                )
                for i in best[:most]
            ]
        )
    return told
