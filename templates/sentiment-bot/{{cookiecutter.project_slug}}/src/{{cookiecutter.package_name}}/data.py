"""From a source to the three parts that later steps read: to train on, to choose by, held out.

`prepare` loads, checks and splits once, and stores the split. `load_train` and `load_validation`
never open the held-out texts; `load_test` is for `evaluate`, and for the comparison of a new model
with the champion.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from .artifacts import write_json
from .class_check import check_classes, check_split
from .class_names import classes_of, counts_of, numbered
from .config import DataParams, Params, Source
from .data_summary import show as show
from .duplicates import Hashes, Integers, groups_of, text_hashes, with_two_labels
from .errors import UserError
from .prepared_parts import DATASET as DATASET
from .prepared_parts import changed_settings, first_damage, read_dataset, read_part, write_parts
from .raw_files import added_folder, added_sha256, combined_sha256
from .sources import RawTexts, load_raw, raw_file, state
from .split import PARTS, Part, Split, split
from .text_check import labelled

MOST_NAMED = 5  # texts with two labels that are shown

logger = logging.getLogger(__name__)


class Meta(BaseModel):
    """What the texts are, for wherever a figure made from them is shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: Source
    synthetic: bool
    text: str
    label: str
    classes: tuple[str, ...]
    sha256: str  # of the raw files
    rows: int
    train_rows: int
    validation_rows: int
    test_rows: int
    duplicates: int  # texts that repeat an earlier one, see `same_text`
    across: int  # texts that stood in two parts and were taken out of the later one
    two_labels: int  # texts that stand with more than one label
    seed: int
    test_size: float
    validation_size: float
    created: str  # when it was split, UTC


class Dataset(BaseModel):
    """What `data/processed/` holds. Stored as dataset.json, written last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    meta: Meta
    counts: dict[Part, dict[str, int]]  # part -> class -> texts
    official: tuple[Part, ...]  # parts that the source brings beside the training texts
    two_labels: tuple[str, ...]  # the first of these texts, with where they stand
    params: DataParams
    files: dict[Part, str]  # part -> SHA-256 of its Parquet file
    added: dict[str, str] = {}  # file of texts that came later -> its SHA-256


@dataclass(frozen=True)
class TextData:
    """Texts of one part, as they were written.

    texts: n. labels: (n,) positions in classes. lines: (n,) each text's line in its raw file.
    """

    texts: list[str]
    labels: Integers
    classes: tuple[str, ...]
    lines: Integers
    meta: Meta

    @property
    def hashes(self) -> Hashes:
        """(n,) a number per text, the same for what a reader would take for the same text."""
        return text_hashes(self.texts)

    def duplicate_groups(self) -> Integers:
        """(n,) a number per text, the same for duplicates.

        For folds: a model must not be scored on a text of which it has seen the twin.
        """
        return groups_of(self.hashes)

    def take(self, rows: Integers) -> TextData:
        """Some of the texts, by their positions."""
        return replace(
            self,
            texts=[self.texts[row] for row in rows],
            labels=self.labels[rows],
            lines=self.lines[rows],
        )


def prepare(params: Params) -> Dataset:
    """Load, check and split the texts, and store the parts. Raises UserError for bad input."""
    settings = params.data
    added = added_sha256(raw_file(settings))
    raw = load_raw(settings)
    rows = labelled(raw)
    check_classes(rows)
    classes = classes_of(raw.labels, raw.classes)
    labels = numbered(raw.labels, classes)
    hashes = text_hashes(raw.texts)
    groups = groups_of(hashes)
    parted = split(raw.parts, raw.official, groups, hashes, labels, settings, raw.added)
    positions = {part: np.flatnonzero(parted.parts == code) for code, part in enumerate(PARTS)}
    counts = {part: counts_of(labels[chosen], classes) for part, chosen in positions.items()}
    check_split(rows, counts, settings.test_size)
    disputed = with_two_labels(groups, labels)
    table = pd.DataFrame({"text": raw.texts, "label": raw.labels}, index=raw.lines)
    dataset = Dataset(
        meta=_meta(raw, classes, groups, parted, disputed, settings),
        counts=counts,
        official=tuple(part for part in PARTS if part in raw.official),
        two_labels=_disputed(raw, groups, disputed),
        params=settings,
        files=write_parts(table, positions),
        added=added,
    )
    write_json(DATASET, dataset.model_dump(mode="json"))
    return dataset


def load_train(params: Params) -> TextData:
    """The texts to train on; prepared first if they are not, or if their settings or file changed.

    Never opens the held-out texts. Raises UserError.
    """
    return _read_part(prepared(params), "train")


def load_validation(params: Params) -> TextData:
    """The texts to choose by: when to stop, which model, what temperature. See `load_train`."""
    return _read_part(prepared(params), "validation")


def load_test(params: Params) -> TextData:
    """The held-out texts: for `evaluate`, and for the comparison of two models.

    Raises UserError if there are none, or if they do not belong to these settings: texts split
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
            "data.test_size is 0, so no texts are held out. Set it (0.2, say) and run `train` "
            "again."
        )
    return _read_part(dataset, "test")


