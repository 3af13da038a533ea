"""Write a run's figures into the documents: their marked blocks, and reports/index.html.

Nothing outside the marks is touched, and no number is written that reports/metrics.json does not
hold. All files are written, or none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from . import report_story
from .artifacts import read_manifest, write_all
from .errors import UserError
from .marked_blocks import fill, find
from .metrics_file import METRICS, MODELS, read_metrics
from .model_card import metadata
from .report_blocks import COMMON
from .report_facts import Block, Facts, write_block
from .report_page import render

PAGE = Path("reports/index.html")
FIGURES = Path("reports/figures")
SHOWN = Path("docs/figures")
IMAGE = re.compile(r"(?<!\\)\]\(figure:([a-z0-9-]+)\)")
PROJECT = Path(__file__).parent.name.replace("_", "-")


@dataclass(frozen=True)
class Reported:
    """What `report` wrote."""

    changed: tuple[Path, ...]
    unchanged: tuple[Path, ...]
    left_out: tuple[str, ...]
    """Documents and blocks that the project came with and that were deleted since."""
    missing: tuple[str, ...]
    """Commands that have not been run for this model."""


def report() -> Reported:
    """Fill the documents' blocks from reports/metrics.json, and write reports/index.html.

    Raises UserError, with nothing written, if there are no figures of the model in models/ or if a
    document's marks are damaged.
    """
    metrics = read_metrics(read_manifest(MODELS))
    try:
        facts = Facts(metrics, report_story.story(metrics), PROJECT, FIGURES)
        written, left_out = _documents(facts)
    except KeyError as error:
        raise UserError(
            f"{METRICS}: no {error}. An older version of this project wrote it: run `train` and "
            "the steps after it again."
        ) from error
    changed = [path for path, content in written.items() if not _holds(path, content)]
    write_all({path: written[path] for path in changed})
    return Reported(
        changed=tuple(changed),
        unchanged=tuple(path for path in written if path not in changed),
        left_out=tuple(left_out),
        missing=tuple(
            command
            for name, command in facts.story.commands.items()
            if facts.section(name) is None and not (name == "held_out" and facts.unheld)
        ),
    )


def _documents(facts: Facts) -> tuple[dict[Path, bytes], list[str]]:
    """Every file as it is to be, and what the project came with and no longer has."""
    blocks = known_blocks(facts)
    written: dict[Path, bytes] = {}
    left_out: list[str] = []
    for name, expected in facts.story.documents.items():
        path = Path(name)
        if not path.is_file():
            left_out.append(name)
            continue
        text, absent = _filled(path, expected, facts, blocks)
        written[path] = text.encode("utf-8")
        left_out += [f"{name}: block {each}" for each in absent]
    in_documents = sorted(facts.shown)
    written[PAGE] = render(facts, blocks).encode("utf-8")
    for figure in in_documents:
        written[SHOWN / f"{figure}.png"] = (FIGURES / f"{figure}.png").read_bytes()
    return written, left_out


def known_blocks(facts: Facts) -> dict[str, Block]:
    """Every block that a document may have: all projects' own, the template's, one per figure."""
    figures = {
        f"figure-{name}": Block(partial(Facts.figure, name=name)) for name in facts.story.pictures
    }
    return {**figures, **COMMON, **facts.story.blocks, "metadata": Block(metadata)}


def show(result: Reported, console: Console) -> None:
    """Say which files were written, what was left out, and which commands are missing."""
    for path in result.changed:
        console.print(f"Wrote {path.as_posix()}", highlight=False, markup=False)
    if result.unchanged:
        count = len(result.unchanged)
        console.print(f"As they were: {count} files.", highlight=False)
    for name in result.left_out:
        console.print(f"Deleted, and left so: {name}", highlight=False, markup=False)
    for command in result.missing:
        console.print(
            f"Not measured for this model: `{command}`. Run it, then `report` again.",
            highlight=False,
            markup=False,
        )


def _filled(
    path: Path, expected: tuple[str, ...], facts: Facts, blocks: Mapping[str, Block]
) -> tuple[str, list[str]]:
    """A document with its blocks filled, and the names of those that it no longer has."""
    where = path.as_posix()
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{where}: not UTF-8 text (byte {error.start}). Save it as UTF-8, or delete it."
        ) from None
    found = find(text, where, tuple(blocks))
    figures = Path(os.path.relpath(SHOWN, path.parent)).as_posix()

    def write(name: str) -> str:
        return IMAGE.sub(rf"]({figures}/\1.png)", write_block(blocks[name], facts))

    names = {block.name for block in found}
    return fill(text, found, write), [name for name in expected if name not in names]


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content
