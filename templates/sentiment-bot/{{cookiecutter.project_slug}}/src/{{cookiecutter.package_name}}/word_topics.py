"""What texts are about, in a few numbers: words that go together, found without any model.

Words are placed by the texts that they stand in (latent semantic analysis, Deerwester and others
1990) and put together by k-means. A text's share of each group changes when people write about
other things, though no text is shorter and no mood is worse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from .artifacts import write_text
from .errors import UserError
from .text_features import words

TOPICS = 8
PLACED = 2_000  # most frequent words that belong to a topic
DIMENSIONS = 50
FEWEST_TEXTS = 2  # that a word must stand in: one that stands in one text may tell of a person
NAMED = 3  # words in a topic's name

Shares = npt.NDArray[np.float64]


class WordTopics(msgspec.Struct, frozen=True):
    """The words that are known from some texts, the most frequent of them in topics."""

    topics: tuple[tuple[str, ...], ...]
    """The words of each topic, the most frequent first."""
    others: tuple[str, ...]
    """Known words of no topic."""

    @property
    def names(self) -> tuple[str, ...]:
        """Each topic by its most frequent words."""
        return tuple(f"words like {', '.join(topic[:NAMED])}" for topic in self.topics)

    def shares(self, found: Sequence[Sequence[str]]) -> Shares:
        """Of each text's words, the share that is unknown, and then that of each topic.

        found: the words of n texts. Shape (n, 1 + topics); NaN for a text without words.
        """
        unknown, other = 0, len(self.topics) + 1
        places = {word: number for number, topic in enumerate(self.topics, 1) for word in topic}
        places |= dict.fromkeys(self.others, other)
        counts = np.zeros((len(found), other + 1))
        for row, each in enumerate(found):
            for word in each:
                counts[row, places.get(word, unknown)] += 1
        totals = counts.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            shares: Shares = (counts / totals)[:, :other]
        return shares


def learn(texts: Sequence[str], seed: int) -> WordTopics:
    """The words of these texts, and the topics that the frequent ones are put into."""
    found = [words(text) for text in texts]
    counts = Counter(word for each in found for word in set(each))
    # By the word where counts are equal, so that the order of the texts decides nothing.
    kept = [word for word, texts_with in counts.items() if texts_with >= FEWEST_TEXTS]
    known = sorted(kept, key=lambda word: (-counts[word], word))
    placed, others = known[:PLACED], tuple(known[PLACED:])
    if len(placed) <= TOPICS:
        return WordTopics((), tuple(known))
    vectorizer = TfidfVectorizer(analyzer=list, vocabulary=placed, sublinear_tf=True)
    matrix = vectorizer.fit_transform(found)
    dimensions = min(DIMENSIONS, min(matrix.shape) - 1)
    reduced = TruncatedSVD(dimensions, random_state=seed).fit(matrix)
    positions = normalize(reduced.components_.T * reduced.singular_values_)
    groups = KMeans(TOPICS, n_init=3, random_state=seed).fit_predict(positions)
    topics = (
        tuple(word for word, group in zip(placed, groups, strict=True) if group == number)
        for number in range(TOPICS)
    )
    return WordTopics(tuple(sorted(topics, key=lambda topic: (-len(topic), topic))), others)


def save(topics: WordTopics, path: Path) -> None:
    """Write them as JSON."""
    write_text(path, msgspec.json.encode(topics).decode())


def load(path: Path) -> WordTopics:
    """Read them. Raises UserError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=WordTopics)
    except (OSError, msgspec.DecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}). Run `train` again.") from None
