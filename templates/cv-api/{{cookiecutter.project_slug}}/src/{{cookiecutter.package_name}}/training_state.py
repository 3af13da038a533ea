"""All that a training has to remember to go on: in memory, in a file, on every process."""

from __future__ import annotations

import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list

from .artifacts import atomic_path
from .averaging import Average
from .networks import Classifier
from .torch_processes import Processes

NAME = "checkpoint.pt"

Epoch = dict[str, float]
"""One of the curve: epoch, train_loss, validation_loss, macro_f1, accuracy, learning_rate."""


@dataclass
class Progress:
    """Where a training is, and what came of it so far."""

    epoch: int = 0
    """Epochs that are done."""
    step: int = 0
    """Steps of the present epoch that are done."""
    loss: float = 0.0
    """The sum of their losses."""
    curve: list[Epoch] = field(default_factory=list)


@dataclass
class State:
    """A training between two steps."""

    model: Classifier
    optimizer: Any
    average: Average
    accelerator: Accelerator
    progress: Progress = field(default_factory=Progress)

    def save(self, folder: Path) -> None:
        """Write it to `folder`, whole or not at all; the one before is replaced."""
        scaler = self.accelerator.scaler
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.values,
            "scaler": scaler.state_dict() if scaler else None,
            "progress": asdict(self.progress),
        }
        with atomic_path(folder / NAME) as path:
            torch.save(state, path)

    def load(self, folder: Path, processes: Processes) -> bool:
        """Go on from what the first process finds in `folder`; False if that is nothing.

        The others get it from the first: they may run on machines without its files.
        """
        found = [_read(folder) if processes.first else None]
        if processes.count > 1:
            broadcast_object_list(found)
        (state,) = found
        if state is None:
            return False
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for mine, its in zip(self.average.values, state["average"], strict=True):
            mine.copy_(its)
        if self.accelerator.scaler:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        self.progress = Progress(**state["progress"])
        return True


def _read(folder: Path) -> dict[str, Any] | None:
    """The state in this folder, its tensors on the CPU; None if there is none that can be read."""
    path = folder / NAME
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError):
        path.unlink(missing_ok=True)
        return None
    return state
