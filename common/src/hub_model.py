"""A pretrained model by its name on the hub or its folder: what goes wrong is one line.

No code is run that comes with a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from .errors import UserError
from .hub_data import check_model

# What Transformers raises for a name, a folder or a file that it can do nothing with.
UNUSABLE = (
    OSError,
    ValueError,
    ImportError,
    KeyError,
    TypeError,
    RuntimeError,
    SafetensorError,
)


@dataclass(frozen=True)
class HubModel:
    """Which model: model.name and model.revision."""

    name: str
    revision: str | None
    purpose: str
    """What it is to be used as, such as "a model for texts"."""
    example: str
    """The name of one that would do."""

    def place(self) -> str:
        """The folder, or the name on the hub. Raises UserError if there is no such folder, or if
        the hub gives no answer.
        """
        folder = Path(self.name).expanduser()
        if folder.is_dir():
            return str(folder)
        if self.name.startswith(("/", ".", "~")):
            raise UserError(
                f"model.name = {self.name}: no such folder. Give the folder of a model, or its "
                "name on the hub."
            )
        check_model(
            self.name,
            self.revision,
            told=f"model.name = {self.name}",
            setting="--set model.name=null",
        )
        return self.name

    def loading(self) -> dict[str, Any]:
        """What every loader is told: which revision, and to run and to ask for no code."""
        return {"revision": self.revision or "main", "trust_remote_code": False}

    def unusable(self, error: Exception | str) -> UserError:
        """One line for whatever a loader found wrong."""
        where = f"model.name = {self.name}"
        if self.revision:
            where += f", model.revision = {self.revision}"
        return UserError(
            f"{where}: cannot be used as {self.purpose} ({short(error)}). Give a name on the hub "
            f"such as {self.example}, with a connection for the first time, or the folder of a "
            "model. Without one: --set model.name=null"
        )

    def written(self) -> float | None:
        """When the folder, or a file in it, last changed; None for a model on the hub."""
        folder = Path(self.name).expanduser()
        if not folder.is_dir():
            return None
        return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))


def short(error: Exception | str) -> str:
    """The beginning of what an error says, as a part of a sentence."""
    return " ".join(str(error).split())[:200].rstrip(".")
