"""What the training texts looked like, kept beside the model for `drift` to compare with.

No text is kept: only what is counted in each, its share of a few groups of words, and what the
model said of those texts that it was not trained on. `drift` asks for three things: `read`,
`logged` and the `Sample` that they give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from . import word_topics
from .api.predictor import TEXT, Prediction
from .artifacts import verify
from .data import TextData
from .drift_sample import Logged, Sample, Words
from .prediction_log import Record
from .text_features import SIGNS, features, words
from .word_topics import WordTopics

NAME, TOPICS = "reference.parquet", "reference-words.json"
ARTIFACTS = (NAME, TOPICS)
MOST_ROWS = 5_000  # more would cost disk space and time, and hardly sharpen the tests
MOST_LEARNED = 20_000  # texts that the groups of words are made from
MOST_CLASSES = 10  # of more, the label and its confidence tell enough
SMALLEST = 1e-6  # a probability, so that its log-odds exist
LABEL, CONFIDENCE, TOKENS = "label", "confidence", "tokens that were read"
WORDING = Words(
    row="text",
    column="feature",
    advice=(
        "Read some of the logged texts, and look at the features above. A sudden script, a link in "
        "every text, or texts without capitals may come from what sends them: mend it there."
    ),
)


@dataclass(frozen=True)
class Reference:
    """The training texts of one model version, and how to count others like them."""

    sample: Sample
    topics: WordTopics
    classes: tuple[str, ...]
    version: str


def write(
    train: TextData,
    validation: TextData,
    predictions: Sequence[Prediction],
    seed: int,
    folder: Path,
) -> None:
    """Write the features of training and validation texts to `folder`; a seeded sample if many.

    predictions: what the served model says of each validation text. Those alone are compared with
    the log's: of texts that it was trained on, the model is far surer than of new ones, which would
    look like drift.
    Half of the training texts, or 20,000, teach which words there are, and are not in the sample:
    no word of a text that taught it is unknown, which is true of no other text.
    """
    order = np.random.default_rng(seed).permutation(len(train.texts))
    learned = min(len(order) // 2, MOST_LEARNED)
    topics = word_topics.learn([train.texts[row] for row in order[:learned]], seed)
    texts = [*(train.texts[row] for row in order[learned:]), *validation.texts]
    answers = msgspec.to_builtins(list(predictions))
    said = pd.DataFrame([_outputs(each, validation.classes) for each in answers])
    said.index = pd.RangeIndex(len(texts) - len(said), len(texts))
    rows = np.arange(len(texts))
    if len(rows) > MOST_ROWS:
        drawn = np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False)
        rows = np.sort(drawn)
    table = _inputs([texts[row] for row in rows], topics)
    outputs = said.reindex(rows).reset_index(drop=True)
    pd.concat([table, outputs], axis=1).to_parquet(folder / NAME, index=False)
    word_topics.save(topics, folder / TOPICS)


def read(models: Path) -> Reference:
    """The reference of the model in `models`, once its hash has been checked. Raises UserError."""
    manifest = verify(models, ARTIFACTS)
    topics = word_topics.load(models / TOPICS)
    classes = tuple(manifest.settings["classes"])
    sample = _sample(pd.read_parquet(models / NAME), classes)
    return Reference(sample, topics, classes, manifest.version)


def logged(records: Sequence[Record], reference: Reference, min_rows: int) -> Logged:
    """The texts of the prediction log, counted as those of the reference were.

    Texts of every model version count, since what is asked does not depend on who answers. What is
    answered does: answers of other versions are left out.
    """
    skipped: dict[str, str] = {}
    texts = [record.inputs.get(TEXT) for record in records]
    table, repeated = pd.DataFrame(index=range(len(records))), 0
    if all(isinstance(text, str) for text in texts):
        table = _inputs([str(text) for text in texts], reference.topics)
        repeated = len(texts) - len(set(texts))
    else:
        skipped["what is counted in the texts"] = "the text is not in every row of the log"
    own = [record.version == reference.version for record in records]
    if sum(own) < min_rows:
        skipped["the answers"] = (
            f"{sum(own):,} are by this model's version, {min_rows:,} are needed"
        )
    else:
        said = [
            _outputs(record.output, reference.classes) if mine else {}
            for record, mine in zip(records, own, strict=True)
        ]
        table = pd.concat([table, pd.DataFrame(said)], axis=1)
    versions = Counter(record.version for record in records)
    sample = _sample(table, reference.classes)
    return Logged(sample, dict(versions.most_common()), skipped, repeated)


def _inputs(texts: Sequence[str], topics: WordTopics) -> pd.DataFrame:
    """What is counted in each text: a column for each feature."""
    counted = [features(text) for text in texts]
    columns: dict[str, Any] = {
        "words": [each.words for each in counted],
        "share of capitals": [each.upper for each in counted],
        "share of letters beyond English": [each.foreign for each in counted],
    }
    shares = topics.shares([words(text) for text in texts])
    for name, values in zip(("unknown words", *topics.names), shares.T, strict=True):
        columns[f"share of {name}"] = values
    table = pd.DataFrame(columns).astype(np.float64)
    table["script"] = pd.Series([each.script for each in counted], dtype=object)
    for name, title in SIGNS.items():
        has = ["yes" if getattr(each, name) else "no" for each in counted]
        table[f"has {title}"] = pd.Series(has, dtype=object)
    return table


def _outputs(said: dict[str, Any], classes: tuple[str, ...]) -> dict[str, Any]:
    """What the model said of one text, as the log holds it."""
    found = {
        LABEL: str(said["label"]),
        CONFIDENCE: float(said["confidence"]),
        TOKENS: float(said["tokens"]),
    }
    for name in _scored(classes):
        chance = float(np.clip(said["probabilities"][name], SMALLEST, 1.0 - SMALLEST))
        found[_score(name)] = float(np.log(chance / (1.0 - chance)))
    return found


def _scored(classes: tuple[str, ...]) -> tuple[str, ...]:
    """The classes whose log-odds are compared; of two, one says what the other does."""
    if len(classes) > MOST_CLASSES:
        return ()
    return classes[1:] if len(classes) == 2 else classes


def _score(name: str) -> str:
    return f"log-odds of {name}"


def _sample(table: pd.DataFrame, classes: tuple[str, ...]) -> Sample:
    outputs = (LABEL, CONFIDENCE, TOKENS, *map(_score, _scored(classes)))
    kept = {
        name: table[name].astype(np.float64)
        if table[name].dtype.kind in "fiu"
        else table[name].astype(object).where(table[name].notna(), None)
        for name in table.columns
    }
    return Sample(pd.DataFrame(kept), outputs, WORDING)
