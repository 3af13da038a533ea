"""The machine: disk, memory, cores, GPU, Docker."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Literal

GIB = 2**30
# Folders that the commands write to.
FOLDERS = ("data", "models", "reports", "logs")
LEAST_DISK, GOOD_DISK = 1 * GIB, 5 * GIB
LEAST_MEMORY, GOOD_MEMORY = GIB // 2, 2 * GIB
COMMAND_SECONDS = 5.0

State = Literal["ok", "note", "problem"]


def disk() -> tuple[State, str]:
    """Room and rights where the commands write; the folder with the least room counts."""
    paths = [_existing(Path(name)) for name in FOLDERS]
    for name, path in zip(FOLDERS, paths, strict=True):
        if not os.access(path, os.W_OK):
            return "problem", f"{name}/ cannot be written to. Change its rights or its owner."
    free, where = min((shutil.disk_usage(path).free, path) for path in paths)
    text = f"{free / GIB:.1f} GiB free in {where.resolve()}"
    if free < LEAST_DISK:
        return "problem", f"{text}. A model and its runs may not fit: free some space."
    if free < GOOD_DISK:
        return "note", f"{text}. The libraries and a container image take some GiB."
    return "ok", text


def memory() -> tuple[State, str]:
    """What is free now of what this process may have."""
    free = _free_memory()
    if free is None:
        return "note", "this system does not say how much is free; training takes about 1 GiB"
    text = f"{free / GIB:.1f} GiB free"
    if free < LEAST_MEMORY:
        return "problem", f"{text}. Training may be killed: close something, or add memory."
    if free < GOOD_MEMORY:
        return "note", f"{text}. If training is killed, set train.n_jobs to 1."
    return "ok", text


def cores() -> tuple[State, str]:
    """How many this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    count = len(allowed(0)) if allowed else (os.cpu_count() or 1)
    return "ok", str(count)


def gpu() -> tuple[State, str]:
    """NVIDIA's GPUs, as their driver names them. None is fine."""
    found = _output(["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"])
    if found is None:
        return "ok", "none found, and none is needed"
    if found.returncode != 0:
        reason = " ".join((found.stdout + found.stderr).split())[:120]
        return "note", f"nvidia-smi fails ({reason}). Without a GPU everything works, slower."
    return "ok", "; ".join(line.strip() for line in found.stdout.splitlines() if line.strip())


def docker() -> tuple[State, str]:
    """Whether an engine answers. Only the container needs one."""
    found = _output(["docker", "ps", "--quiet"])
    if found is None:
        return "note", "not installed; only `make image` and `make up` need it"
    if found.returncode != 0:
        reason = (found.stderr.strip().splitlines() or ["no reason given"])[-1][:160]
        return "note", f"no engine answers ({reason}); only `make image` and `make up` need it"
    return "ok", "the engine answers"


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    path = path.absolute()
    return next(each for each in (path, *path.parents) if each.exists())


def _free_memory() -> int | None:
    """Bytes; None where the system does not say. The limit of a container counts."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration):
        try:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, ValueError, OSError):
            return None
    try:
        group = Path("/sys/fs/cgroup")
        limit = int((group / "memory.max").read_text(encoding="utf-8"))
        used = int((group / "memory.current").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # no limit
        return free
    return min(free, limit - used)


def _output(command: list[str]) -> subprocess.CompletedProcess[str] | None:
    """What a command says; None if there is no such command."""
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS
        )
    except FileNotFoundError:
        return None
    except subprocess.TimeoutExpired:
        text = f"no answer within {COMMAND_SECONDS:.0f} seconds"
        return subprocess.CompletedProcess(command, 1, stdout="", stderr=text)
