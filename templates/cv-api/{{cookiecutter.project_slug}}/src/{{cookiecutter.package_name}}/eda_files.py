"""Chapters of the exploration on the pictures as they came: what is in them, how large they are."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageOps

from .eda_album import Album
from .eda_chapter import Chapter
from .eda_figures import MOST_CLASSES, sizes_figure
from .eda_mosaic import mosaic
from .eda_phrases import counted, percent
from .picture import Pixels
from .picture_header import FORMATS
from .plotting import RED

EACH = 10  # pictures of a class
SHOWN = 6  # files beside what the model sees of them
SIDE = 256  # pixels of the longer side of a whole picture
MUCH = 1.5  # times as large or as small as the model's pixels: something is lost or made up
LEAST_SIZE = 16  # pixels that a network with a few layers can begin with
MOST_LOST = 0.4  # share of a picture that may well hold what it was taken of


def grid_chapter(album: Album) -> Chapter:
    """Some pictures of each class, drawn at random."""
    numbers = album.by_frequency()
    drawn = sorted(numbers[:MOST_CLASSES])
    rows = [[album.pixels[row] for row in album.rows_of(number)[:EACH]] for number in drawn]
    part = f"as the model sees them, {album.preprocessing.size} pixels wide"
    if len(drawn) < len(numbers):
        part = f"The {len(drawn)} most frequent of {len(numbers)} classes, {part}"
    finding = f"{EACH} pictures of each class, drawn at random"
    text = (
        "Nothing replaces this look. Name each picture before you read its row's name: where you "
        "hesitate, a model will be wrong, and what you go by is what it has to learn. Look for "
        "what a class has in common that it should not have: one background, one light, one "
        "watermark, one person. A model takes the easiest way to tell the classes apart, and "
        "that is often not the thing itself."
    )
    if album.preprocessing.size < 16:
        text += (
            f" At {album.preprocessing.size} pixels a side there is little to go by: what you "
            "cannot make out in these squares, no model can."
        )
    return Chapter(
        "grid",
        "Pictures of each class",
        "Can you tell the classes apart? By what? Which picture is in the wrong row?",
        text,
        lambda: mosaic(
            rows, finding, _sentence(part), names=[album.classes[number] for number in drawn]
        ),
    )


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _kept(album: Album) -> pd.Series[float]:
    """(n,) the share of each picture's area that the model's square has."""
    shorter = album.table[["width", "height"]].min(axis=1)
    found: pd.Series[float] = (shorter * album.preprocessing.crop) ** 2 / (
        album.table["width"] * album.table["height"]
    )
    return found


def sizes_chapter(album: Album) -> Chapter:
    """How large the files are, and what the square at the model's size makes of that."""
    heading, question = (
        "How large they are",
        "What is at the edges of the longest? Could you still name the smallest?",
    )
    table, size = album.table, album.preprocessing.size
    shorter, kept = table[["width", "height"]].min(axis=1), _kept(album)
    scale = size / (shorter * album.preprocessing.crop)
    same = table[["width", "height"]].drop_duplicates()
    if len(same) == 1:
        width, height = same.iloc[0]
        text = f"All are {width} by {height} pixels. "
    else:
        text = (
            f"Half of them have at least {int(table['width'].median()):,} by "
            f"{int(table['height'].median()):,} pixels; the shorter side goes from "
            f"{shorter.min():,} to {shorter.max():,}. "
        )
    middle = float(kept.median())
    text += (
        f"The model sees the square in the middle at {size} by {size} pixels (image.size, "
        f"image.crop), "
        + (
            "which is all of each picture. "
            if kept.min() > 0.99
            else f"which is {percent(middle)} of the median picture and "
            f"{percent(float(kept.min()))} of the most elongated. "
        )
    )
    lost = float((kept < 1 - MOST_LOST).mean())
    if lost > 0:
        text += (
            f"{percent(lost)} of the pictures lose over {percent(MOST_LOST)}: if what they show is "
            "not in the middle, cut them yourself; the next figure shows some. "
        )
    text += _scaled(scale, size)
    if len(same) == 1:
        return Chapter("sizes", heading, question, text.strip())
    finding = (
        f"The model sees {percent(middle)} of the median picture, reduced to "
        f"{percent(float(scale.median()))} of its size"
        if scale.median() < 1
        else f"The model sees {percent(middle)} of the median picture, enlarged "
        f"{scale.median():.1f} times"
    )
    return Chapter(
        "sizes",
        heading,
        question,
        text.strip(),
        lambda: sizes_figure(table, size, kept, finding),
    )


