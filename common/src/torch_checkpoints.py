"""Where a killed training goes on: checkpoints in a folder that is named by all they depend on."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

STATE = "trainer_state.json"
PREFIX = "checkpoint-"


def digest(*parts: object) -> str:
    """A short name for settings and data; any change gives another one.

    parts: what json knows, pydantic's `model_dump(mode="json")` for instance.
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def only(parent: Path, name: str) -> Path:
    """The folder `name` in `parent`; those of other settings are removed, since they are large."""
    if parent.is_dir():
        for other in parent.iterdir():
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)
    return parent / name


def newest(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end; None if there is none.

    Transformers' Trainer writes the state last: without a whole one, the run was killed while it
    wrote, and that checkpoint is removed.
    """
    found = sorted(folder.glob(f"{PREFIX}*"), key=_step)
    while found:
        last = found.pop()
        try:
            json.loads((last / STATE).read_bytes())
        except (OSError, ValueError):
            shutil.rmtree(last, ignore_errors=True)
        else:
            return last
    return None


def _step(path: Path) -> int:
    text = path.name.removeprefix(PREFIX)
    return int(text) if text.isdecimal() else -1
