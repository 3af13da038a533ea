"""The models of the ladder on the validation rows, each as lift over the one before it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .classification import accuracy, macro_f1


class Ladder:
    """Collects each model's answers and figures."""

    def __init__(self, order: tuple[str, ...], labels: npt.NDArray[np.int64], classes: int) -> None:
        """order: every model's name, simplest first. labels: of the validation rows, shape (n,)."""
        self._order = order
        self._labels = labels
        self._classes = classes
        self._found: dict[str, dict[str, Any]] = {}

    def add(self, name: str, predicted: npt.NDArray[np.int64], seconds: float) -> None:
        """A model's classes of the validation rows, shape (n,), and how long its training took."""
        self._found[name] = {
            "macro_f1": {"overall": macro_f1(self._labels, predicted, self._classes)},
            "accuracy": {"overall": accuracy(self._labels, predicted)},
            "seconds": seconds,
        }

    def as_dict(self) -> dict[str, Any]:
        """Simplest first; `lift` is the macro-F1 less that of the model before."""
        models: dict[str, Any] = {}
        before: float | None = None
        for name in sorted(self._found, key=self._order.index):
            models[name] = dict(self._found[name])
            own = models[name]["macro_f1"]["overall"]
            if before is not None:
                models[name]["lift"] = own - before
            before = own
        return models
