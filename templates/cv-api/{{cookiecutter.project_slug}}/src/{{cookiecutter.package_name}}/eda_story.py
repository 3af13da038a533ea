"""The exploration as a story: one question after the other, each with what the pictures answer.

The report and the notebook both tell it from here, so that they cannot say different things.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .augmentation import Augmentation
from .data import Dataset
from .eda_album import Album
from .eda_augmentation import augmentation_chapter
from .eda_chapter import Chapter
from .eda_classes import class_counts, classes_chapter
from .eda_files import grid_chapter, sizes_chapter, square_chapter
from .eda_phrases import counted, listed, percent
from .eda_readings import odd_chapter, repeats_chapter
from .eda_values import channels_chapter, light_chapter, means_chapter, telling_chapter
from .html_page import shorten

UNBALANCED = (
    "Training would pass over the rare ones; train.class_weights=balanced lets each class count as "
    "much as another."
)
WIDTH = 200  # characters of a line in a table


def chapters(album: Album, dataset: Dataset, augmentation: Augmentation) -> list[Chapter]:
    """The story in order.

    dataset: what was prepared, the files among it that cannot be read. augmentation: what training
    does to the pictures.
    """
    return [
        _pictures(album, dataset),
        classes_chapter(class_counts(album.data), "pictures", UNBALANCED),
        grid_chapter(album),
        sizes_chapter(album),
        square_chapter(album),
        channels_chapter(album),
        light_chapter(album),
        telling_chapter(album),
        means_chapter(album),
        repeats_chapter(album),
        odd_chapter(album),
        augmentation_chapter(album, augmentation),
    ]


def _pictures(album: Album, dataset: Dataset) -> Chapter:
    meta, table = dataset.meta, album.table
    text = (
        f"{counted(album.whole, 'picture')} to train on, in {len(album.classes)} classes, and "
        f"{meta.validation_rows:,} to choose by. "
    )
    if meta.test_rows:
        text += f"{counted(meta.test_rows, 'picture')} are held out and stay closed. "
    else:
        text += "None is held out. "
    if album.sampled:
        text += (
            f"What follows was counted in {len(table):,} of the training pictures, drawn at "
            "random. "
        )
    text += f"{_kinds(table)} "
    if not meta.unreadable:
        text += "Every file can be read."
        lines: tuple[str, ...] = ()
    else:
        lines = dataset.unreadable
        text += _unreadable(meta.unreadable, len(lines))
    question = (
        "Who took these, where and with what? Will the pictures that you are asked about be like "
        "them?"
    )
    shown = pd.DataFrame({"Not readable": [shorten(line, WIDTH) for line in lines]})
    return Chapter(
        "pictures",
        "What a picture is",
        question,
        text,
        table=shown if lines else None,
        texts=("Not readable",),
    )


def _unreadable(number: int, named: int) -> str:
    """What to do about files that are no pictures, of which some are named in the table."""
    if number == 1:
        return (
            "1 file cannot be read as a picture and is used nowhere: see the table. Save it anew "
            "or take it out."
        )
    table = "them" if named == number else f"the first {named}"
    return (
        f"{number:,} files cannot be read as pictures and are used nowhere: the table has {table}. "
        "Save them anew or take them out; if one class has most of them, it has fewer pictures "
        "than you think."
    )


def _kinds(table: pd.DataFrame) -> str:
    """Formats and colours, in a sentence or two."""
    formats = table["format"].value_counts(normalize=True)
    colours = table["colours"].value_counts(normalize=True)
    if len(formats) == 1:
        text = f"All are {formats.index[0]} files"
    else:
        text = f"The files are {_parts(formats)}"
    if len(colours) == 1:
        return f"{text}, in {'shades of grey' if colours.index[0] == 'grey' else 'colour'}."
    grey = float(colours["grey"])
    return (
        f"{text}; {percent(grey)} of the pictures are in shades of grey, the others in colour. A "
        "model sees red, green and blue of all of them: if the grey ones are of certain classes, "
        "it will learn that."
    )


def _parts(shares: pd.Series[float]) -> str:
    found: Sequence[str] = [f"{name} ({percent(share)})" for name, share in shares.items()]
    return listed(found)
