"""New labelled rows: read, checked, and added to the data without touching what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from .columns import canonical, numbers
from .config import Params
from .csv_table import read_table, to_csv
from .data import Dataset, prepared, stored_hashes
from .errors import UserError
from .labelled_rows import REQUEST, NewRows, requests_of, unseen
from .raw_files import add_file
from .schema import TableSchema, parse_category
from .sources import raw_file
from .split import row_hashes
from .validation import check, check_labels


def add(params: Params) -> NewRows:
    """Add the rows in the folder `retrain.new_rows` that are not known yet to the data.

    Each file there holds whole rows with the target, or the columns request_id and target, whose
    inputs the prediction log has. They become one new file beside the raw one. Raises UserError
    that names file and row if any row is unfit; nothing has changed then.
    """
    dataset = prepared(params)
    folder = Path(params.retrain.new_rows)
    tables = [_read(path, params, dataset) for path in sorted(folder.glob("*.csv"))]
    if not tables:
        return NewRows(dataset.meta.rows, 0, 0)
    found = pd.concat(tables, ignore_index=True)
    hashes = row_hashes(canonical(found, dataset.table), numbers(found[dataset.meta.target]))
    new = found[unseen(hashes, stored_hashes(dataset))]
    if len(new):
        add_file(raw_file(params.data), to_csv(new.drop(columns=REQUEST, errors="ignore")))
    return NewRows(dataset.meta.rows, len(new), len(found) - len(new))


def _read(path: Path, params: Params, dataset: Dataset) -> pd.DataFrame:
    """The rows of one file as texts (None for missing), in the data's columns."""
    try:
        table = read_table(path.read_bytes(), str(path))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Check its rights.") from None
    target = params.data.target
    where = str(path)
    if target not in table.columns:
        raise UserError(
            f"{path}: no column {target}, which new rows have to bring. Add it, with {REQUEST} or "
            "with the rows' other columns."
        )
    if set(table.columns) == {REQUEST, target}:
        table = _with_inputs(table, where, params, dataset.table)
    _check_known_columns(table, dataset, where)
    check_labels(table, target, where)
    check(table, dataset.table, where)
    if params.train.log_target:
        _check_positive(table[target], where)
    return table.astype(object).where(table.notna(), None)


def _with_inputs(
    table: pd.DataFrame, where: str, params: Params, schema: TableSchema
) -> pd.DataFrame:
    """The rows that were predicted under these ids, with what they turned out to be."""
    log = Path(params.retrain.prediction_log)
    ids = [str(request or "") for request in table[REQUEST]]
    records = requests_of(ids, table.index.tolist(), where, log, "the whole row")
    hidden = {name for record in records for name in record.left_out}
    absent = sorted(hidden & set(schema.names))
    if absent:
        raise UserError(
            f"{log}: not every logged request has {', '.join(absent[:3])}, which "
            f"APP_PREDICTION_LOG_LEAVE_OUT names. Bring whole rows in {where} instead."
        )
    # What the model of that time did not ask for is unknown.
    columns = {
        name: [parse_category(record.inputs.get(name)) for record in records]
        for name in schema.names
    }
    columns[params.data.target] = table[params.data.target].tolist()
    return pd.DataFrame(columns, index=table.index, dtype=object)


def _check_known_columns(table: pd.DataFrame, dataset: Dataset, where: str) -> None:
    schema = dataset.table
    known = {*schema.names, *schema.ignored, schema.target, schema.identifier, REQUEST}
    unknown = [name for name in table.columns if name not in known]
    if unknown:
        raise UserError(
            f"{where}: {', '.join(unknown[:3])} is no column of {dataset.meta.name}. Take it out, "
            "or correct its name."
        )


def _check_positive(target: pd.Series[Any], where: str) -> None:
    values = numbers(target)
    bad = values[values <= 0]
    if len(bad):
        raise UserError(
            f"{where}, row {bad.index[0]:,}: {target.name} is {bad.iloc[0]:g}, which has no "
            "logarithm (train.log_target). Correct the row, or take it out."
        )
