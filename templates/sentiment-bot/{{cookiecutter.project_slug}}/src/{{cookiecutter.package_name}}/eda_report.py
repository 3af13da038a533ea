"""The exploration of texts: what its page says beside the chapters of the story."""

from __future__ import annotations

from collections.abc import Sequence

from .data import TextData
from .eda_classes import class_counts
from .eda_page import Appendix, Section, opening, render
from .eda_phrases import percent
from .eda_statistics import Corpus
from .eda_story import told_words
from .html_page import shorten, table

WORDS = 8  # telling words of a class in the table


def report(data: TextData, corpus: Corpus, sections: Sequence[Section]) -> str:
    """The page. Everything that comes from the data is escaped."""
    meta = data.meta
    return render(
        sections,
        title="A look at the texts",
        data=meta,
        note=_synthetic() if meta.synthetic else "",
        boxes=[
            ("Training texts", f"{len(data.texts):,}"),
            ("Validation texts", f"{meta.validation_rows:,}"),
            ("Classes", str(len(data.classes))),
        ],
        opening=opening(meta.test_rows, "texts"),
        appendix=Appendix("every-class", "Every class", _classes(data, corpus)),
    )


def _synthetic() -> str:
    return (
        '<p class="note">These texts are <strong>synthetic</strong>: made up by this project so '
        "that it runs without a download. They show how the report works, not how people write. "
        "For real ones: <code>--set data.source=tweet_eval</code>.</p>"
    )


def _classes(data: TextData, corpus: Corpus) -> str:
    counts, told = class_counts(data), told_words(corpus)
    medians = corpus.table.groupby("class", observed=False)["words"].median()
    rows = [
        (
            shorten(str(name), 40),
            f"{counts[name]:,}",
            percent(float(counts[name] / counts.sum())),
            f"{medians[name]:.0f}" if counts[name] else "",
            ", ".join(shorten(each.word) for each in told.get(str(name), [])[:WORDS]),
        )
        for name in counts.index
    ]
    header = ("Class", "Texts", "Share", "Words, median", "Most telling words")
    return f"<p>The most frequent first.</p>\n{table(header, rows, right={1, 2, 3})}"
