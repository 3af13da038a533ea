"""What the exploration counts in the training texts. Nothing is drawn or worded here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from .data import TextData
from .duplicates import with_two_labels
from .text_features import SIGNS, features, words

MOST_TEXTS = 20_000  # of more, so many are drawn: figures that are read, not fitted, need no more
FEW_WORDS = 8  # of a shorter text, one rare word would make it odd
POINTS = 40  # on the curve of the vocabulary's growth
LEAST_WORDS = 200  # to draw that curve from


@dataclass(frozen=True)
class Corpus:
    """The texts that are looked at: all training texts, or a random sample of them."""

    texts: list[str]
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    lines: npt.NDArray[np.int64]
    table: pd.DataFrame
    """(n, features) what is counted in each text, see `text_features`; and its "class"."""
    whole: int
    """Training texts in all."""

    @classmethod
    def of(cls, data: TextData) -> Corpus:
        """The texts with what is counted in them."""
        rows = np.arange(len(data.texts))
        if len(rows) > MOST_TEXTS:
            drawn = np.random.default_rng(data.meta.seed).choice(rows, MOST_TEXTS, replace=False)
            rows = np.sort(drawn)
        texts, labels = [data.texts[row] for row in rows], data.labels[rows]
        table = pd.DataFrame([asdict(features(text)) for text in texts])
        names = np.array(data.classes, dtype=object)[labels]
        table["class"] = pd.Categorical(names, categories=list(data.classes))
        return cls(texts, labels, data.classes, data.lines[rows], table, len(data.texts))

    @property
    def sampled(self) -> bool:
        """Whether it is not all of the training texts."""
        return len(self.texts) < self.whole

    def by_frequency(self) -> list[str]:
        """The classes, the most frequent first."""
        counts = np.bincount(self.labels, minlength=len(self.classes))
        return [self.classes[i] for i in np.argsort(-counts, kind="stable")]


def signs(corpus: Corpus) -> pd.DataFrame:
    """Share of the texts of each class that have each sign, shape (classes, signs)."""
    has = corpus.table[list(SIGNS)] > 0
    shares = has.groupby(corpus.table["class"], observed=False).mean()
    return shares.loc[corpus.by_frequency()]


@dataclass(frozen=True)
class Vocabulary:
    """How the number of distinct words grows as texts are read, in a random order."""

    read: npt.NDArray[np.int64]
    """Words read, shape (points,)."""
    distinct: npt.NDArray[np.int64]
    """Distinct ones among them, shape (points,)."""
    exponent: float
    scale: float
    """b and a of Heaps' law (1978): a times the words read to the power of b are distinct."""
    once: float
    """Share of the distinct words that stand in the texts once."""
    unseen: float
    """Share of the words in the last tenth of the texts that no earlier text has."""


def vocabulary(corpus: Corpus) -> Vocabulary | None:
    """The growth of the vocabulary; None if there are too few words to say."""
    order = np.random.default_rng(0).permutation(len(corpus.texts))
    found = [words(corpus.texts[row]) for row in order]
    total = sum(map(len, found))
    if total < LEAST_WORDS:
        return None
    codes, names = pd.factorize(np.array([word for each in found for word in each], dtype=object))
    first = np.unique(codes, return_index=True)[1]  # rises: codes are given as words appear
    read = np.linspace(0, total, POINTS + 1)[1:].astype(np.int64)
    distinct = np.searchsorted(first, read)
    late = sum(map(len, found[: int(0.9 * len(found))]))
    exponent, intercept = np.polyfit(np.log(read), np.log(distinct), 1)
    return Vocabulary(
        read=read,
        distinct=distinct,
        exponent=float(exponent),
        scale=float(np.exp(intercept)),
        once=float((np.bincount(codes) == 1).sum() / len(names)),
        unseen=float((first[codes[late:]] >= late).mean()) if late < total else 0.0,
    )


def surprise(corpus: Corpus) -> npt.NDArray[np.float64]:
    """How rare the words of each text are in the other texts, in bits per word, shape (n,).

    The mean of -log2 of each word's share of all words, counted without the text itself and with
    one added for words that no other text has (Laplace). NaN below `FEW_WORDS` words.
    """
    found = [words(text) for text in corpus.texts]
    counts = Counter(word for each in found for word in each)
    total, distinct = counts.total(), len(counts)
    bits = np.full(len(found), np.nan)
    for row, each in enumerate(found):
        if len(each) < FEW_WORDS:
            continue
        own = Counter(each)
        elsewhere = np.array([counts[word] - own[word] + 1 for word in each])
        bits[row] = -np.log2(elsewhere / (total - len(each) + distinct)).mean()
    return bits


def two_labels(data: TextData) -> list[list[int]]:
    """Positions of the training texts that are the same to a reader, with different labels.

    A list for each such text, the most often repeated first.
    """
    groups = data.duplicate_groups()
    places: defaultdict[int, list[int]] = defaultdict(list)
    for row in with_two_labels(groups, data.labels):
        places[int(groups[row])].append(int(row))
    return sorted(places.values(), key=lambda rows: (-len(rows), rows))


def longer_than(lengths: npt.ArrayLike, limits: Sequence[int]) -> list[float]:
    """Share of the texts that are longer than each limit."""
    values = np.asarray(lengths)
    return [float((values > limit).mean()) for limit in limits]
