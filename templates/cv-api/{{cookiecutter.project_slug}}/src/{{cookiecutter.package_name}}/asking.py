"""What the served model makes of many pictures: read, run and answered as the service does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .api.predictor import Prediction, Predictor, stacked
from .picture import Pixels
from .progress import steps

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Asked:
    """What the model says of pictures, n of them."""

    logits: Array
    """(n, k)."""
    answers: list[Prediction]
    facts: Mapping[str, Array]
    """What the service logs of a picture, such as its size and its light: name -> (n,)."""

    @property
    def energies(self) -> Array:
        """(n,) how unlike the training pictures each is."""
        return np.array([each.energy for each in self.answers], dtype=np.float64)

    @property
    def familiar(self) -> Flags:
        """(n,) which of them pass as pictures like those of the training."""
        return np.array([each.familiar for each in self.answers], dtype=np.bool_)

    @property
    def sure(self) -> Flags:
        """(n,) of which the answer is sure."""
        return np.array([each.sure for each in self.answers], dtype=np.bool_)


def ask(predictor: Predictor, pictures: Sequence[bytes], title: str) -> Asked:
    """Ask the served model about n > 0 readable pictures. title: of the progress bar."""
    logits, logged = [], []
    answers: list[Prediction] = []
    together = predictor.pictures_per_run
    with steps(title, len(pictures)) as bar:
        for start in range(0, len(pictures), together):
            stop = min(start + together, len(pictures))
            readings = [predictor.read(pictures[row]) for row in range(start, stop)]
            outputs = predictor.run(stacked(readings))
            logits.append(outputs.logits)
            answers += predictor.predictions(readings, outputs)
            logged += predictor.logged(readings, outputs.features.mean(axis=(2, 3)))
            for _ in readings:
                bar.advance("")
    columns = np.array(logged, dtype=np.float64).T
    facts = dict(zip(predictor.inputs, columns, strict=True))
    return Asked(np.concatenate(logits).astype(np.float64), answers, facts)


def pixels_of(predictor: Predictor, pictures: Sequence[bytes]) -> Pixels:
    """What the model sees of n > 0 readable pictures, (n, size, size, 3)."""
    return stacked([predictor.read(content) for content in pictures])
