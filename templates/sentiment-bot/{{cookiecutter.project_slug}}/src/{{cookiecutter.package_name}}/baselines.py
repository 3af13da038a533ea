"""The models to beat: the most frequent class, and counted words with a logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

Baseline = Literal["majority", "tfidf"]
BASELINES: tuple[Baseline, ...] = ("majority", "tfidf")
# Words and pairs of them; a word is what stands between spaces and punctuation, of any length, so
# that "I", "u" and emoji count.
TOKEN = r"(?u)\w+(?:'\w+)?|[^\w\s]"
MOST_ITERATIONS = 1000


def fit_baseline(
    name: Baseline,
    texts: Sequence[str],
    labels: npt.NDArray[np.int64],
    *,
    balanced: bool,
    seed: int,
) -> Pipeline:
    """A pipeline from cleaned texts to class numbers.

    labels: shape (n,). balanced: whether rare classes count as much as frequent ones.
    """
    return _unfitted(name, "balanced" if balanced else None, seed).fit(list(texts), labels)


def _unfitted(name: Baseline, class_weight: str | None, seed: int) -> Pipeline:
    if name == "majority":
        return Pipeline([("model", DummyClassifier(strategy="most_frequent"))])
    words = TfidfVectorizer(token_pattern=TOKEN, ngram_range=(1, 2), sublinear_tf=True)
    model = LogisticRegression(
        class_weight=class_weight, max_iter=MOST_ITERATIONS, random_state=seed
    )
    return Pipeline([("words", words), ("model", model)])
