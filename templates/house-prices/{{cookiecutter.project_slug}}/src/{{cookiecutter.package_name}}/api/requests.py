"""What a request may hold, made from the trained model's schema: for decoding and for /docs."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ..schema import Column, TableSchema
from .bodies import decoded
from .problems import Problem

LARGEST = 1e15  # beyond it neighbouring numbers run together in double precision
LONGEST = 200  # characters of a category
DIGITS = 4  # of a number in an example

PLAIN_WORDS = {
    "`str | int | float | bool | null`": "a text, a number, true, false or null",
    "`str | bool | int | float | null`": "a text, a number, true, false or null",
    f"`float` <= {LARGEST}": f"a number of at most {LARGEST:,.0f}",
    f"`float` >= {-LARGEST}": f"a number of at least {-LARGEST:,.0f}",
}

Number = Annotated[float, Meta(ge=-LARGEST, le=LARGEST)] | None
Category = Annotated[str, Meta(max_length=LONGEST)] | int | float | bool | None


class Decoder:
    """JSON to rows of raw values, in the schema's column order. Raises Problem."""

    def __init__(self, schema: TableSchema, max_rows: int) -> None:
        self._row = msgspec.defstruct(
            "Row",
            [
                (f"column_{i}", Number if column.kind == "number" else Category, None)
                for i, column in enumerate(schema.columns)
            ],
            rename={f"column_{i}": name for i, name in enumerate(schema.names)},
            forbid_unknown_fields=True,
            gc=False,
        )
        rows = Annotated[list[self._row], Meta(min_length=1)]  # type: ignore[name-defined]
        batch = msgspec.defstruct("Batch", [("rows", rows)], forbid_unknown_fields=True)
        self._decode_row = msgspec.json.Decoder(self._row).decode
        self._decode_batch = msgspec.json.Decoder(batch).decode
        self._max_rows = max_rows

    def row(self, body: bytes) -> tuple[Any, ...]:
        """One row."""
        row = decoded(self._decode_row, body, PLAIN_WORDS)
        return msgspec.structs.astuple(row)

    def batch(self, body: bytes) -> list[tuple[Any, ...]]:
        """The rows of `{"rows": [...]}`."""
        batch: Any = decoded(self._decode_batch, body, PLAIN_WORDS)
        rows: list[Any] = batch.rows
        if len(rows) > self._max_rows:
            raise Problem(
                413, f"{len(rows):,} rows; {self._max_rows:,} are allowed. Send them in parts."
            )
        return [msgspec.structs.astuple(row) for row in rows]


def row_schema(schema: TableSchema) -> dict[str, Any]:
    """The JSON schema of one row, with an example from the training data's middle."""
    return {
        "type": "object",
        "title": "Row",
        "description": "What is known of one row. A field that is left out, or null, is missing.",
        "additionalProperties": False,
        "properties": {column.name: _column_schema(column) for column in schema.columns},
        "example": example(schema),
    }


def batch_schema(schema: TableSchema, max_rows: int) -> dict[str, Any]:
    """The JSON schema of several rows."""
    rows = {"type": "array", "minItems": 1, "maxItems": max_rows, "items": row_schema(schema)}
    return {
        "type": "object",
        "title": "Batch",
        "required": ["rows"],
        "additionalProperties": False,
        "properties": {"rows": rows},
    }


def example(schema: TableSchema) -> dict[str, Any]:
    """A typical row: the median of each number, the most frequent level of each category."""
    return {column.name: typical(column) for column in schema.columns}


def typical(column: Column) -> float | str | None:
    """The column's median or most frequent level; None where training mostly has no value."""
    if column.missing > 0.5:
        return None
    if column.kind == "category":
        return column.categories[0] if column.categories else None
    if column.median is None:
        return None
    return round(column.median) if column.integer else shortened(column, column.median)


def shortened(column: Column, value: float) -> float:
    """A value that is easy to read: four digits, and more only to stay in the training range."""
    candidates = (float(f"{value:.{digits}g}") for digits in range(DIGITS, 17))
    return next((each for each in candidates if _in_range(column, each)), value)


def _column_schema(column: Column) -> dict[str, Any]:
    if column.kind == "number":
        number = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
        seen = f"In training {column.minimum:g} to {column.maximum:g}." if _known(column) else ""
        return {"anyOf": [number, {"type": "null"}], "description": seen, "default": None}
    texts = {"type": "string", "maxLength": LONGEST}
    others = [{"type": kind} for kind in ("number", "boolean", "null")]
    seen = f"In training: {', '.join(column.categories[:30])}." if column.categories else ""
    return {"anyOf": [texts, *others], "description": seen, "default": None}


def _in_range(column: Column, value: float) -> bool:
    low, high = column.minimum, column.maximum
    return (low is None or low <= value) and (high is None or value <= high)


def _known(column: Column) -> bool:
    return column.minimum is not None and column.maximum is not None
