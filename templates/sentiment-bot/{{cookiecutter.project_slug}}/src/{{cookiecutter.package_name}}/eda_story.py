"""The exploration as a story: one question after the other, each with what the texts answer.

The report and the notebook both tell it from here, so that they cannot say different things.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import eda_figures as figures
from . import eda_statistics as statistics
from .cleaning import Cleaning
from .data import TextData
from .eda_chapter import Chapter
from .eda_classes import FEW, class_counts, classes_chapter
from .eda_phrases import counted, listed, percent
from .eda_readings import cleaning_chapter, odd_chapter, repeats_chapter
from .eda_statistics import Corpus
from .html_page import shorten
from .telling_words import TellingWord, count_words, telling_words
from .text_features import SIGNS

TOLD = 10  # telling words per class
LIMITS = (8, 16, 32, 64, 128, 256, 512)
LEAST_CUT, MOST_CUT = 0.0005, 0.9  # shares of the texts: limits beyond them are no choice
BARE = 0.02  # a sign that no class has more often is passed over
PURE, COMMON = 0.99, 0.05  # a word that gives its class away
WEIGHTED = (
    "The loss is weighted for the same reason (train.class_weights), or training would pass over "
    "the rare ones."
)


@dataclass(frozen=True)
class Reading:
    """How the model reads a text."""

    cleaning: Cleaning
    tokens: npt.NDArray[np.int64] | None = None
    """Tokens of each text of the corpus; None if no tokenizer is at hand."""
    limit: int | None = None
    """The most tokens that are read."""


def chapters(data: TextData, corpus: Corpus, reading: Reading) -> list[Chapter]:
    """The story in order: texts, classes, lengths, words, signs, and texts to read.

    corpus: those of the texts that are counted, `Corpus.of(data)`.
    """
    return [
        _texts(data, corpus),
        classes_chapter(class_counts(data), "texts", WEIGHTED),
        _length(corpus, reading.tokens, reading.limit),
        _words(corpus),
        _signs(corpus, reading.cleaning),
        _vocabulary(corpus),
        cleaning_chapter(corpus, reading.cleaning),
        repeats_chapter(data),
        odd_chapter(corpus),
    ]


def _texts(data: TextData, corpus: Corpus) -> Chapter:
    meta = data.meta
    text = (
        f"{counted(len(data.texts), 'text')} to train on, in {len(data.classes)} classes, and "
        f"{meta.validation_rows:,} to choose by. "
    )
    if meta.test_rows:
        text += f"{counted(meta.test_rows, 'text')} are held out and stay closed. "
    else:
        text += "None is held out. "
    if corpus.sampled:
        text += (
            f"What follows was counted in {len(corpus.texts):,} of the training texts, drawn at "
            "random, but for the classes and the repeats. "
        )
    scripts = corpus.table["script"].value_counts(normalize=True)
    main, share = str(scripts.index[0]), float(scripts.iloc[0])
    if share == 1:
        text += f"All are in {main} letters."
    else:
        others = [f"{name} ({percent(part)})" for name, part in scripts.iloc[1:].items()]
        text += f"{percent(share)} are mostly in {main} letters; the others: {listed(others)}."
    text += (
        " A model reads what its tokenizer was made from: other scripts come out as single "
        "characters or as unknown."
        if share < 1
        else ""
    )
    question = (
        "Who wrote these, where and when? Will the texts that you are asked for be like them?"
    )
    return Chapter("texts", "What a text is", question, text)


def _length(corpus: Corpus, tokens: npt.NDArray[np.int64] | None, limit: int | None) -> Chapter:
    lengths = {"words": corpus.table["words"].to_numpy()}
    middle, most = corpus.table["words"].median(), corpus.table["words"].max()
    text = (
        f"Half of the texts have at most {counted(int(middle), 'word')}, the longest has "
        f"{int(most):,}. "
    )
    if tokens is not None:
        lengths["tokens"] = tokens
        per_word = tokens.sum() / max(1, lengths["words"].sum())
        text += f"The tokenizer makes {per_word:.2f} tokens of a word, marks among them. "
    name, values = list(lengths.items())[-1]
    cut = dict(zip(LIMITS, statistics.longer_than(values, LIMITS), strict=True))
    parts = [
        f"{most_read} {name} would cut {percent(share)}"
        for most_read, share in cut.items()
        if LEAST_CUT <= share <= MOST_CUT
    ]
    if parts:
        text += f"A limit of {listed(parts)} of the texts. "
    if limit is not None:
        (share,) = statistics.longer_than(values, [limit])
        text += (
            f"With the present settings the model reads {limit} tokens, which cuts "
            f"{percent(share)} (tokens.coverage, tokens.limit). "
        )
    text += (
        "The cost of reading grows faster than the length. What is cut is the end, where a review "
        "often says what it comes to."
    )
    return Chapter(
        "length",
        "How long they are",
        "Does the length alone tell the class? What stands at the end of the longest?",
        text,
        lambda: figures.length_figure(corpus, lengths, limit),
    )


def told_words(corpus: Corpus) -> dict[str, list[TellingWord]]:
    """Class -> its most telling words, the most frequent class first."""
    found = count_words(corpus.texts, corpus.labels, len(corpus.classes))
    if found is None:
        return {}
    told = dict(zip(corpus.classes, telling_words(found, TOLD), strict=True))
    return {name: told[name] for name in corpus.by_frequency()}


def _words(corpus: Corpus) -> Chapter:
    heading = "Which words tell the class"
    question = (
        "Would you have guessed them? Which are about the topic or the time rather than the mood?"
    )
    told = {name: found for name, found in told_words(corpus).items() if found}
    if not told:
        return Chapter("words", heading, question, "No word is frequent enough to tell anything.")
    drawn = dict(list(told.items())[: figures.PANELS])
    text = (
        "Words that are more frequent in a class than in the others, by their log-odds in standard "
        "deviations, with a prior that holds rare words back (Monroe, Colaresi and Quinn 2008). "
        "These are what a bag of words can learn: TF-IDF with logistic regression sees no more. "
    )
    if len(drawn) < len(told):
        text += f"The {len(drawn)} most frequent classes are drawn; the table at the end has all. "
    pure = [
        f"\u201c{each.word}\u201d ({name})"
        for name, found in told.items()
        for each in found
        if each.z >= figures.SURE
        and each.own >= COMMON
        and each.own / (each.own + each.others) >= PURE
    ]
    if pure:
        text += (
            f"{listed(pure)} {'stands' if len(pure) == 1 else 'stand'} in hardly any text of "
            "another class: ask whether the labels were made from such words, for then the model "
            "learns how they were made, not what they mean."
        )
    return Chapter(
        "words",
        heading,
        question,
        text.strip(),
        lambda: figures.words_figure(list(drawn), list(drawn.values())),
    )


def _signs(corpus: Corpus, cleaning: Cleaning) -> Chapter:
    shares = statistics.signs(corpus)
    kept = [name for name in shares.columns if shares[name].max() >= BARE]
    heading, question = (
        "Negation, emoji and other marks",
        "Which does a bag of words see? What does it make of \u201cnot bad at all\u201d?",
    )
    if not kept:
        text = "Hardly a text has a negation, an emoji, a link, a mention or a hashtag."
        return Chapter("signs", heading, question, text)
    # A share of a handful of texts would be the widest of all, by chance.
    frequent = corpus.table["class"].value_counts()[lambda counts: counts >= FEW].index
    judged = shares.loc[shares.index.isin(frequent)] if len(frequent) > 1 else shares
    widest = max(kept, key=lambda name: judged[name].max() - judged[name].min())
    high, low = str(judged[widest].idxmax()), str(judged[widest].idxmin())
    finding = (
        f"{percent(judged[widest][high])} of the {shorten(high)} texts have {SIGNS[widest]}, "
        f"{percent(judged[widest][low])} of the {shorten(low)} ones"
    )
    negated = float((corpus.table["negations"] > 0).mean())
    text = (
        f"{finding}. A negation turns what follows: {percent(negated)} of the texts have one, and "
        "a model that reads single words cannot tell \u201cgood, not bad\u201d from \u201cbad, not "
        f"good\u201d. {_masked(cleaning)}Emoji and marks are left, since they carry mood."
    )
    titles = [SIGNS[name].split(" ", 1)[1] for name in kept]
    return Chapter(
        "signs",
        heading,
        question,
        text,
        lambda: figures.signs_figure(shares[kept], titles, finding),
    )


def _masked(cleaning: Cleaning) -> str:
    """What is masked before training, and why."""
    masked = [name for name in ("links", "mentions") if getattr(cleaning, name)]
    if not masked:
        return ""
    named = listed(masked).capitalize()
    return f"{named} are masked before training, so that no address and no name is learned. "


def _vocabulary(corpus: Corpus) -> Chapter:
    heading, question = (
        "How many words there are",
        "Does the curve flatten? What is a new word made of: a name, a typing error, a new thing?",
    )
    found = statistics.vocabulary(corpus)
    if found is None:
        return Chapter("vocabulary", heading, question, "There are too few words to say.")
    text = (
        f"{found.distinct[-1]:,} distinct words among {found.read[-1]:,}; {percent(found.once)} of "
        "them stand there once, and little can be learned from one use. The distinct words grow as "
        f"the words read to the power of {found.exponent:.2f} (Heaps 1978), so new texts go on "
        f"bringing new words: {percent(found.unseen)} of the words of the last tenth were in no "
        "text before. That is why a transformer reads word pieces, and why one that was pretrained "
        "on more text than this knows more of them."
    )
    return Chapter("vocabulary", heading, question, text, lambda: figures.vocabulary_figure(found))
