"""What a table looks like: its columns, their kinds, and how a raw value is read.

Training, the API and `predict` read every value through `parse_number` and `parse_category`, so a
price does not depend on whether a house came from a CSV file or as JSON. Needs pydantic alone:
serving has no pandas.
"""

from __future__ import annotations

import math
import re
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

# The texts that mean "no value" in a file or a request. "None" is not one of them for a category:
# the Ames set uses it as a level ("None": a house without a masonry veneer).
MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "#N/A"})

_INTEGER_AS_FLOAT = re.compile(r"[+-]?\d+\.0+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_BOOLEANS = {"true": "True", "false": "False"}


class Column(BaseModel):
    """One input column, described from the training rows alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Literal["number", "category"]
    integer: bool = False  # a number whose training values are all whole
    missing: float = 0.0  # share of the training rows without a value, in [0, 1]
    minimum: float | None = None  # of the training values; None for a category
    maximum: float | None = None
    median: float | None = None
    categories: tuple[str, ...] = ()  # most frequent first; empty for a number


class TableSchema(BaseModel):
    """The columns a model reads, in order, and those it leaves out with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: str
    identifier: str | None = None
    columns: tuple[Column, ...]
    ignored: dict[str, str] = {}  # column -> why it is not used

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.kind == "number")

    @cached_property
    def categories(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.kind == "category")

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError if the model does not read it."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def is_missing(value: Any) -> bool:
    """Whether a raw value (text, JSON value or None) means "no value"."""
    if value is None:
        return True
    if isinstance(value, str):
        return value.strip() in MISSING
    return isinstance(value, float) and math.isnan(value)


def parse_number(value: Any) -> float:
    """A raw value as a float; NaN if it is missing.

    Text must be a plain decimal number ("1e5" is one; "1,000", "$5" and "inf" are not).
    Raises ValueError for anything else, booleans included.
    """
    if value is None:
        return math.nan
    if isinstance(value, bool):
        raise ValueError(f"{value} is not a number")
    if isinstance(value, (int, float)):
        return _finite(value)
    if isinstance(value, str):
        text = value.strip()
        if text in MISSING or text == "None":
            return math.nan
        if _NUMBER.fullmatch(text) is None:
            raise ValueError(f"{value!r} is not a number")
        return _finite(float(text))
    item = getattr(value, "item", None)  # a numpy scalar
    if item is None:
        raise ValueError(f"{value!r} is not a number")
    return parse_number(item())


def parse_category(value: Any) -> str | None:
    """A raw value as the text of its level; None if it is missing.

    One level has one spelling, however it was sent: 20, 20.0 and "20.0" are "20"; true, "TRUE" and
    "true" are "True"; blanks around a text do not count. Raises ValueError for a list or an object.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if text in MISSING:
            return None
        if _INTEGER_AS_FLOAT.fullmatch(text):
            return text[: text.index(".")]
        return _BOOLEANS.get(text.lower(), text)
    if isinstance(value, (bool, int)):
        return str(value)
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() else repr(float(value))
    item = getattr(value, "item", None)  # a numpy scalar
    if item is None:
        raise ValueError(f"{value!r} is neither a text nor a number")
    return parse_category(item())


def _finite(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise ValueError(f"{str(value)[:40]} is not a finite number")
    return number
