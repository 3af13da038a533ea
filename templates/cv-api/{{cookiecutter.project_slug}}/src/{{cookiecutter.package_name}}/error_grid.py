"""The mistakes that the model is surest of: as a table, as a page to look at, and as a figure.

Pictures are drawn anew, small and without what a file may tell beside them; names are data, and are
shown and never obeyed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from .artifacts import Manifest
from .data import ImageData
from .eda_mosaic import mosaic
from .html_page import page
from .picture import Pixels, Reading
from .picture_cards import card, cards
from .report_words import day
from .slices import Rows

Array = npt.NDArray[np.float64]

TOLD = 10  # of them in reports/metrics.json
DRAWN, COLUMNS = 24, 6  # in the figure
HEADER = ("name", "true", "predicted", "confidence", "probability_of_true")


@dataclass(frozen=True)
class Mistake:
    """One picture whose predicted class is not its own."""

    name: str
    """Where it comes from."""
    picture: bytes
    """The file."""
    pixels: Pixels
    """What the model sees of it, (size, size, 3)."""
    true: str
    predicted: str
    confidence: float
    """The probability of the predicted class."""
    probability: float
    """That of the true class."""


def surest_mistakes(
    test: ImageData, found: Array, rows: Rows, read: Callable[[bytes], Reading]
) -> list[Mistake]:
    """The mistakes in these rows of the test.

    found: probabilities, (n, k). read: gives a file as the model sees it.
    """
    predicted, confidence = found.argmax(axis=1), found.max(axis=1)
    return [
        Mistake(
            name=test.names[row],
            picture=test.pictures[row],
            pixels=read(test.pictures[row]).pixels,
            true=test.classes[test.labels[row]],
            predicted=test.classes[predicted[row]],
            confidence=float(confidence[row]),
            probability=float(found[row, test.labels[row]]),
        )
        for row in rows
    ]


def for_documents(mistakes: Sequence[Mistake]) -> list[dict[str, Any]]:
    """The first of them as reports/metrics.json holds them."""
    return [
        {
            "name": each.name,
            "true": each.true,
            "predicted": each.predicted,
            "confidence": each.confidence,
            "probability": each.probability,
        }
        for each in mistakes[:TOLD]
    ]


def as_csv(mistakes: Sequence[Mistake]) -> str:
    """A line per mistake."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for each in mistakes:
        shares = (f"{each.confidence:.4f}", f"{each.probability:.4f}")
        writer.writerow((each.name, each.true, each.predicted, *shares))
    return out.getvalue()


def as_figure(mistakes: Sequence[Mistake], data: str, wrong: int, rows: int) -> Figure:
    """The first mistakes side by side, at least one, as the model sees them.

    wrong: how many there are among the held-out `rows`.
    """
    drawn = mistakes[:DRAWN]
    parts = [drawn[start : start + COLUMNS] for start in range(0, len(drawn), COLUMNS)]
    shown = f"the {len(drawn)} surest" if len(drawn) < wrong else "all of them"
    return mosaic(
        [[each.pixels for each in part] for part in parts],
        f"Wrong on {wrong:,} of {rows:,} held-out pictures. Here are {shown}, with what the model "
        "said, how sure it was, and what it is",
        data,
        captions=[[_caption(each) for each in part] for part in parts],
    )


def _caption(each: Mistake) -> str:
    return f"{each.predicted}, {each.confidence:.0%}\nis {each.true}"


def as_page(
    mistakes: Sequence[Mistake], manifest: Manifest, test: ImageData, wrong: int, evaluated: str
) -> str:
    """A page without a second file. wrong: how many of the held-out pictures are wrong in all."""
    lead = (
        f"<p>{escape(test.meta.name)}: {wrong:,} of {len(test.labels):,} held-out pictures are "
        f"given another class than their own. Here are the {len(mistakes):,} of which the model "
        "was surest, the surest first.</p>\n"
        '<p class="note">Look at them with three questions: Is the label right? Does the picture '
        "show enough to tell? What would the model have to know? They may show people or places: "
        "do not publish this page without a look at each.</p>"
    )
    footer = (
        f"<p>Model version {escape(manifest.version)}, measured on {day(evaluated)}. Confidence: "
        "the calibrated probability of the predicted class.</p>"
    )
    shown = [
        card(
            each.picture,
            f"{each.name}: {each.true}, taken for {each.predicted}",
            (
                f"true: {each.true} ({each.probability:.1%})",
                f"predicted: {each.predicted} ({each.confidence:.1%})",
                each.name,
            ),
        )
        for each in mistakes
    ]
    body = cards(shown) if shown else "<p>There are none.</p>"
    return page(
        "The surest mistakes", lead=lead, body=f"<section>{body}</section>\n", footer=footer
    )
