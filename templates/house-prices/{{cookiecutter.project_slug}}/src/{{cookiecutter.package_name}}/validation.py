"""The guard at the door: what a table must be before anything is trained on it.

A pandera schema is built from the TableSchema and the settings. What it finds is told with the
row's line in the file and the column; no row is dropped in silence.
"""

import difflib
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pandera.pandas as pa

from .columns import is_number
from .config import DataParams
from .errors import UserError
from .schema import TableSchema

MIN_ROWS = 20
# A column of which this share is numbers is meant to be one: the rest are mistakes, not levels.
MEANT_AS_NUMBER = 0.95
UNFIT_NAME = re.compile(r'["\\\x00-\x1f]')


def check_names(frame: pd.DataFrame, params: DataParams, where: str) -> None:
    """Raises UserError if a column that the settings name is not in the table, or if no request
    could name one of its inputs."""
    names = [str(name) for name in frame.columns]
    settings: list[tuple[str, str]] = [("data.target", params.target)]
    if params.identifier is not None:
        settings.append(("data.identifier", params.identifier))
    settings += [("data.categories", name) for name in params.categories]
    settings += [("data.ignore", name) for name in params.ignore]
    for setting, name in settings:
        if name not in names:
            raise UserError(
                f"{where}: no column {name} ({setting}).{_near(name, names)} "
                f"Columns: {_listed(names)}. Set {setting} to one of them."
            )
        if setting != "data.target" and name == params.target:
            raise UserError(f"{setting}: {name} is the target. Take it out of {setting}.")
    for name in names:
        # msgspec, which reads the requests, has no fields of such names.
        if UNFIT_NAME.search(name) and name not in (params.target, *params.ignore):
            raise UserError(
                f"{where}: the name of the column {name!r} has a quotation mark, a backslash or a "
                "control character, and the API cannot read those in names. Rename the column, or "
                "add it to data.ignore."
            )
    if len(frame) < MIN_ROWS:
        plural = "row" if len(frame) == 1 else "rows"
        raise UserError(
            f"{where}: {len(frame)} {plural}, too few to train and test on. "
            f"At least {MIN_ROWS} are needed; some hundreds are better."
        )


def check_target(frame: pd.DataFrame, target: str, where: str) -> None:
    """Raises UserError, with the row, if a target is missing, not a number, or the same in all."""
    check_labels(frame, target, where)
    if frame[target].nunique() == 1:
        raise UserError(
            f"{where}: {target} is {frame[target].iloc[0]} in every row, so there is nothing to "
            "learn. Set data.target to another column."
        )


def check_labels(frame: pd.DataFrame, target: str, where: str) -> None:
    """Raises UserError, with the row, if a target is missing or not a number."""
    schema = pa.DataFrameSchema(
        {
            target: pa.Column(
                None,
                checks=[
                    pa.Check(_has_value, name="value", ignore_na=False),
                    pa.Check(_numeric, name="number"),
                ],
                nullable=True,
            )
        }
    )
    errors = _failures(frame[[target]], schema)
    if errors is not None:
        row, _, value, count = errors
        more = f" ({count - 1:,} more like it.)" if count > 1 else ""
        if value is None or value == "None":
            raise UserError(
                f"{where}, row {row:,}: {target} is empty. Rows to train on need a {target}; "
                f"drop the row or fill it.{more}"
            )
        raise UserError(
            f"{where}, row {row:,}: {target} is {_quoted(value)}, not a number. Write it with "
            f"digits and a decimal point only.{more}"
        )


def check_numbers(frame: pd.DataFrame, names: Sequence[str], where: str) -> None:
    """Raises UserError, with the row, for a stray text in a column that is meant as numbers.

    Without this, one "8,450" would turn the whole column into a category.
    """
    for name in names:
        present = frame[name].dropna()
        readable = present.map({value: is_number(value) for value in present.unique()})
        if len(present) == 0 or readable.all() or readable.mean() < MEANT_AS_NUMBER:
            continue
        bad = present[~readable.astype(bool)]
        more = f" ({len(bad) - 1:,} more like it.)" if len(bad) > 1 else ""
        raise UserError(
            f"{where}, row {bad.index[0]:,}: {name} is {_quoted(bad.iloc[0])}, but "
            f"{int(readable.sum()):,} of its {len(present):,} values are numbers. Write a number, "
            f"leave it empty, or list {name} in data.categories.{more}"
        )


def check(frame: pd.DataFrame, schema: TableSchema, where: str) -> None:
    """Raises UserError, with row and column, unless every row fits the schema.

    frame: raw values, indexed by the line in the file. Columns beyond the schema do no harm.
    """
    for name in schema.names:
        if name not in frame.columns:
            names = [str(column) for column in frame.columns]
            raise UserError(
                f"{where}: no column {name}, which the model reads.{_near(name, names)} "
                "Add it; it may be empty."
            )
    errors = _failures(frame, table_guard(schema))
    if errors is not None:
        row, column, value, count = errors
        more = f" ({count - 1:,} more like it.)" if count > 1 else ""
        raise UserError(
            f"{where}, row {row:,}: {column} is {_quoted(value)}, not a number. "
            f"Write a number or leave it empty.{more}"
        )


def table_guard(schema: TableSchema) -> pa.DataFrameSchema:
    """The pandera schema of a raw table: each number column holds numbers or nothing."""
    return pa.DataFrameSchema(
        {
            column.name: pa.Column(
                None,
                checks=[pa.Check(_numeric, name="number")] if column.kind == "number" else [],
                nullable=True,
            )
            for column in schema.columns
        }
    )


def _numeric(series: "pd.Series[Any]") -> "pd.Series[Any]":
    readable = {value: is_number(value) for value in series.dropna().unique()}
    return series.map(readable).fillna(True).astype(bool)


def _has_value(series: "pd.Series[Any]") -> "pd.Series[Any]":
    return series.notna() & (series != "None")  # where a number is wanted, "None" is none


def _failures(frame: pd.DataFrame, schema: pa.DataFrameSchema) -> tuple[int, str, Any, int] | None:
    """(line, column, value, number of failures) of the first failure by line; None if none."""
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        line = int(cases["index"].astype(int).min())
        first = cases[cases["index"].astype(int) == line].iloc[0]
        column = str(first["column"])
        value = frame[column][line]
        return line, column, None if pd.isna(value) else value, len(cases)
    return None


def _near(name: str, names: Sequence[str]) -> str:
    by_case = {known.lower(): known for known in names}
    close = difflib.get_close_matches(name.lower(), list(by_case), n=3)
    return f" Did you mean {' or '.join(by_case[match] for match in close)}?" if close else ""


def _listed(names: Sequence[str], most: int = 30) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _quoted(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
