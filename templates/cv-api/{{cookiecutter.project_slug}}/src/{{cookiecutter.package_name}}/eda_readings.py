"""Chapters of the exploration that are about single pictures: those that repeat, and odd ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from . import eda_statistics as statistics
from .eda_album import Album
from .eda_chapter import Chapter
from .eda_files import whole
from .eda_mosaic import mosaic
from .eda_phrases import counted, listed, percent
from .html_page import shorten

PAIRS = 9  # that are drawn
ACROSS = 6  # pictures in a row of them
LISTED = 8  # pictures with two classes in the table
EACH = 8  # pictures of each kind of odd ones
WIDTH = 120  # characters of the names in a table
EMPTY = 0.02  # contrast, below which a picture is of one tone


def repeats_chapter(album: Album) -> Chapter:
    """Pictures that come twice, in one part or in two, and those with two classes."""
    meta, data = album.data.meta, album.data
    groups = statistics.repeats(album)
    disputed = [rows for rows in groups if len({data.labels[row] for row in rows}) > 1]
    text = (
        f"Of all {meta.rows:,} pictures, {meta.duplicates:,} repeat or nearly repeat an earlier "
        f"one ({percent(meta.duplicates / meta.rows)}; data.near_duplicates says how near). "
        if meta.duplicates
        else f"None of the {meta.rows:,} pictures nearly repeats another. "
    )
    if meta.across:
        text += (
            f"{counted(meta.across, 'picture')} had a twin in another part and "
            f"{'was' if meta.across == 1 else 'were'} taken out of the later one: a model that has "
            "learned a picture by heart would be praised for it. "
        )
    if groups:
        text += (
            f"Among those to train on, {counted(len(groups), 'picture')} "
            f"{'comes' if len(groups) == 1 else 'come'} more than once, up to "
            f"{max(map(len, groups))} times. Frames of one film and photos of one series are near "
            "duplicates too: look whether these are the same, or only alike. "
        )
    if disputed:
        text += (
            f"{len(disputed):,} of them {'has' if len(disputed) == 1 else 'have'} more than one "
            "class (shown first). No model can be right about both: correct the wrong one, or ask "
            "whether one picture can show two things."
        )
    elif groups:
        text += "None of them has two classes."
    table = pd.DataFrame(
        {
            "Classes": [
                listed(sorted({album.classes[data.labels[row]] for row in rows}))
                for rows in disputed
            ],
            "Pictures": [
                shorten(listed([data.names[row] for row in rows]), WIDTH) for rows in disputed
            ],
        }
    ).head(LISTED)
    return Chapter(
        "repeats",
        "What comes twice",
        "Are these the same picture, or two of one kind? Would two people name it alike?",
        text.strip(),
        (lambda: _pairs(album, groups, _title(groups, disputed))) if groups else None,
        table=table if disputed else None,
        texts=("Classes", "Pictures"),
    )


def _title(groups: list[list[int]], disputed: list[list[int]]) -> str:
    title = f"{counted(len(groups), 'picture')} of the training part nearly repeated"
    return f"{title}, {len(disputed):,} of them with two classes" if disputed else title


def _pairs(album: Album, groups: list[list[int]], finding: str) -> Figure:
    """Two pictures of each group side by side, with different classes if it has some."""
    labels, rows = album.data.labels, list[int]()
    for group in groups[:PAIRS]:
        first = group[0]
        other = next((row for row in group if labels[row] != labels[first]), group[1])
        rows += [first, other]
    parts = [rows[start : start + ACROSS] for start in range(0, len(rows), ACROSS)]
    return mosaic(
        [[np.asarray(whole(album.data.pictures[row])) for row in part] for part in parts],
        finding,
        captions=[
            [f"{album.classes[labels[row]]}\n{_file(album.data.names[row])}" for row in part]
            for part in parts
        ],
    )


def _file(name: str) -> str:
    """The last part of a file's path: the class is named beside it."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def odd_chapter(album: Album) -> Chapter:
    """The darkest, the brightest, the emptiest and the blurriest pictures."""
    found = statistics.odd_ones(album, EACH)
    emptiest = float(album.table["contrast"].min())
    finding = (
        f"{counted(int((album.table['contrast'] < EMPTY).sum()), 'picture')} of one tone: nothing "
        "can be seen there"
        if emptiest < EMPTY
        else f"Even the emptiest picture has some contrast ({emptiest:.2f})"
    )
    text = (
        f"{finding}. Each row shows the {EACH} most extreme training pictures of its kind. Look "
        "each up before you drop it: what is dropped here still comes in production, and a dark or "
        "blurred photo must get an answer too, if only \u201cnot sure\u201d. What may go are "
        "broken exports, covered lenses and pages of a manual, and only from the training pictures."
    )
    rows = list(found.values())
    return Chapter(
        "odd",
        "Which pictures are odd",
        "A wrong label, a screenshot, a drawing among photos, a picture of nothing?",
        text,
        lambda: mosaic(
            [[album.pixels[row] for row in each] for each in rows],
            finding,
            names=list(found),
            captions=[[album.classes[album.data.labels[row]] for row in each] for each in rows],
        ),
    )
