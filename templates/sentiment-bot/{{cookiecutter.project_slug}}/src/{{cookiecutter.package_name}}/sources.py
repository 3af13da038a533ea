"""Where the texts come from: the synthetic sample, the Hugging Face hub, or files of your own.

Whatever comes from elsewhere is kept in data/raw with its SHA-256 beside it and is never edited:
texts that came later lie in files of their own in a folder beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from .artifacts import sha256_of, write_text
from .config import DataParams, Source
from .hub_data import load_splits
from .raw_files import RAW, added_files, added_folder, cached, combined_sha256
from .sample import make_sample
from .split import PARTS, TRAIN, Codes, Part
from .text_check import check_rows
from .text_formats import to_csv
from .text_table import TextTable, read_table

TEXT, LABEL, PART = "text", "label", "part"
CLASSES = b"classes"  # the key of a Parquet file's metadata that holds the classes in their order


@dataclass(frozen=True)
class HubSource:
    """A public data set of texts on the hub.

    splits: part -> the hub's split. SST-2's own test split has no labels, so that its validation
    split is held out.
    """

    title: str
    name: str
    config: str | None
    text: str
    splits: Mapping[Part, str]


HUB: dict[Source, HubSource] = {
    "tweet_eval": HubSource(
        title="TweetEval, sentiment",
        name="cardiffnlp/tweet_eval",
        config="sentiment",
        text="text",
        splits={"train": "train", "validation": "validation", "test": "test"},
    ),
    "sst2": HubSource(
        title="SST-2",
        name="stanfordnlp/sst2",
        config=None,
        text="sentence",
        splits={"train": "train", "test": "validation"},
    ),
    "imdb": HubSource(
        title="IMDb reviews",
        name="stanfordnlp/imdb",
        config=None,
        text="text",
        splits={"train": "train", "test": "test"},
    ),
}


@dataclass(frozen=True)
class RawTexts:
    """Labelled texts as they were written.

    lines: each text's line in its file. parts: (n,) what the source has it for, a position in
    PARTS. official: the parts that the source has beside the training texts. classes: in the
    source's order, if it has one. name: what reports call the data; where: what messages call it.
    text, label: names of the columns. added: how many of the texts, the last ones, came later.
    """

    texts: list[str]
    labels: list[str]
    lines: list[int]
    parts: Codes
    official: frozenset[Part]
    classes: tuple[str, ...] | None
    name: str
    where: str
    text: str
    label: str
    sha256: str
    synthetic: bool
    added: int = 0


def load_raw(params: DataParams) -> RawTexts:
    """The texts of the source that `params` names. Raises UserError if they cannot be had."""
    if params.source == "sample":
        raw = _sample(params)
    elif params.source == "file":
        raw = _files(params)
    else:
        raw = _hub(params, HUB[params.source])
    return _with_added(raw, params)


def raw_file(params: DataParams) -> Path:
    """The file on disk that holds, or will hold, the raw training texts."""
    if params.source == "sample":
        return RAW / "synthetic-sample.csv"
    if params.source == "file":
        return Path(params.path or "")
    revision = f"-{params.revision.replace('/', '-')}" if params.revision else ""
    return RAW / f"{params.source}{revision}.parquet"


def column_names(params: DataParams) -> tuple[str, str]:
    """What the columns of texts and labels are called, in files of new rows too."""
    if params.source != "file" or params.text.isdecimal():
        return TEXT, LABEL
    return params.text, params.label


def state(params: DataParams) -> str | None:
    """The hash of all raw files but the added ones, as they lie there now; None if not all do."""
    paths = [path for _, path in _paths(params)] or [raw_file(params)]
    if not all(path.is_file() for path in paths):
        return None
    base, *more = map(sha256_of, paths)
    return combined_sha256(base, more)


def _sample(params: DataParams) -> RawTexts:
    path = raw_file(params)
    write_text(path, to_csv((TEXT, LABEL), make_sample(params.sample_rows, params.seed)))
    table = read_table(path, {TEXT: "data.text", LABEL: "data.label"})
    raw = _raw([("train", table)], TEXT, LABEL, sha256_of(path))
    name = f"synthetic sample ({params.sample_rows:,} made-up texts, seed {params.seed})"
    return replace(raw, name=name, synthetic=True)


def _files(params: DataParams) -> RawTexts:
    wanted = {params.text: "data.text", params.label: "data.label"}
    tables: list[tuple[Part, TextTable]] = [
        (part, read_table(path, wanted)) for part, path in _paths(params)
    ]
    raw = _raw(tables, params.text, params.label, state(params) or "")
    text, label = column_names(params)
    return replace(raw, name=raw_file(params).name, text=text, label=label)


def _paths(params: DataParams) -> list[tuple[Part, Path]]:
    """Part -> the user's file with it."""
    if params.source != "file":
        return []
    given = zip(PARTS, (params.path, params.validation_path, params.test_path), strict=True)
    return [(part, Path(path)) for part, path in given if path]


