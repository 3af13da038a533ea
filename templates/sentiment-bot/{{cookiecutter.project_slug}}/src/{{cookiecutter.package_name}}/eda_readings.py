"""Chapters of the exploration that are read rather than looked at: texts, in tables."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd

from . import eda_statistics as statistics
from .cleaning import Cleaning
from .data import TextData
from .eda_chapter import Chapter
from .eda_phrases import counted, listed, percent
from .eda_statistics import Corpus
from .html_page import shorten

EXAMPLES = 3  # texts before and after, for each rule of cleaning
REPEATED = 8  # groups of texts with two labels
EACH = 4  # longest, shortest and oddest texts
WIDTH = 200  # characters of a text in a table
PLAIN = Cleaning(lower=False, links=False, mentions=False)
RULES = {"lower": "capitals", "links": "links", "mentions": "mentions"}


def cleaning_chapter(corpus: Corpus, cleaning: Cleaning) -> Chapter:
    """What cleaning changes: how often, and in which texts."""
    heading, question = (
        "What cleaning changes",
        "Is anything lost that you would need to judge the text?",
    )
    tidy = [PLAIN.clean(text) for text in corpus.texts]
    changed = {"entities, spaces or invisible characters": _differ(corpus.texts, tidy)}
    for rule, title in RULES.items():
        if getattr(cleaning, rule):
            alone = Cleaning(**{"lower": False, "links": False, "mentions": False, rule: True})
            changed[title] = _differ(tidy, [alone.clean(text) for text in tidy])
    whole = np.any(list(changed.values()), axis=0)
    if not whole.any():
        text = "Nothing: every text is as it should be."
        return Chapter("cleaning", heading, question, text)
    parts = [f"{title} in {percent(float(each.mean()))}" for title, each in changed.items()]
    text = (
        f"{percent(float(whole.mean()))} of the texts are changed: {listed(parts)}. Serving cleans "
        "by the same function, so that the model is asked what it was taught."
    )
    # The rarest change first: a text stands in the table once, for the rarest that it has.
    rows: list[int] = []
    for each in sorted(changed.values(), key=np.sum):
        rows += [row for row in np.flatnonzero(each).tolist() if row not in rows][:EXAMPLES]
    table = pd.DataFrame(
        {
            "As it was written": [shorten(corpus.texts[row], WIDTH) for row in rows],
            "As the model reads it": [
                shorten(cleaning.clean(corpus.texts[row]), WIDTH) for row in rows
            ],
        }
    )
    return Chapter("cleaning", heading, question, text, table=table, texts=tuple(table.columns))


def repeats_chapter(data: TextData) -> Chapter:
    """Texts that come twice, in one part or in two, and those that have two labels."""
    meta = data.meta
    text = (
        f"Of all {meta.rows:,} texts, {meta.duplicates:,} repeat an earlier one. "
        if meta.duplicates
        else f"None of the {meta.rows:,} texts repeats another. "
    )
    if meta.across:
        text += (
            f"{counted(meta.across, 'text')} stood in two parts and "
            f"{'was' if meta.across == 1 else 'were'} taken out of the later one: a model that has "
            "learned a text by heart would be praised for it. "
        )
    found = statistics.two_labels(data)
    if not found:
        text += "No text has two labels."
        table = None
    else:
        rows = sum(map(len, found))
        text += (
            f"{counted(len(found), 'text')} of the training part, on {rows:,} lines, "
            f"{'has' if len(found) == 1 else 'have'} more than one label. No model can be right "
            "about both: where people disagree there is a bound to any score. Look whether one "
            "label is a slip, or whether the text alone is not enough to tell."
        )
        table = pd.DataFrame(
            {
                "Text": [shorten(data.texts[each[0]], WIDTH) for each in found[:REPEATED]],
                "Labels": [_labels(data, each) for each in found[:REPEATED]],
                "Lines": [
                    listed([str(data.lines[row]) for row in each]) for each in found[:REPEATED]
                ],
            }
        )
    return Chapter(
        "repeats",
        "What comes twice",
        "Would two people label a text alike? Would the same person, a week later?",
        text.strip(),
        table=table,
        texts=("Text", "Labels"),
    )


def odd_chapter(corpus: Corpus) -> Chapter:
    """The longest, the shortest and the strangest texts."""
    length = corpus.table["characters"].to_numpy()
    bits = statistics.surprise(corpus)
    rarest = np.argsort(-bits, kind="stable")  # texts that are too short to tell come last
    kinds = {
        "longest": np.argsort(-length, kind="stable")[:EACH],
        "shortest": np.argsort(length, kind="stable")[:EACH],
        "rarest words": rarest[np.isfinite(bits[rarest])][:EACH],
    }
    table = pd.DataFrame(
        [
            {
                "Why": title,
                "Class": corpus.classes[corpus.labels[row]],
                "Text": shorten(corpus.texts[row], WIDTH),
                "Characters": f"{length[row]:,}",
                "Line": str(corpus.lines[row]),
            }
            for title, found in kinds.items()
            for row in found.tolist()
        ]
    )
    text = (
        "The longest, the shortest, and those whose words are rarest in the other texts (the mean "
        "of -log2 of each word's share). Look each up before you drop it: what is dropped here "
        "still comes in production, and an empty or a foreign text must get an answer too."
    )
    return Chapter(
        "odd",
        "Which texts are odd",
        "Another language, a list of names, a copy of a page, a label that cannot be right?",
        text,
        table=table,
        texts=("Why", "Class", "Text"),
    )


def _differ(before: list[str], after: list[str]) -> npt.NDArray[np.bool_]:
    return np.array([old != new for old, new in zip(before, after, strict=True)])


def _labels(data: TextData, rows: list[int]) -> str:
    """The labels of the rows with their number: positive (2), neutral (1)."""
    counts = Counter(data.classes[data.labels[row]] for row in rows)
    return ", ".join(f"{name} ({count})" for name, count in counts.most_common())