def _scaled(scale: pd.Series[float], size: int) -> str:
    """What the change of size does, in a sentence or two. scale: the model's pixels per pixel."""
    larger, smaller = float((scale > MUCH).mean()), float((scale < 1 / MUCH).mean())
    text = ""
    if larger:
        text += (
            f"{percent(larger)} are enlarged over {MUCH} times, which costs time and shows nothing "
            "more. "
        )
    if larger > 0.5:
        text += (
            "A lower image.size would do. "
            if size > LEAST_SIZE
            else "The layers of a network halve a picture several times, so it takes some. "
        )
    if smaller:
        text += (
            f"{percent(smaller)} have over {MUCH} times as many pixels a side as the model sees: "
            "small things in them may vanish. "
        )
    if smaller > 0.5:
        text += (
            f"If it is small things that tell the classes, try an image.size of {2 * size}: four "
            "times the work. "
        )
    return text


def square_chapter(album: Album) -> Chapter:
    """Files beside what the model sees of them: the most elongated, and some others."""
    heading, question = (
        "What the model sees of them",
        "Could you still name each from its square alone?",
    )
    kept, size = _kept(album), album.preprocessing.size
    as_they_are = (kept > 0.99) & (album.table[["width", "height"]].max(axis=1) <= size)
    if as_they_are.all():
        text = "All of every pixel: no picture is cut or reduced."
        return Chapter("square", heading, question, text)
    order = np.argsort(kept.to_numpy(), kind="stable")
    places = np.linspace(0, len(order) - 1, min(SHOWN, len(order))).astype(int)
    rows = [int(row) for row in order[np.unique(places)]]
    text = (
        "Above the files with the square that is cut out of each, from the one that loses most to "
        f"the one that loses least; below what the model gets, {counted(size, 'pixel')} a side. A "
        "request is cut by the same function, so a photo on which the thing is at the edge gets "
        "an answer about its middle."
    )
    finding = (
        f"Of the most elongated picture {percent(float(kept.iloc[rows[0]]))} is seen"
        if kept.min() < 0.99
        else f"Nothing is cut off, and details are reduced to {size} pixels a side"
    )
    captions = [
        f"{album.classes[album.data.labels[row]]}\n"
        f"{album.table['width'][row]} x {album.table['height'][row]}"
        for row in rows
    ]
    return Chapter(
        "square",
        heading,
        question,
        text,
        lambda: mosaic(
            [[_boxed(album, row) for row in rows], [album.pixels[row] for row in rows]],
            finding,
            captions=[captions],
        ),
    )


def _boxed(album: Album, row: int) -> Pixels:
    """The file as it is to be shown, (h, w, 3), with a frame around what the model sees."""
    content = album.data.pictures[row]
    picture = whole(content)
    edges = album.preprocessing.read(content).box
    width, height = picture.size
    left, top, right, bottom = (
        share * side for share, side in zip(edges, (width, height) * 2, strict=True)
    )
    thick = max(1, max(width, height) // 64)
    box = (left, top, max(left, right - 1), max(top, bottom - 1))
    ImageDraw.Draw(picture).rectangle(box, outline=RED, width=thick)
    return np.asarray(picture)


def whole(content: bytes) -> Image.Image:
    """All of a readable picture, upright and small, in front of white."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as stored:
        found = ImageOps.exif_transpose(stored)
    if found.mode.startswith("I"):
        # Pillow would clip what is over 255, and not scale it.
        found = Image.fromarray((np.asarray(found) >> 8).astype(np.uint8))
    if found.has_transparency_data:
        found = found.convert("RGBA")
        found = Image.alpha_composite(Image.new("RGBA", found.size, "white"), found)
    found = found.convert("RGB")
    found.thumbnail((SIDE, SIDE))
    return found
