"""From texts to typed columns: which are numbers, which categories, which are left out and why."""

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from .config import DataParams
from .schema import Column, TableSchema, parse_category, parse_number

IDENTIFIER = re.compile(r"(?i:id|index|pid|uid|uuid|key)|.*_(?i:id|uuid)|.*[a-z]I[dD]")
DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ]\d{1,2}:\d{2}.*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
)
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")

# A text with more levels than this, and than half of the rows, says which row it is, not what kind.
MANY_LEVELS = 20

Parsed = TypeVar("Parsed")


def infer_schema(
    frame: pd.DataFrame,
    identifier: str | None,
    params: DataParams,
    lacking: frozenset[str] = frozenset(),
) -> TableSchema:
    """The schema of a raw frame of TRAINING rows; other rows must not decide what is used.

    identifier: the column that names a row, as `find_identifier` found it. lacking: columns that
    some of the files do not have: where such a column has no value says which file a row is from.
    """
    columns: list[Column] = []
    ignored: dict[str, str] = {}
    for name in frame.columns:
        if name in (params.target, identifier):
            continue
        if name in params.ignore:
            ignored[name] = "named in data.ignore"
            continue
        if name in lacking:
            ignored[name] = "not in every file of added rows"
            continue
        described = _describe(frame[name], as_category=name in params.categories)
        if isinstance(described, Column):
            columns.append(described)
        else:
            ignored[name] = described
    return TableSchema(
        target=params.target, identifier=identifier, columns=tuple(columns), ignored=ignored
    )


def find_identifier(frame: pd.DataFrame, params: DataParams) -> str | None:
    """The column that names a row: the one in the settings, or a unique one called like an id."""
    if params.identifier is not None:
        return params.identifier
    for name in frame.columns:
        if name == params.target or name in params.categories or not IDENTIFIER.fullmatch(name):
            continue
        if frame[name].notna().all() and frame[name].is_unique:
            return str(name)
    return None


def canonical(frame: pd.DataFrame, schema: TableSchema) -> pd.DataFrame:
    """The model's columns in schema order, typed: numbers float64 with NaN, categories str or None.

    Raises ValueError for a text in a number column, and KeyError for a column that is not there;
    `validation.check` says both with row and column.
    """
    return pd.DataFrame(
        {
            column.name: numbers(frame[column.name])
            if column.kind == "number"
            else categories(frame[column.name])
            for column in schema.columns
        },
        index=frame.index,
    )


def numbers(series: "pd.Series[Any]") -> "pd.Series[Any]":
    """Raw values as float64, NaN where missing. Raises ValueError for a value that is no number."""
    return _by_distinct_value(series, parse_number).astype("float64")


def categories(series: "pd.Series[Any]") -> "pd.Series[Any]":
    """Raw values as the texts of their levels (object dtype), None where missing."""
    return _by_distinct_value(series, parse_category)


def is_number(value: Any) -> bool:
    """Whether `parse_number` reads the value; a missing one counts as read."""
    try:
        parse_number(value)
    except ValueError:
        return False
    return True


def _by_distinct_value(
    series: "pd.Series[Any]", parse: Callable[[Any], Parsed]
) -> "pd.Series[Any]":
    """Apply `parse` to each distinct value once: a million rows hold few thousand of them."""
    codes, distinct = pd.factorize(series, use_na_sentinel=True)
    parsed = np.array([*(parse(value) for value in distinct), parse(None)], dtype=object)
    return pd.Series(parsed[codes], index=series.index, name=series.name, dtype=object)


def _describe(series: "pd.Series[Any]", *, as_category: bool) -> Column | str:
    """The column's description, or the reason for leaving it out."""
    name = str(series.name)
    present = series.dropna()
    if present.empty:
        return "no value in any training row"
    levels = categories(present).dropna()
    counts = levels.value_counts()
    if len(counts) == 0:
        return "no value in any training row"
    missing = float(1.0 - len(present) / len(series))
    if not as_category and _all(present.unique(), is_number):
        return _describe_number(name, numbers(series))
    if len(counts) == 1 and missing == 0.0:
        return f"the same in every training row: {_shorten(counts.index[0])}"
    if not as_category:
        reason = _unusable_text(levels, counts)
        if reason:
            return reason
    # Most frequent first; equal counts in alphabetical order, so that a rerun gives the same.
    ordered = sorted(counts.items(), key=lambda item: (-int(item[1]), str(item[0])))
    return Column(
        name=name,
        kind="category",
        missing=missing,
        categories=tuple(str(level) for level, _ in ordered),
    )


def _describe_number(name: str, values: "pd.Series[Any]") -> Column | str:
    present = values.dropna().to_numpy(dtype=np.float64)
    if len(present) == 0:
        return "no value in any training row"
    if present.min() == present.max():
        where = "in every training row" if len(present) == len(values) else "wherever there is one"
        return f"the same value {where}: {present[0]:g}"
    return Column(
        name=name,
        kind="number",
        integer=bool((present == np.floor(present)).all()),
        missing=float(1.0 - len(present) / len(values)),
        minimum=float(present.min()),
        maximum=float(present.max()),
        median=float(np.median(present)),
    )


def _unusable_text(levels: "pd.Series[Any]", counts: "pd.Series[Any]") -> str | None:
    example = _shorten(levels.iloc[0])
    if _all(counts.index, DATE.fullmatch):
        return (
            f"dates such as {example}, which no model here reads; "
            "put year and month into columns of their own"
        )
    if len(counts) <= max(MANY_LEVELS, len(levels) // 2):
        return None
    if _all(counts.index, DECIMAL_COMMA.fullmatch):
        return f"numbers with a decimal comma such as {example}; write them with a point"
    return f"text that differs in most rows ({len(counts):,} values in {len(levels):,} rows)"


def _all(values: Iterable[Any], test: Callable[[Any], object]) -> bool:
    return all(test(value) for value in values)


def _shorten(value: object, width: int = 40) -> str:
    text = str(value)
    return text if len(text) <= width else f"{text[: width - 3]}..."
