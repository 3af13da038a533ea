"""New labelled rows: read, checked, and added to the data without touching what is there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from . import prediction_log
from .artifacts import write_text
from .columns import canonical, numbers
from .config import Params
from .csv_table import read_table, to_csv
from .data import Dataset, prepared, stored_hashes
from .errors import UserError
from .raw_files import added_folder
from .schema import TableSchema, parse_category
from .sources import raw_file
from .split import row_hashes
from .validation import check, check_labels

REQUEST = "request_id"


@dataclass(frozen=True)
class NewRows:
    """What was found in the folder of new rows."""

    before: int
    """Rows that there were already."""
    added: int
    known: int
    """Rows in the files that the data hold already, or that come twice."""


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
    new = found[_unknown(found, dataset)]
    if len(new):
        _store(new, params)
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
    wanted = {str(request) for request in table[REQUEST].dropna()}
    inputs: dict[str, dict[str, Any]] = {}
    hidden: set[str] = set()
    for record in prediction_log.read(log):
        if record.request_id not in wanted:
            continue
        hidden.update(record.left_out)
        if inputs.setdefault(record.request_id, record.inputs) != record.inputs:
            raise UserError(
                f"{log}: {record.request_id} stands for two different requests. Take that row out "
                f"of {where}; ids that a caller sends have to be its own."
            )
    counts = Counter(table[REQUEST])
    for line, request in table[REQUEST].items():
        if request not in inputs:
            problem = f"is not in {log}" if request else "is empty"
            mend = "Correct it, take the row out, or bring the whole row instead."
        elif counts[request] > 1:
            problem, mend = "stands in more than one row", "Keep one of them."
        else:
            continue
        raise UserError(f"{where}, row {line:,}: {REQUEST} {request or ''} {problem}. {mend}")
    absent = sorted(hidden & set(schema.names))
    if absent:
        raise UserError(
            f"{log}: not every logged request has {', '.join(absent[:3])}, which "
            f"APP_PREDICTION_LOG_LEAVE_OUT names. Bring whole rows in {where} instead."
        )
    # What the model of that time did not ask for is unknown.
    rows = [inputs[request] for request in table[REQUEST]]
    columns = {name: [parse_category(row.get(name)) for row in rows] for name in schema.names}
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


def _unknown(found: pd.DataFrame, dataset: Dataset) -> npt.NDArray[np.bool_]:
    """Which rows are neither in the data nor earlier among the new ones, shape (n,)."""
    frame = canonical(found, dataset.table)
    hashes = row_hashes(frame, numbers(found[dataset.meta.target]))
    first = np.zeros(len(hashes), dtype=bool)
    first[np.unique(hashes, return_index=True)[1]] = True
    unknown: npt.NDArray[np.bool_] = first & ~np.isin(hashes, stored_hashes(dataset))
    return unknown


def _store(rows: pd.DataFrame, params: Params) -> None:
    """Write one more file of rows; its name is the time, so that names sort in their order."""
    rows = rows.drop(columns=REQUEST, errors="ignore")
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.csv"
    write_text(added_folder(raw_file(params.data)) / name, to_csv(rows))
