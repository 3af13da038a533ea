"""From a source to the two tables that later steps read: one to train on, one held out.

`prepare` loads, checks and splits once, and stores the split. `load_train` never opens the
held-out rows; `load_test` is for `evaluate`, and for the comparison of a new model with the
champion.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from .artifacts import sha256_of, write_json
from .columns import canonical, find_identifier, infer_schema, numbers
from .config import DataParams, Params
from .data_summary import show as show
from .errors import UserError
from .leakage import Pairs, joined
from .leakage_columns import target_leaks
from .leakage_rows import near_duplicates
from .prepared_parts import DATASET as DATASET
from .prepared_parts import changed_settings, first_damage, read_dataset, read_part, write_parts
from .raw_files import added_folder, added_sha256, combined_sha256
from .schema import TableSchema
from .sources import RawTable, load_raw, raw_file
from .split import groups_of, hashes_of, row_hashes, split
from .validation import check, check_names, check_numbers, check_target

Part = Literal["train", "test"]

logger = logging.getLogger(__name__)


class Meta(BaseModel):
    """What the rows are, for wherever a figure made from them is shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: Literal["sample", "openml", "csv"]
    synthetic: bool
    target: str
    sha256: str  # of the raw file
    rows: int
    train_rows: int
    test_rows: int
    duplicates: int  # rows that repeat an earlier one in everything but the identifier
    near_duplicates: int = 0  # rows that repeat one in the target and all columns read but one
    seed: int
    test_size: float
    created: str  # when it was split, UTC


