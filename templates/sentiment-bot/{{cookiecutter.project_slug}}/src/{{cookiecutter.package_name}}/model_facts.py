"""What the report and the manifest say of a new model."""

from __future__ import annotations

from typing import Any

from .calibration import expected_calibration_error, probabilities
from .config import Params
from .data import TextData, prepared
from .export import Exported
from .fitting import Transformer
from .split import Part

EXAMPLE_LENGTHS = (20, 100)  # characters of a text that is shown as an example


def class_counts(params: Params) -> dict[str, dict[str, int]]:
    """Class -> part -> texts; of the held-out part as the split counted them."""
    dataset = prepared(params)
    parts: tuple[Part, ...] = ("train", "validation", "test")
    return {
        name: {part: (dataset.counts.get(part) or {}).get(name, 0) for part in parts}
        for name in dataset.meta.classes
    }


def calibration(exported: Exported, validation: TextData, temperature: float) -> dict[str, float]:
    """The temperature, and the calibration error on the texts that it was fitted on."""
    before, after = (
        expected_calibration_error(probabilities(exported.logits, each), validation.labels)
        for each in (1.0, temperature)
    )
    return {"temperature": temperature, "ece_before": before, "ece_after": after}


def example_text(data: TextData) -> str:
    """A short training text to show: the first of a length that is easy to read."""
    low, high = EXAMPLE_LENGTHS
    texts = [" ".join(text.split()) for text in data.texts]
    fitting = (text for text in texts if low <= len(text) <= high)
    return next(fitting, min(texts, key=len))


def settings(
    params: Params, trained: Transformer, exported: Exported, temperature: float, example: str
) -> dict[str, Any]:
    """What serving needs beside the files."""
    return {
        "classes": list(trained.classes),
        "text": params.data.text,
        "label": params.data.label,
        "max_length": trained.lengths.max_length,
        "pad_id": int(trained.tokenizer.pad_token_id),
        "temperature": temperature,
        "cleaning": trained.cleaning.as_dict(),
        "precision": exported.precision,
        "export": exported.as_dict(),
        "model": params.model.name if trained.name == "pretrained" else None,
        "example": example,
    }
