"""The guard at the door: what labelled texts must be before anything is trained on them.

What is found is told with the row's line in its file; no row is dropped in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .class_check import Kind, Labelled
from .cleaning import Cleaning
from .errors import UserError
from .text_table import TextTable

if TYPE_CHECKING:
    from .sources import RawTexts

TEXTS = Kind("text", "texts", fewest=50, better="some thousands", most_classes=100)
_CLEANING = Cleaning(links=False, mentions=False)


def check_rows(table: TextTable, text: str, label: str) -> tuple[list[str], list[str]]:
    """The texts as they were written and their labels, without blanks at the ends.

    Raises UserError, with the row, for a text in which there is nothing to see, or no label.
    """
    texts: list[str] = []
    labels: list[str] = []
    faults: list[tuple[int, str]] = []
    cells = zip(table.cells[text], table.cells[label], table.lines, strict=True)
    for words, name, line in cells:
        name = (name or "").strip()
        if words is None or is_empty(words):
            faults.append((line, text))
        elif not name:
            faults.append((line, label))
        else:
            texts.append(words)
            labels.append(name)
    if faults:
        line, column = faults[0]
        more = f" ({len(faults) - 1:,} more like it.)" if len(faults) > 1 else ""
        raise UserError(
            f"{table.where}, row {line:,}: {_named(column)} is empty. Every row needs a text and a "
            f"label; drop the row or fill it.{more}"
        )
    return texts, labels


def is_empty(text: str) -> bool:
    """Whether there is nothing to see in a text."""
    return not _CLEANING.clean(text)


def labelled(raw: RawTexts) -> Labelled:
    """The texts as their classes are checked, see `check_classes`."""
    return Labelled(
        kind=TEXTS,
        labels=raw.labels,
        parts=raw.parts,
        official=raw.official,
        where=raw.where,
        place=lambda position: f"{raw.where}, row {raw.lines[position]:,}",
        other_classes="set data.label to another column",
    )


def _named(column: str) -> str:
    return f"column {column}" if column.isdecimal() else column
