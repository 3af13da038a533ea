"""What the documents say of where a model was trained."""

from __future__ import annotations

import os
import platform
from typing import Any

from .artifacts import git_revision, library_versions


def environment(libraries: tuple[str, ...]) -> dict[str, Any]:
    """The code's commit, the machine that times were measured on, and the libraries' versions."""
    return {
        "git_revision": git_revision(),
        "machine": f"{os.cpu_count()} CPU cores, {platform.system()} on {platform.machine()}",
        "python": platform.python_version(),
        "libraries": library_versions(libraries),
    }