def _hub(params: DataParams, source: HubSource) -> RawTexts:
    path = raw_file(params)
    cached(path, lambda target: _download(source, params.revision, target))
    table = read_table(path, {TEXT: TEXT, LABEL: LABEL, PART: PART})
    raw = _raw([("train", table)], TEXT, LABEL, sha256_of(path))
    codes: dict[str | None, int] = {part: code for code, part in enumerate(PARTS)}
    parts = np.array([codes[part] for part in table.cells[PART]], dtype=np.int8)
    return replace(
        raw,
        parts=parts,
        official=frozenset(part for part in source.splits if part != "train"),
        classes=_classes(path),
        name=f"{source.title} ({source.name})",
    )


def _download(source: HubSource, revision: str | None, target: Path) -> None:
    """Write the hub's splits into one Parquet file: text, the class's name, and the part."""
    import pyarrow as pa
    from pyarrow import parquet

    splits = load_splits(
        source.name,
        tuple(source.splits.values()),
        config=source.config,
        revision=revision,
        setting="--set data.source=sample",
    )
    loaded = {part: splits[split] for part, split in source.splits.items()}
    names: list[str] = loaded["train"].features[LABEL].names
    columns = {
        TEXT: list(chain.from_iterable(each[source.text] for each in loaded.values())),
        LABEL: [names[label] for each in loaded.values() for label in each[LABEL]],
        PART: [part for part, each in loaded.items() for _ in range(len(each))],
    }
    table = pa.table(columns).replace_schema_metadata({CLASSES: json.dumps(names)})
    parquet.write_table(table, target)


def _classes(path: Path) -> tuple[str, ...]:
    from pyarrow import parquet

    return tuple(json.loads(parquet.read_schema(path).metadata[CLASSES]))


def _raw(tables: Sequence[tuple[Part, TextTable]], text: str, label: str, sha256: str) -> RawTexts:
    """All tables as one, once each has been checked."""
    rows = [check_rows(table, text, label) for _, table in tables]
    parts = [np.full(len(t.lines), PARTS.index(part), dtype=np.int8) for part, t in tables]
    return RawTexts(
        texts=[each for texts, _ in rows for each in texts],
        labels=[each for _, labels in rows for each in labels],
        lines=[line for _, table in tables for line in table.lines],
        parts=np.concatenate(parts),
        official=frozenset(part for part, _ in tables if part != "train"),
        classes=None,
        name=tables[0][1].where,
        where=" with ".join(table.where for _, table in tables),
        text=text,
        label=label,
        sha256=sha256,
        synthetic=False,
    )


def _with_added(raw: RawTexts, params: DataParams) -> RawTexts:
    path = raw_file(params)
    files = added_files(path)
    if not files:
        return raw
    wanted = {raw.text: "data.text", raw.label: "data.label"}
    more = _raw([("train", read_table(file, wanted)) for file in files], raw.text, raw.label, "")
    last = max(raw.lines)
    return replace(
        raw,
        texts=raw.texts + more.texts,
        labels=raw.labels + more.labels,
        lines=[*raw.lines, *range(last + 1, last + 1 + len(more.texts))],
        parts=np.concatenate([raw.parts, np.full(len(more.texts), TRAIN, dtype=np.int8)]),
        name=f"{raw.name}, {len(more.texts):,} texts added",
        where=f"{raw.where} with {added_folder(path)}",
        sha256=combined_sha256(raw.sha256, map(sha256_of, files)),
        added=len(more.texts),
    )
