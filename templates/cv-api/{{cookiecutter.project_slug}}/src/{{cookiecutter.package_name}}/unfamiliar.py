"""Does the served model notice a picture that is of nothing it knows?

It is shown noise, and pictures of another data set that comes with scikit-learn: handwritten
digits, or, where the model itself reads those, patches of two photos. They are asked about as files
are, so that reading and resizing are part of what is measured.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images
from sklearn.metrics import roc_auc_score

from .api.predictor import Predictor
from .asking import Array, Asked, ask
from .config import Source
from .energy import energy

MOST, FEWEST = 500, 50  # pictures of each kind; else as many as are held out
SIDES = (64, 320)  # pixels of the smallest and of the largest patch of a photo
DIGIT = 8  # times as large as scikit-learn has them: as a scanned one would come


@dataclass(frozen=True)
class Strangers:
    """Pictures of a kind that the model has not learned. name: what they are, in the plural."""

    name: str
    pictures: Sequence[bytes]


def strangers(source: Source, size: int, count: int, seed: int) -> list[Strangers]:
    """Noise, and pictures of another data set than the source's; at most `count` of each.

    size: pixels of each side that the model sees.
    """
    random = np.random.default_rng(seed)
    other = photo_patches(count, random) if source == "sample" else digits(count, random)
    return [noise(size, count, random), other]


def noise(size: int, count: int, random: np.random.Generator) -> Strangers:
    """Every pixel of every channel drawn by itself."""
    drawn = random.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    return Strangers("pictures of noise", [_png(Image.fromarray(each)) for each in drawn])


def digits(count: int, random: np.random.Generator) -> Strangers:
    """Handwritten digits (UCI; scikit-learn's `load_digits`)."""
    found = load_digits().images
    rows = random.choice(len(found), min(count, len(found)), replace=False)
    pictures = []
    for row in rows:
        small = Image.fromarray(np.rint(found[row] / 16.0 * 255.0).astype(np.uint8))
        large = (small.width * DIGIT, small.height * DIGIT)
        pictures.append(_png(small.resize(large, Image.Resampling.BICUBIC)))
    return Strangers("handwritten digits", pictures)


def photo_patches(count: int, random: np.random.Generator) -> Strangers:
    """Squares cut out of two photos, of a temple and of a flower (`load_sample_images`)."""
    photos = load_sample_images().images
    pictures = []
    for number in range(count):
        photo = photos[number % len(photos)]
        side = int(random.integers(*SIDES, endpoint=True))
        top, left = (int(random.integers(0, edge - side + 1)) for edge in photo.shape[:2])
        pictures.append(_png(Image.fromarray(photo[top : top + side, left : left + side])))
    return Strangers("patches of photos", pictures)


def out_of_distribution(
    predictor: Predictor, held_out: Asked, source: Source, seed: int
) -> dict[str, Any]:
    """How well the energy tells strangers from held-out pictures, as reports/metrics.json has it.

    AUROC: the probability that a stranger has a higher energy than a held-out picture; 0.5 is
    chance. `auroc_logits` is that of the energy of the logits alone, without what lies beside the
    directions of the training's features. Flagged: the share that is called unfamiliar.
    """
    settings = predictor.manifest.settings
    count = min(MOST, max(FEWEST, len(held_out.answers)))
    found = []
    for kind in strangers(source, predictor.preprocessing.size, count, seed):
        asked = ask(predictor, kind.pictures, "Unfamiliar")
        alone = [energy(each.logits, settings["temperature"]) for each in (held_out, asked)]
        found.append(
            {
                "name": kind.name,
                "rows": len(asked.answers),
                "auroc": _auroc(held_out.energies, asked.energies),
                "auroc_logits": _auroc(*alone),
                "flagged": float(1.0 - asked.familiar.mean()),
                "sure": float(asked.sure.mean()),
                "energies": _quantiles(asked),
            }
        )
    return {
        "threshold": float(settings["energy"]["threshold"]),
        "kept": float(settings["energy"]["kept"]),
        "seed": seed,
        "flagged": float(1.0 - held_out.familiar.mean()),
        "energies": _quantiles(held_out),
        "sets": found,
    }


def _auroc(known: Array, strange: Array) -> float:
    """The probability that a strange one is higher than a known one. Both: (n,)."""
    labels = np.repeat([0, 1], [len(known), len(strange)])
    return float(roc_auc_score(labels, np.concatenate([known, strange])))


def _quantiles(asked: Asked) -> list[float]:
    """Where the energies lie: 5 %, 25 %, 50 %, 75 % and 95 % of them are lower."""
    found: list[float] = np.quantile(asked.energies, (0.05, 0.25, 0.5, 0.75, 0.95)).tolist()
    return found


def _png(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
