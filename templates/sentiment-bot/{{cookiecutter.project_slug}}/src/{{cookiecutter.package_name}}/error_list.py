"""The mistakes that the model is surest of: as a table, as a page to read, and a few for documents.

What a text says is data: on the page it is shown and never obeyed, and the documents show it
cleaned, so that a mention names nobody and a link leads nowhere.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from .artifacts import Manifest
from .cleaning import Cleaning
from .data import TextData
from .html_page import WIDE, page, shorten
from .report_words import day
from .slices import Rows

Array = npt.NDArray[np.float64]

TOLD = 10  # of them in reports/metrics.json
LETTERS = 160  # of a text in the documents
ENDS = ("line", "confidence")  # the outer columns of the page's table: numbers
# In documents always, whatever the model reads.
SHOWN = Cleaning(lower=False, links=True, mentions=True)


@dataclass(frozen=True)
class Mistake:
    """One text whose predicted class is not its own."""

    line: int
    """Of the data file."""
    text: str
    """As it was written."""
    true: str
    predicted: str
    confidence: float
    """The probability of the predicted class."""
    probability: float
    """That of the true class."""


def surest_mistakes(test: TextData, found: Array, rows: Rows) -> list[Mistake]:
    """The mistakes in these rows of the test. found: probabilities, (n, k)."""
    predicted, confidence = found.argmax(axis=1), found.max(axis=1)
    return [
        Mistake(
            line=int(test.lines[row]),
            text=test.texts[row],
            true=test.classes[test.labels[row]],
            predicted=test.classes[predicted[row]],
            confidence=float(confidence[row]),
            probability=float(found[row, test.labels[row]]),
        )
        for row in rows
    ]


def for_documents(mistakes: Sequence[Mistake]) -> list[dict[str, Any]]:
    """The first of them as reports/metrics.json holds them: cleaned and shortened."""
    return [
        {
            "line": each.line,
            "text": shorten(SHOWN.clean(each.text), LETTERS),
            "true": each.true,
            "predicted": each.predicted,
            "confidence": each.confidence,
            "probability": each.probability,
        }
        for each in mistakes[:TOLD]
    ]


def as_csv(mistakes: Sequence[Mistake]) -> str:
    """A line per mistake, with the text as it was written."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("line", "text", "true", "predicted", "confidence", "probability_of_true"))
    for each in mistakes:
        shares = (f"{each.confidence:.4f}", f"{each.probability:.4f}")
        writer.writerow((each.line, each.text, each.true, each.predicted, *shares))
    return out.getvalue()


def as_page(
    mistakes: Sequence[Mistake], manifest: Manifest, test: TextData, wrong: int, evaluated: str
) -> str:
    """A page without a second file. wrong: how many of the held-out texts are wrong in all."""
    texts = len(test.texts)
    made_up = " The texts are synthetic." if test.meta.synthetic else ""
    lead = (
        f"<p>{escape(test.meta.name)}: {wrong:,} of {texts:,} held-out texts are given another "
        f"class than their own. Here are the {len(mistakes):,} of which the model was surest, the "
        f"surest first.{made_up}</p>\n"
        '<p class="note">Read them with three questions: Is the label right? Does the text hold '
        "enough to tell? What would the model have to know? They are shown as they were written, "
        "and may be rude or name people: do not publish this page unread.</p>"
    )
    footer = (
        f"<p>Model version {escape(manifest.version)}, measured on {day(evaluated)}. Confidence: "
        "the calibrated probability of the predicted class.</p>"
    )
    left = "".join(f'<th scope="col">{name}</th>' for name in ("text", "true", "predicted"))
    line, confidence = (f'<th scope="col" class="number">{name}</th>' for name in ENDS)
    head = f"{line}{left}{confidence}"
    body = "\n".join(_line(each) for each in mistakes)
    table = (
        f"{WIDE}<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
        if mistakes
        else "<p>There are none.</p>"
    )
    return page(
        "The surest mistakes", lead=lead, body=f"<section>{table}</section>\n", footer=footer
    )


def _line(each: Mistake) -> str:
    # dir="auto": a text that is written from right to left is shown so, and only that text.
    return (
        f'<tr><td class="number">{each.line:,}</td>'
        f'<td dir="auto" style="min-width: 14rem; overflow-wrap: anywhere">{escape(each.text)}</td>'
        f"<td>{escape(each.true)}</td><td>{escape(each.predicted)}</td>"
        f'<td class="number">{each.confidence:.1%}</td></tr>'
    )
