"""Columns, levels and amounts as a person reads them. Needs the schema alone: serving uses it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import ames, ames_words
from .schema import TableSchema


@dataclass(frozen=True)
class Words:
    """What is known of a table beside its values; nothing of a table that nobody described."""

    titles: Mapping[str, str]
    """Column -> what it is called."""
    units: Mapping[str, str]
    """Column -> its unit."""
    levels: Mapping[str, Mapping[str, str]]
    """Column -> level -> what it means."""
    groups: Mapping[str, Sequence[str]]
    """Title -> the columns that say the same kind of thing."""
    currency: str | None
    """ISO 4217 code of the target's currency; None if it is not known to be an amount of money."""
    question: str | None
    """What the model answers."""

    @classmethod
    def of(cls, schema: TableSchema) -> Words:
        """The words of the Ames columns if the table is in them; else none."""
        if schema.target == ames_words.TARGET and set(schema.names) >= ames_words.MARKS:
            return cls(
                titles=ames_words.TITLES,
                units=ames_words.UNITS,
                levels=ames_words.LEVELS,
                groups={title.capitalize(): columns for title, columns in ames.GROUPS.values()},
                currency="USD",
                question=ames_words.QUESTION,
            )
        return cls(titles={}, units={}, levels={}, groups={}, currency=None, question=None)

    def title(self, column: str) -> str:
        """What to call the column."""
        return self.titles.get(column, column)

    def inline(self, column: str) -> str:
        """What to call the column within a sentence."""
        title = self.title(column)
        return title if title == column else title[:1].lower() + title[1:]

    def level(self, column: str, level: str) -> str:
        """What to call one of the column's levels."""
        return self.levels.get(column, {}).get(level, level)

    def amount(self, value: float) -> str:
        """An amount of the target."""
        return f"${value:,.0f}" if self.currency == "USD" else number(value)


def number(value: float) -> str:
    """A number with about four digits; none is left out before the decimal point.

    Thousands are set apart from 10,000 on: below it they would spoil a year.
    """
    if abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) < 1_000 else f"{value:g}"


def decimals(spread: float) -> int:
    """How many decimals amounts need, if they differ by about `spread`: four digits in all."""
    if not (math.isfinite(spread) and spread > 0):
        return 3
    return min(12, max(0, 3 - math.floor(math.log10(spread))))
