"""Chapters of the exploration on the pixels' values: what of them tells a class by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import eda_statistics as statistics
from .eda_album import Album
from .eda_chapter import Chapter
from .eda_figures import MOST_CLASSES, channels_figure, light_figure, telling_figure
from .eda_mosaic import mosaic
from .eda_phrases import listed, percent
from .eda_statistics import CHANNELS, SEEN, Channels
from .html_page import shorten

ACROSS = 5  # mean pictures in a row
# An area under the ROC curve from which a number gives a class away: of what is seen, and of the
# file, in which there should be nothing about the class at all.
BY_LOOK, BY_FILE = 0.9, 0.75
SLIGHT = 0.7  # below it, a number tells next to nothing


def channels_chapter(album: Album) -> Chapter:
    """Mean and deviation of red, green and blue: what is subtracted and divided by."""
    found = statistics.channels(album)
    if found.grey:
        told = f"a mean of {found.mean[0]:.1f} and a deviation of {found.deviation[0]:.1f}"
        text = f"The three channels are the same, since the pictures are grey: {told}, of 255. "
    else:
        told = listed(
            [
                f"{mean:.1f} ± {deviation:.1f} in {name}"
                for name, mean, deviation in zip(CHANNELS, found.mean, found.deviation, strict=True)
            ]
        )
        text = f"Mean and deviation, of 255: {told}. "
    text += (
        "The first layer of a network that is trained from scratch subtracts these means and "
        "divides by these deviations, so that it starts from numbers around zero; a pretrained one "
        "keeps those that it was pretrained with. They come from the training pictures alone. "
    )
    ends = float(found.counts[:, [0, 255]].sum() / found.counts.sum())
    if ends > 0.1:
        text += (
            f"{percent(ends)} of the values are quite black or quite white: drawings, plain "
            "backgrounds, or photos that are over- or underexposed. "
        )
    low, high = _extremes(found)
    text += (
        f"By class, the means go furthest apart in {low[0]}: from {low[1]:.0f} "
        f"({shorten(low[2])}) to {high[1]:.0f} ({shorten(high[2])})."
        if len(found.by_class) > 1
        else ""
    )
    finding = (
        f"{shorten(high[2])} has {'' if found.grey else f'most {low[0]}, '}{high[1]:.0f} on "
        f"average, and {shorten(low[2])} least, {low[1]:.0f}"
    )
    if found.grey:
        finding = f"The pictures are grey; {finding.replace('has ', 'is brightest, ', 1)}"
    return Chapter(
        "channels",
        "Red, green and blue",
        "Is one channel stronger throughout: the light, the camera, the subject?",
        text.strip(),
        lambda: channels_figure(found, finding),
    )


def _extremes(found: Channels) -> tuple[tuple[str, float, str], tuple[str, float, str]]:
    """Channel, mean and class of the lowest and the highest, in the channel that differs most."""
    means = found.by_class[list(CHANNELS)]
    name = str((means.max() - means.min()).idxmax())
    column = means[name]
    return (
        ("grey" if found.grey else name, float(column.min()), str(column.idxmin())),
        ("grey" if found.grey else name, float(column.max()), str(column.idxmax())),
    )


def light_chapter(album: Album) -> Chapter:
    """Brightness and contrast by class."""
    table = album.table
    medians = table.groupby("class", observed=True)[["brightness", "contrast"]].median()
    dark, bright = str(medians["brightness"].idxmin()), str(medians["brightness"].idxmax())
    low, high = medians["brightness"][dark], medians["brightness"][bright]
    if high - low < 0.05:
        finding = f"The light is about the same in every class: {medians['brightness'].mean():.2f}"
    else:
        finding = (
            f"{shorten(bright)} is brightest, {high:.2f} in the middle, and {shorten(dark)} "
            f"darkest, {low:.2f}"
        )
    flat, rich = str(medians["contrast"].idxmin()), str(medians["contrast"].idxmax())
    text = (
        f"{finding}. Contrast, the deviation of the light within a picture, goes from "
        f"{medians['contrast'][flat]:.2f} ({shorten(flat)}) to {medians['contrast'][rich]:.2f} "
        f"({shorten(rich)}). Where classes lie apart here, ask why: the things themselves, or the "
        "day, the room and the camera? If it is those, the model will be wrong on another day. "
        "train.augment=strong changes the light of each training picture; evaluate measures dark, "
        "bright and flat pictures by themselves."
    )
    return Chapter(
        "light",
        "Light and contrast",
        "Would you expect one class to be darker? Is a picture's light part of what it shows?",
        text,
        lambda: light_figure(table, finding),
    )


def telling_chapter(album: Album) -> Chapter:
    """Whether a number that anyone can count tells the class without a look at the picture."""
    heading, question = (
        "What tells a class without a look",
        "Which of these should tell the class? Which only says how the pictures were gathered?",
    )
    areas = statistics.telling(album)
    if not areas.size:
        text = (
            "Too few pictures to say"
            if not len(areas)
            else "All pictures are alike in what can be counted in them"
        )
        return Chapter("telling", heading, question, f"{text}.")
    best = _sure(areas)[0]
    finding = (
        f"No single number tells a class: at best {best.number}, {shorten(best.name)} from the "
        f"rest ({best.area:.2f})"
        if best.area < SLIGHT
        else f"{best.number[0].upper()}{best.number[1:]} alone tells {shorten(best.name)} from the "
        f"rest with an area of {best.area:.2f}"
    )
    text = (
        "For each class and each number, the area under the ROC curve: how often a picture of the "
        "class has more of it than a picture of another one. 0.5 is no help; 1 and 0 tell the "
        f"class without fail. {_warning(areas)}"
    )
    return Chapter("telling", heading, question, text, lambda: telling_figure(areas, finding))


def _warning(areas: pd.DataFrame) -> str:
    """What gives classes away, and what to do about it."""
    found = _sure(areas)
    look = [str(each) for each in found if each.seen and each.area >= BY_LOOK]
    file = [str(each) for each in found if not each.seen and each.area >= BY_FILE]
    text = ""
    if file:
        text += (
            f"Beware: {listed(file)}. That is about the files, not about what they show: such a "
            "class was gathered in another way, and a model can learn its traces, such as how "
            "strongly it was compressed or enlarged. Gather all classes alike, or save all "
            "pictures at one size and in one format. "
        )
    if look:
        text += (
            f"Beware: {listed(look)}. A model needs to learn little else to be right there: that "
            "is as it should be if the class looks like that, and a trap if it is the light, the "
            "background or the camera. Take some pictures of it in other places, and see whether "
            "the model still names them. "
        )
    if text:
        return text.strip()
    if found[0].area < SLIGHT:
        return "Nothing here gives a class away: whatever a model gets right, it has to look for."
    return f"Nothing here gives a class away; {found[0]} at best, and a model has to learn more."


@dataclass(frozen=True)
class Told:
    """How well one number tells one class from the others, whichever way."""

    name: str
    """The class."""
    number: str
    area: float
    """Under the ROC curve, 0.5 to 1."""

    @property
    def seen(self) -> bool:
        """Whether it depends on what the picture shows, and not on its file alone."""
        return self.number in SEEN

    def __str__(self) -> str:
        return f"{self.number} tells {shorten(self.name)} ({self.area:.2f})"


def _sure(areas: pd.DataFrame) -> list[Told]:
    """Every class and number, the surest first."""
    found = [
        Told(str(name), str(number), max(area, 1 - area))
        for name, row in zip(areas.index, areas.to_numpy(), strict=True)
        for number, area in zip(areas.columns, row.tolist(), strict=True)
    ]
    return sorted(found, key=lambda each: -each.area)


def means_chapter(album: Album) -> Chapter:
    """The mean picture of each class, and how far one gets with it."""
    found, right = statistics.mean_pictures(album), statistics.nearest_mean(album)
    numbers = sorted(list(found)[:MOST_CLASSES])
    text = (
        "All pictures of a class laid over each other. A sharp mean says that the pictures are "
        "alike in position and size; a blur says that they are not, and that the model has to find "
        "the thing wherever it is. A tint is a background that the class often has. "
    )
    chance = 1 / max(1, len(found))
    if right is None:
        finding = "The mean picture of each class"
    else:
        finding = (
            f"{percent(right)} of the pictures are nearest to the mean of their own class; chance "
            f"would be {percent(chance)}"
        )
        text += f"{finding} (means of one half of the pictures, measured on the other). "
        text += (
            "So much is in where which light is: a linear model on pixels gets far, and the "
            "network has to beat that."
            if right > 0.5 + 0.5 * chance
            else "So pixels at fixed places tell little, and a linear model on them will not get "
            "far: this is what convolutions are for."
        )
    rows = [numbers[start : start + ACROSS] for start in range(0, len(numbers), ACROSS)]
    part = (
        f"The {len(numbers)} most frequent of {len(found)} classes"
        if len(numbers) < len(found)
        else ""
    )
    return Chapter(
        "means",
        "The mean picture of each class",
        "Which can you still name? What do you see there, the thing or its background?",
        text.strip(),
        lambda: mosaic(
            [[np.asarray(found[number]) for number in row] for row in rows],
            finding,
            part,
            captions=[[album.classes[number] for number in row] for row in rows],
        ),
    )
