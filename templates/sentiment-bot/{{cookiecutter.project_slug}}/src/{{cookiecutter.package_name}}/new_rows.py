"""New labelled texts: read, checked, and added to the data without touching what is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from .api.predictor import TEXT
from .config import Params
from .data import Dataset, prepared
from .duplicates import row_hashes, text_hashes
from .errors import UserError
from .labelled_rows import REQUEST, NewRows, requests_of, unseen
from .raw_files import add_file
from .sources import column_names, load_raw, raw_file
from .text_check import check_rows
from .text_formats import to_csv
from .text_table import TextTable, read_table


def add(params: Params) -> NewRows:
    """Add the texts in the folder `retrain.new_rows` that are not known yet to the data.

    Each CSV file there holds texts with their labels, or the columns request_id and label, whose
    texts the prediction log has. They become one new file beside the raw one. Raises UserError that
    names file and row if any row is unfit; nothing has changed then.
    """
    dataset = prepared(params)
    files = sorted(Path(params.retrain.new_rows).glob("*.csv"))
    texts: list[str] = []
    labels: list[str] = []
    for path in files:
        more = _read(path, params, dataset)
        texts += more[0]
        labels += more[1]
    if not texts:
        return NewRows(dataset.meta.rows, 0, 0)
    raw = load_raw(params.data)
    stored = row_hashes(text_hashes(raw.texts), raw.labels)
    new = np.flatnonzero(unseen(row_hashes(text_hashes(texts), labels), stored))
    if len(new):
        rows = [(texts[row], labels[row]) for row in new]
        add_file(raw_file(params.data), to_csv(column_names(params.data), rows))
    return NewRows(dataset.meta.rows, len(new), len(texts) - len(new))


def _read(path: Path, params: Params, dataset: Dataset) -> tuple[list[str], list[str]]:
    """Texts and labels of one file, once they have been checked."""
    text, label = column_names(params.data)
    wanted = {label: "the column of labels"}
    table = read_table(path, wanted, lambda names: [n for n in (text, REQUEST) if n in names])
    if text not in table.cells:
        if REQUEST not in table.cells:
            raise UserError(
                f"{path}: neither a column {text} nor {REQUEST}. New rows bring their texts, or "
                "the ids of the requests that the prediction log has the texts of."
            )
        table = _with_texts(table, text, Path(params.retrain.prediction_log))
    texts, labels = check_rows(table, text, label)
    known = dataset.meta.classes
    for name, line in zip(labels, table.lines, strict=True):
        if name not in known:
            raise UserError(
                f"{path}, row {line:,}: the label {name!r} is no class of {dataset.meta.name} "
                f"({', '.join(known[:10])}). Correct it; a new class belongs into the data that "
                "the model is first trained on."
            )
    return texts, labels


def _with_texts(table: TextTable, text: str, log: Path) -> TextTable:
    """The table with the texts that were asked under its ids."""
    ids = [(request or "").strip() for request in table.cells[REQUEST]]
    records = requests_of(ids, table.lines, table.where, log, "the text itself")
    if any(TEXT in record.left_out for record in records):
        raise UserError(
            f"{log}: has no texts, since APP_PREDICTION_LOG_LEAVE_OUT names {TEXT}. Bring the "
            f"texts themselves in {table.where} instead."
        )
    texts: list[str | None] = [str(record.inputs[TEXT]) for record in records]
    return replace(table, cells={**table.cells, text: texts})
