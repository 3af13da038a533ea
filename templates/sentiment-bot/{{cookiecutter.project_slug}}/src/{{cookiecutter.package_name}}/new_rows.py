"""New labelled texts: read, checked, and added to the data without touching what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from . import prediction_log
from .api.predictor import TEXT
from .artifacts import write_text
from .config import Params
from .data import Dataset, prepared
from .duplicates import row_hashes, text_hashes
from .errors import UserError
from .raw_files import added_folder
from .sources import column_names, load_raw, raw_file
from .text_check import check_rows
from .text_formats import to_csv
from .text_table import TextTable, read_table

REQUEST = "request_id"


@dataclass(frozen=True)
class NewRows:
    """What was found in the folder of new rows."""

    before: int
    """Texts that there were already."""
    added: int
    known: int
    """Texts in the files that the data hold already with that label, or that come twice."""


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
    new = np.flatnonzero(_unknown(texts, labels, params))
    if len(new):
        _store([(texts[row], labels[row]) for row in new], params)
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
    requests = [(request or "").strip() for request in table.cells[REQUEST]]
    asked = _asked(set(requests), log, table.where)
    counts = Counter(requests)
    for line, request in zip(table.lines, requests, strict=True):
        if request not in asked:
            problem = f"is not in {log}" if request else "is empty"
            mend = "Correct it, take the row out, or bring the text itself instead."
        elif counts[request] > 1:
            problem, mend = "stands in more than one row", "Keep one of them."
        else:
            continue
        raise UserError(f"{table.where}, row {line:,}: {REQUEST} {request} {problem}. {mend}")
    return replace(table, cells={**table.cells, text: [asked[request] for request in requests]})


def _asked(wanted: set[str], log: Path, where: str) -> dict[str, str]:
    """Request id -> the text that was sent with it."""
    texts: dict[str, str] = {}
    for record in prediction_log.read(log):
        if record.request_id not in wanted:
            continue
        if TEXT in record.left_out:
            raise UserError(
                f"{log}: has no texts, since APP_PREDICTION_LOG_LEAVE_OUT names {TEXT}. Bring the "
                f"texts themselves in {where} instead."
            )
        text = str(record.inputs[TEXT])
        if texts.setdefault(record.request_id, text) != text:
            raise UserError(
                f"{log}: {record.request_id} stands for two different requests. Take that row out "
                f"of {where}; ids that a caller sends have to be its own."
            )
    return texts


def _unknown(texts: Sequence[str], labels: Sequence[str], params: Params) -> npt.NDArray[np.bool_]:
    """Which texts are neither in the data with that label nor earlier among the new, shape (n,)."""
    raw = load_raw(params.data)
    stored = row_hashes(text_hashes(raw.texts), raw.labels)
    hashes = row_hashes(text_hashes(texts), labels)
    first = np.zeros(len(hashes), dtype=bool)
    first[np.unique(hashes, return_index=True)[1]] = True
    unknown: npt.NDArray[np.bool_] = first & ~np.isin(hashes, stored)
    return unknown


def _store(rows: Sequence[tuple[str, str]], params: Params) -> None:
    """Write one more file of texts; its name is the time, so that names sort in their order."""
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.csv"
    path = added_folder(raw_file(params.data)) / name
    write_text(path, to_csv(column_names(params.data), rows))
