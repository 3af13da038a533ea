"""Does the heat lie where the answer comes from? Grey it out, and ask again.

The deletion test (Petsiuk, Das and Saenko 2018, "RISE"), at one share: if the hottest places of a
picture are what the model goes by, greying them out takes more off the answer's probability than
greying out as many others. Heat has no finer parts than its places; neither has the test.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .api.predictor import Predictor
from .held_out_classes import CONFIDENCE, ENDS
from .picture import Pixels

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

SHARE = 0.2  # of a picture's places that are greyed out, and one at least
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
    hottest = [hottest_places(heat) for heat in heats]
    others = [other_places(places, random) for places in hottest]
    rows = np.arange(len(told))
    before = predictor.probabilities(pixels)[rows, classes]
    drops = [
        before
        - predictor.probabilities(greyed(pixels, pixels_of_places(chosen, size)))[rows, classes]
        for chosen in (hottest, others)
    ]
    difference = drops[0] - drops[1]
    drawn = random.integers(0, len(rows), (RESAMPLES, len(rows)))
    low, high = np.quantile(difference[drawn].mean(axis=1), ENDS)
    return {
        "rows": len(rows),
        "places": int(hottest[0].sum()),
        "share": float(hottest[0].mean()),
        "hottest": float(drops[0].mean()),
        "others": float(drops[1].mean()),
        "difference": float(difference.mean()),
        "low": float(low),
        "high": float(high),
        "confidence": CONFIDENCE,
        "bootstrap": RESAMPLES,
        "more": float((difference > 0).mean()),
    }


def hottest_places(heat: Floats, share: float = SHARE) -> Flags:
    """The hottest share of the places, and one at least, (h, w). heat: (h, w)."""
    order = np.argsort(-heat, axis=None, kind="stable")
    chosen = np.zeros(heat.size, dtype=np.bool_)
    chosen[order[: max(1, round(share * heat.size))]] = True
    return chosen.reshape(heat.shape)


def other_places(chosen: Flags, random: np.random.Generator) -> Flags:
    """As many places that were not chosen, drawn at random, (h, w)."""
    found = np.zeros(chosen.size, dtype=np.bool_)
    found[random.choice(np.flatnonzero(~chosen), int(chosen.sum()), replace=False)] = True
    return found.reshape(chosen.shape)


def pixels_of_places(places: Sequence[Flags], size: int) -> Flags:
    """The pixels of places, (n, size, size). places: n of shape (h, w)."""
    masks = np.stack(places)
    down, across = (np.arange(size) * masks.shape[axis] // size for axis in (1, 2))
    found: Flags = masks[:, down[:, None], across[None, :]]
    return found


def greyed(pixels: Pixels, masks: Flags) -> Pixels:
    """The pictures with their mean colour where the masks, (n, size, size), are true."""
    means = pixels.mean(axis=(1, 2), keepdims=True)
    found: Pixels = np.where(masks[..., None], np.rint(means), pixels).astype(np.uint8)
    return found
