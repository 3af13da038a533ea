"""Scripts that end themselves as `kill -9` would: what a run that is cut off leaves behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }} import artifacts

needs_sigkill = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
KILL = "os.kill(os.getpid(), signal.SIGKILL)"


def run_until_killed(script: str, *arguments: str) -> None:
    """Run a script with KILL in it in the current folder. Fails if it ends in any other way."""
    source = Path(artifacts.__file__).parents[1]
    ended = subprocess.run(
        [sys.executable, "-c", f"import os, signal, sys\n{script}", *arguments],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr[-2000:]