def prepared(params: Params) -> Dataset:
    """What is prepared; prepared now if it is not, or if its settings or files changed."""
    dataset = read_dataset(Dataset)
    reason = _stale(dataset, params.data) if dataset else "no prepared data yet"
    if dataset is None or reason:
        logger.warning("%s: preparing the data", reason)
        dataset = prepare(params)
    return dataset


def standing(params: Params) -> tuple[Dataset | None, str | None]:
    """What is prepared, and why it cannot be used as it is. Prepares nothing, reads no text."""
    dataset = read_dataset(Dataset)
    if dataset is None:
        return None, None
    return dataset, _stale(dataset, params.data) or first_damage(dataset.files)


def _disputed(raw: RawTexts, groups: Integers, rows: Integers) -> tuple[str, ...]:
    """The first texts that stand with two labels, each with its labels and their rows."""
    shown = []
    for group in list(dict.fromkeys(groups[rows].tolist()))[:MOST_NAMED]:
        same = [int(row) for row in rows if groups[row] == group]
        text = " ".join(raw.texts[same[0]].split())
        where = ", ".join(f"{raw.labels[row]} (row {raw.lines[row]:,})" for row in same[:4])
        shown.append(f"{text[:60]}{'…' if len(text) > 60 else ''}: {where}")
    return tuple(shown)


def _meta(
    raw: RawTexts,
    classes: tuple[str, ...],
    groups: Integers,
    parted: Split,
    disputed: Integers,
    settings: DataParams,
) -> Meta:
    train, validation, test = (int((parted.parts == code).sum()) for code in range(len(PARTS)))
    return Meta(
        name=raw.name,
        source=settings.source,
        synthetic=raw.synthetic,
        text=raw.text,
        label=raw.label,
        classes=classes,
        sha256=raw.sha256,
        rows=len(raw.texts),
        train_rows=train,
        validation_rows=validation,
        test_rows=test,
        duplicates=len(groups) - len(np.unique(groups)),
        across=len(parted.across),
        two_labels=len(np.unique(groups[disputed])),
        seed=settings.seed,
        test_size=settings.test_size,
        validation_size=settings.validation_size,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _stale(dataset: Dataset, settings: DataParams) -> str | None:
    """Why the prepared data do not belong to these settings; None if they do."""
    changed = changed_settings(dataset.params, settings)
    if changed:
        return changed
    path = raw_file(settings)
    added = added_sha256(path)
    if added != dataset.added:
        return f"the rows in {added_folder(path)} changed since the data were prepared"
    found = state(settings) if settings.source == "file" else None
    if found is None or combined_sha256(found, added.values()) == dataset.meta.sha256:
        return None
    return f"{settings.path} or a file beside it changed since the data were prepared"


def _read_part(dataset: Dataset, part: Part) -> TextData:
    table = read_part(part, dataset.files[part])
    classes = dataset.meta.classes
    return TextData(
        texts=table["text"].tolist(),
        labels=numbered(table["label"].tolist(), classes),
        classes=classes,
        lines=table.index.to_numpy(dtype=np.int64),
        meta=dataset.meta,
    )
