"""The chapter of the exploration on augmentation: what training does to one and the same picture.

It is drawn with the functions that training uses.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from .augmentation import (
    BRIGHTNESS,
    CONTRAST,
    DEGREES,
    SCALE,
    SHIFT,
    Augmentation,
    augment,
    cut_out,
    mixed,
    numbers_for,
    recoloured,
    shifted,
    turned,
)
from .eda_album import Album
from .eda_chapter import Chapter
from .eda_mosaic import mosaic
from .eda_phrases import listed, percent
from .html_page import shorten
from .picture import Pixels
from .pixel_statistics import moments

TRIES = 8  # of each augmentation
OTHERS = 24  # pictures of the batch that some are mixed with
CUTOUT, MIXUP = 0.25, 1.0  # that are shown where the settings have none

Draw = Callable[[Tensor, np.random.Generator], Tensor]


def augmentation_chapter(album: Album, how: Augmentation) -> Chapter:
    """What each augmentation does to one picture, and what the settings do."""
    row = int(album.rows_of(album.by_frequency()[0])[0])
    name = shorten(album.classes[album.data.labels[row]])
    finding = (
        f"What could be made of one picture ({name}); the settings leave it as it is"
        if how.kind == "none"
        else f"Training hardly ever sees the same picture ({name}) twice"
    )
    text = (
        f"{_told(how)} A version must still be what its class says: a mirrored 2 is no 2 "
        "(train.flip=false), and where colour tells the class it must stay (train.augment=light). "
        "If training and validation loss drift apart, use more; if both stay high, less."
    )
    return Chapter(
        "augmentation",
        "What augmentation makes of a picture",
        "Is each still what its class says? Which change will never happen to a real picture?",
        text,
        lambda: _drawn(versions(album, row, how), finding),
    )


def _drawn(made: dict[str, list[Pixels]], finding: str) -> Figure:
    return mosaic(list(made.values()), finding, names=list(made))


def versions(album: Album, row: int, how: Augmentation) -> dict[str, list[Pixels]]:
    """Name of each augmentation -> what it made of the picture in `row`, TRIES times.

    A name says so if the settings do not use it; the last is all that they do use.
    """
    seed = album.data.meta.seed
    others = np.random.default_rng(seed).integers(0, len(album.pixels), OTHERS)
    batch = torch.from_numpy(album.pixels[[*[row] * TRIES, *others]])
    targets = torch.zeros(len(batch), len(album.classes))
    fill = torch.tensor(moments(album.pixels)[0])
    on, strong = how.kind != "none", how.kind == "strong"
    draws: dict[str, tuple[bool, Draw]] = {
        "moved": (on, lambda pixels, numbers: shifted(pixels, numbers, SHIFT, flip=False)),
        "mirrored": (
            on and how.flip,
            lambda pixels, numbers: shifted(pixels, numbers, 0.0, flip=True),
        ),
        "turned": (strong, lambda pixels, numbers: turned(pixels.float(), numbers)),
        "other light": (strong, lambda pixels, numbers: recoloured(pixels.float(), numbers)),
        "cutout": (
            on and how.cutout > 0,
            lambda pixels, numbers: cut_out(pixels, numbers, how.cutout or CUTOUT, fill),
        ),
        "mixup": (
            on and how.mixup > 0,
            lambda pixels, numbers: mixed(pixels.float(), targets, numbers, how.mixup or MIXUP)[0],
        ),
        "all as set": (
            True,
            lambda pixels, numbers: augment(pixels, targets, how, numbers, fill)[0],
        ),
    }
    found = {"as it is": [album.pixels[row]]}
    for step, (name, (used, draw)) in enumerate(draws.items()):
        made = draw(batch, numbers_for(seed, 0, step))[:TRIES]
        found[name if used else f"{name} (not used)"] = list(
            made.round().clamp(0, 255).to(torch.uint8).numpy()
        )
    return found


def _told(how: Augmentation) -> str:
    """What the settings do, in a sentence."""
    if how.kind == "none":
        return "With the present settings (train.augment) training sees each picture as it is."
    done = [f"moved by up to {percent(SHIFT)} of its side"]
    if how.flip:
        done.append("mirrored in half of the cases")
    if how.kind == "strong":
        done += [
            f"turned by up to {DEGREES:.0f} degrees and scaled by up to {percent(SCALE)}",
            f"made brighter or darker by up to {percent(BRIGHTNESS)}",
            f"changed by up to {percent(CONTRAST)} in contrast and saturation",
        ]
    if how.cutout > 0:
        done.append(
            f"painted over with the mean colour in a square of {percent(how.cutout)} of its side"
        )
    if how.mixup > 0:
        done.append(f"mixed with another one (parameter {how.mixup:g})")
    return (
        f"With the present settings (train.augment, train.flip, train.cutout, train.mixup) each "
        f"picture is {listed(done, most=len(done))}. Each epoch sees other versions of it, so that "
        "none can be learned by heart."
    )