class Dataset(BaseModel):
    """What `data/processed/` holds. Stored as dataset.json, written last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    meta: Meta
    table: TableSchema
    missing: dict[str, int]  # column -> rows without a value, all rows counted, most first
    params: DataParams
    files: dict[Part, str]  # part -> SHA-256 of its Parquet file
    added: dict[str, str] = {}  # file of rows that came later -> its SHA-256
    leaks: tuple[str, ...] = ()  # columns that may give the target away, a line for each


@dataclass(frozen=True)
class TableData:
    """Rows as the models read them.

    frame: (n, columns) in schema order; numbers float64 with NaN, categories str or None (object).
    target: (n,) float64, in the target's own unit. lines: (n,) each row's line in the raw file.
    """

    frame: pd.DataFrame
    target: "pd.Series[float]"
    lines: "np.ndarray[Any, np.dtype[np.int64]]"
    schema: TableSchema
    meta: Meta

    def duplicate_groups(self) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """(n,) a number per row, the same for rows that are equal, or near duplicates.

        For folds: a model must not be scored on a row of which it has seen the twin.
        """
        groups = groups_of(row_hashes(self.frame, self.target))
        return joined(groups, near_duplicates(self.frame, self.target))


def prepare(params: Params) -> Dataset:
    """Load, check and split the rows, and store both parts. Raises UserError for bad input."""
    settings = params.data
    added = added_sha256(raw_file(settings))
    raw = load_raw(settings)
    identifier, target = _check_raw(raw, settings)
    rows = raw.frame.drop(columns=[identifier] if identifier else [])
    groups = groups_of(hashes_of(rows))
    alike = _alike(raw, identifier, target, settings)
    train, test = split(groups, target.to_numpy(), settings, raw.added, rows, alike)
    schema = infer_schema(raw.frame.iloc[train], identifier, settings, raw.lacking)
    if not schema.columns:
        reasons = "; ".join(f"{name}: {why}" for name, why in schema.ignored.items())
        raise UserError(
            f"{raw.where}: no column to predict {settings.target} from ({reasons or 'it is alone'}"
            "). Add columns that describe the rows."
        )
    check(raw.frame, schema, raw.where)
    meta = Meta(
        name=raw.name,
        source=settings.source,
        synthetic=raw.synthetic,
        target=settings.target,
        sha256=raw.sha256,
        rows=len(raw.frame),
        train_rows=len(train),
        test_rows=len(test),
        duplicates=len(groups) - len(np.unique(groups)),
        near_duplicates=len(np.unique(groups)) - len(np.unique(joined(groups, alike))),
        seed=settings.seed,
        test_size=settings.test_size,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    missing = raw.frame.isna().sum().sort_values(ascending=False, kind="stable")
    frame = canonical(raw.frame, schema)
    table = frame.copy()  # not `assign`, whose argument no column named self can be
    table[str(target.name)] = target
    parts: dict[Part, np.ndarray[Any, Any]] = {"train": train, "test": test}
    dataset = Dataset(
        meta=meta,
        table=schema,
        missing={str(name): int(count) for name, count in missing.items() if count > 0},
        params=settings,
        files=write_parts(table, parts),
        added=added,
        leaks=tuple(map(str, target_leaks(frame.iloc[train], target.iloc[train], schema))),
    )
    write_json(DATASET, dataset.model_dump(mode="json"))
    return dataset


def load_train(params: Params) -> TableData:
    """The rows to train on; prepared first if they are not, or if their settings or file changed.

    Never opens the held-out rows. Raises UserError.
    """
    return _read_part(prepared(params), "train")


def prepared(params: Params) -> Dataset:
    """What is prepared; prepared now if it is not, or if its settings or files changed."""
    dataset = read_dataset(Dataset)
    reason = _stale(dataset, params.data) if dataset else "no prepared data yet"
    if dataset is None or reason:
        logger.warning("%s: preparing the data", reason)
        dataset = prepare(params)
        for leak in dataset.leaks:
            logger.warning("%s", leak)
    return dataset


def load_test(params: Params) -> TableData:
    """The held-out rows: for `evaluate`, and for the comparison of two models.

    Raises UserError if there are none, or if they do not belong to these settings: rows split
    anew would be some of those that the model was trained on.
    """
    dataset = read_dataset(Dataset)
    if dataset is None:
        raise UserError(f"{DATASET}: no such file. Run `data`, then `train`.")
    reason = _stale(dataset, params.data)
    if reason:
        raise UserError(f"{DATASET}: {reason}. Run `data`, then `train`, then this again.")
    if "test" not in dataset.files:
        raise UserError(
            "data.test_size is 0, so no rows are held out. Set it (0.2, say) and run `train` again."
        )
    return _read_part(dataset, "test")


def standing(params: Params) -> tuple[Dataset | None, str | None]:
    """What is prepared, and why it cannot be used as it is. Prepares nothing, reads no row."""
    dataset = read_dataset(Dataset)
    if dataset is None:
        return None, None
    return dataset, _stale(dataset, params.data) or first_damage(dataset.files)


def stored_hashes(dataset: Dataset) -> "np.ndarray[Any, np.dtype[np.uint64]]":
    """`row_hashes` of every row, of both parts."""
    parts = [_read_part(dataset, part) for part in dataset.files]
    return np.concatenate([row_hashes(part.frame, part.target) for part in parts])


def _check_raw(raw: RawTable, settings: DataParams) -> tuple[str | None, "pd.Series[float]"]:
    """The identifier column and the target as numbers, once the door has let the table in."""
    check_names(raw.frame, settings, raw.where)
    check_target(raw.frame, settings.target, raw.where)
    # Rows that were added later may have no identifier, or one that an earlier row has.
    identifier = find_identifier(raw.frame.iloc[: len(raw.frame) - raw.added], settings)
    apart = {settings.target, identifier, *settings.categories, *settings.ignore}
    check_numbers(raw.frame, [name for name in raw.frame.columns if name not in apart], raw.where)
    return identifier, numbers(raw.frame[settings.target])


def _alike(
    raw: RawTable, identifier: str | None, target: "pd.Series[float]", settings: DataParams
) -> Pairs:
    """The near duplicates among all rows, in the columns that a model would read of them."""
    # All rows decide which columns count here, and only here: what the split is drawn from must
    # not depend on the split.
    schema = infer_schema(raw.frame, identifier, settings, raw.lacking)
    return near_duplicates(canonical(raw.frame, schema), target)


def _stale(dataset: Dataset, settings: DataParams) -> str | None:
    """Why the prepared data do not belong to these settings; None if they do."""
    changed = changed_settings(dataset.params, settings)
    if changed:
        return changed
    path = raw_file(settings)
    added = added_sha256(path)
    if added != dataset.added:
        return f"the rows in {added_folder(path)} changed since the data were prepared"
    if settings.source != "csv" or not path.is_file():
        return None
    if combined_sha256(sha256_of(path), added.values()) != dataset.meta.sha256:
        return f"{path} changed since the data were prepared"
    return None


def _read_part(dataset: Dataset, part: Part) -> TableData:
    table = read_part(part, dataset.files[part])
    target = table[dataset.meta.target].astype("float64")
    frame = canonical(table.drop(columns=[dataset.meta.target]), dataset.table)
    return TableData(
        frame=frame.reset_index(drop=True),
        target=target.reset_index(drop=True),
        lines=table.index.to_numpy(dtype=np.int64),
        schema=dataset.table,
        meta=dataset.meta,
    )
