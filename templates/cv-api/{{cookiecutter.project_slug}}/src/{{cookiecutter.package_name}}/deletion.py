"""Does the heat lie where the answer comes from? Grey it out, and ask again.

The deletion test (Petsiuk, Das and Saenko 2018, "RISE"), at one share: if the hottest part of a
picture is what the model goes by, greying it out takes more off the answer's probability than
greying out as large a part elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from .api.predictor import Predictor
from .held_out_classes import CONFIDENCE, ENDS
from .picture import Pixels

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

SHARE = 0.2  # of a picture's pixels that are greyed out
RESAMPLES = 2_000  # behind the interval


def deletion_test(
    predictor: Predictor, pixels: Pixels, heats: Floats, classes: npt.NDArray[np.int64], seed: int
) -> dict[str, Any] | None:
    """What greying out takes off the answers' probabilities, as reports/metrics.json holds it.

    pixels: (n, size, size, 3). heats: (n, h, w), Grad-CAM of the classes, (n,), that they are
    given. A picture without heat is left out. None if there is no other, or if the heat has one
    place only.
    """
    told = np.flatnonzero(heats.max(axis=(1, 2)) > 0)
    if heats[0].size < 2 or not len(told):
        return None
    pixels, heats, classes = pixels[told], heats[told], classes[told]
    random = np.random.default_rng(seed)
    size = pixels.shape[1]
    hottest = np.stack([hottest_part(heat, size) for heat in heats])
    moved = np.stack([elsewhere(mask, random) for mask in hottest])
    rows = np.arange(len(told))
    before = predictor.probabilities(pixels)[rows, classes]
    drops = [
        before - predictor.probabilities(greyed(pixels, masks))[rows, classes]
        for masks in (hottest, moved)
    ]
    difference = drops[0] - drops[1]
    drawn = random.integers(0, len(rows), (RESAMPLES, len(rows)))
    low, high = np.quantile(difference[drawn].mean(axis=1), ENDS)
    return {
        "rows": len(rows),
        "share": SHARE,
        "hottest": float(drops[0].mean()),
        "elsewhere": float(drops[1].mean()),
        "difference": float(difference.mean()),
        "low": float(low),
        "high": float(high),
        "confidence": CONFIDENCE,
        "bootstrap": RESAMPLES,
        "more": float((difference > 0).mean()),
    }


def hottest_part(heat: Floats, size: int, share: float = SHARE) -> Flags:
    """The hottest share of the pixels of a picture, (size, size). heat: (h, w)."""
    fine = Image.fromarray(heat).resize((size, size), Image.Resampling.BICUBIC)
    order = np.argsort(-np.asarray(fine), axis=None, kind="stable")
    mask = np.zeros(size * size, dtype=np.bool_)
    mask[order[: max(1, round(share * len(order)))]] = True
    return mask.reshape(size, size)


def elsewhere(mask: Flags, random: np.random.Generator) -> Flags:
    """The same shape in another place of the picture; what leaves it on one side enters opposite.

    Single pixels all over it would be no match: they spoil a picture more than one patch does.
    """
    height, width = mask.shape
    down, right = divmod(int(random.integers(1, height * width)), width)
    return np.roll(mask, (down, right), axis=(0, 1))


def greyed(pixels: Pixels, masks: Flags) -> Pixels:
    """The pictures with their mean colour where the masks, (n, size, size), are true."""
    means = pixels.mean(axis=(1, 2), keepdims=True)
    found: Pixels = np.where(masks[..., None], np.rint(means), pixels).astype(np.uint8)
    return found
