"""What the tests of images and of the stack share: docker, its skips, and waiting for health.

CONTAINER_BUILD replaces the build command where an engine needs another, for example
CONTAINER_BUILD="docker buildx build --load".
"""

import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import pytest

# The host's network, since some engines give a build step none of its own.
BUILD = shlex.split(os.environ.get("CONTAINER_BUILD", "docker build --network host"))
STARTED_WITHIN_S = 60
# For images of this process: two may run at once.
PREFIX = f"template-test-{os.getpid()}"


def require_engine() -> None:
    """Skip the test unless a Docker engine answers."""
    if shutil.which("docker") is None:
        pytest.skip("no docker command on this machine")
    answer = subprocess.run(
        ["docker", "version"], capture_output=True, text=True, check=False, timeout=30
    )
    if answer.returncode != 0:
        pytest.skip(f"no Docker engine answers: {answer.stderr.strip().splitlines()[-1]}")


def docker(*arguments: str, check: bool = True) -> str:
    """Run a docker command and return what it printed."""
    process = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert not check or process.returncode == 0, process.stderr
    return process.stdout.strip()


def build(folder: Path, tag: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Build the image of a folder's Dockerfile."""
    command = [*BUILD, *options, "--tag", tag, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)


def megabytes_over_base(image: str) -> float:
    """What an image adds to the one that its last stage begins with.

    A stand-in for an official base may be larger or smaller, so the sum is of no use.
    """
    history = docker("history", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", image)
    layers = [line.partition(" ") for line in history.splitlines()]
    (first,) = (n for n, (_, _, command) in enumerate(layers) if "ENV PATH=/venv" in command)
    return sum(int(size) for size, _, _ in layers[: first + 1]) / 1e6


def health(name: str, within_s: float = STARTED_WITHIN_S) -> str:
    """The container's health once it is known; its state if it is not in time."""
    deadline = time.monotonic() + within_s
    state = ""
    while time.monotonic() < deadline:
        state = docker("inspect", "--format", "{{.State.Status}} {{.State.Health.Status}}", name)
        if state in ("running healthy", "running unhealthy") or not state.startswith("running"):
            return state.rpartition(" ")[2] if state.startswith("running") else state
        time.sleep(0.2)
    return state


def address(name: str, port: int = 8000) -> str:
    """Where a container's published port is on this machine."""
    return docker("port", name, f"{port}/tcp").splitlines()[0]
