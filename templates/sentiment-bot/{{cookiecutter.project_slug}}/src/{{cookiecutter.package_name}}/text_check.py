"""The guard at the door: what labelled texts must be before anything is trained on them.

What is found is told with the row's line in its file; no row is dropped in silence.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .cleaning import Cleaning
from .errors import UserError
from .text_table import TextTable

if TYPE_CHECKING:
    from .sources import RawTexts

MIN_TEXTS = 50
MIN_PER_CLASS = 5
MOST_CLASSES = 100
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


def check_classes(raw: RawTexts) -> None:
    """Raises UserError if there are too few texts, one class only, or a class with hardly any."""
    if len(raw.texts) < MIN_TEXTS:
        raise UserError(
            f"{raw.where}: {len(raw.texts)} texts, too few to train and test on. At least "
            f"{MIN_TEXTS} are needed; some thousands are better."
        )
    counts = Counter(raw.labels)
    if len(counts) == 1:
        raise UserError(
            f"{raw.where}: every text has the label {next(iter(counts))}, so there is nothing to "
            "tell apart. Add texts of another class, or set data.label to another column."
        )
    if len(counts) > MOST_CLASSES:
        raise UserError(
            f"{raw.where}: {len(counts):,} different labels, which is no set of classes (at most "
            f"{MOST_CLASSES}). Set data.label to the column with the classes."
        )
    rare = [(name, count) for name, count in counts.items() if count < MIN_PER_CLASS]
    if rare:
        raise UserError(_rare(raw, rare, counts))
    _check_spelling(raw, counts)
    _check_parts(raw, counts)


def _rare(raw: RawTexts, rare: Sequence[tuple[str, int]], counts: Mapping[str, int]) -> str:
    name, count = rare[0]
    line = raw.lines[raw.labels.index(name)]
    known = [each for each in counts if counts[each] >= MIN_PER_CLASS]
    near = difflib.get_close_matches(name.lower(), [each.lower() for each in known], n=1)
    meant = next((each for each in known if near and each.lower() == near[0]), None)
    hint = f" Did you mean {meant}?" if meant else ""
    times = "stands nowhere else" if count == 1 else f"stands in {count} rows only"
    others = f" ({len(rare) - 1:,} more classes like it.)" if len(rare) > 1 else ""
    return (
        f"{raw.where}, row {line:,}: the label {name!r} {times}.{hint} A class needs "
        f"{MIN_PER_CLASS} texts at least: correct the label, add texts, or take these rows out."
        f"{others}"
    )


def _check_spelling(raw: RawTexts, counts: Counter[str]) -> None:
    """Raises UserError for two labels that a reader takes for one."""
    spelled: dict[str, str] = {}
    for name, count in counts.most_common():
        other = spelled.setdefault(_CLEANING.clean(name).casefold(), name)
        if other != name:
            raise UserError(
                f"{raw.where}, row {raw.lines[raw.labels.index(name)]:,}: the label {name!r} "
                f"({count:,} rows) is {other!r} ({counts[other]:,} rows) in another spelling. "
                "Write a class in one way, or they would be two."
            )


def _check_parts(raw: RawTexts, counts: Mapping[str, int]) -> None:
    """Raises UserError if a class is to be recognised that is not trained on."""
    trained = {label for label, part in zip(raw.labels, raw.parts, strict=True) if part == 0}
    for name in counts:
        if name not in trained:
            position = raw.labels.index(name)
            raise UserError(
                f"{raw.where}: the label {name!r} (row {raw.lines[position]:,}) is not one of the "
                f"training texts' ({', '.join(sorted(trained)[:10])}). Use the same labels in all "
                "files."
            )


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """Classes sorted: as numbers if all of them are, else by name."""
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(sorted(names))


def _named(column: str) -> str:
    return f"column {column}" if column.isdecimal() else column
