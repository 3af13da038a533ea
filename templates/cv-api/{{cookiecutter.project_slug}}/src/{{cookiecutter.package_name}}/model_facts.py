"""What the report and the manifest say of a new model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .abstention import Threshold
from .calibration import expected_calibration_error, probabilities
from .components import Components
from .config import Params
from .data import prepared
from .energy import energy
from .examples import Example
from .export import Exported
from .fitting import Trained

Part = Literal["train", "validation", "test"]


def class_counts(params: Params) -> dict[str, dict[str, int]]:
    """Class -> part -> pictures; of the held-out part as the split counted them."""
    dataset = prepared(params)
    parts: tuple[Part, ...] = ("train", "validation", "test")
    return {
        name: {part: (dataset.counts.get(part) or {}).get(name, 0) for part in parts}
        for name in dataset.meta.classes
    }


def calibration(
    exported: Exported, labels: npt.NDArray[np.int64], temperature: float
) -> dict[str, float]:
    """The temperature, and the calibration error on the pictures that it was fitted on."""
    before, after = (
        expected_calibration_error(probabilities(exported.logits, each), labels)
        for each in (1.0, temperature)
    )
    return {"temperature": temperature, "ece_before": before, "ece_after": after}


def energies(
    exported: Exported, components: Components, temperature: float
) -> npt.NDArray[np.float64]:
    """How unlike the training pictures each of the validation pictures is, (n,)."""
    return energy(exported.logits, temperature) + components.beside(exported.features)


def settings(
    params: Params,
    trained: Trained,
    exported: Exported,
    temperature: float,
    threshold: Threshold,
    passing: dict[str, float],
    examples: Sequence[Example],
) -> dict[str, Any]:
    """What serving needs beside the files.

    passing: the energy up to which a picture passes as one like those of the training, and the
    share of the validation pictures that does.
    """
    return {
        "classes": list(trained.classes),
        "label": params.data.label,
        "preprocessing": trained.preprocessing.as_dict(),
        "temperature": temperature,
        "threshold": threshold.as_dict(),
        "energy": passing,
        "test_time": trained.test_time,
        "flip": trained.training["flip"],
        "model": params.model.name if trained.name == "pretrained" else None,
        "export": exported.as_dict(),
        "example": examples[0].image,
    }
