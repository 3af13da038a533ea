"""Servers for the benchmarks, on a core of their own: their load takes no time from them."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench_projects import Bench, source_of

SERVER_CORE = 0
START_SECONDS = 90


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    found: Bench,
    command: Sequence[str],
    ready: str,
    variables: Mapping[str, str] | None = None,
    cores: str = str(SERVER_CORE),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server on its core; it answers at the address `ready` when the block begins."""
    output = server_log(found)
    with output.open("wb") as log:
        server = subprocess.Popen(
            ["taskset", "-c", cores, *command],
            cwd=found.project,
            env={**os.environ, "PYTHONPATH": "src", "OMP_NUM_THREADS": "1", **(variables or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(ready):
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"error: no server at {ready}:\n{output.read_text()[-3000:]}")
            time.sleep(0.1)
        yield server
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        finally:
            # Some servers leave processes behind; all are in one group.
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@contextmanager
def project_server(
    found: Bench, *, cores: str = str(SERVER_CORE), workers: int = 1, **variables: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The project's `serve`: its address, and the process."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    package = source_of(found.project).name
    command = [sys.executable, "-m", package, "serve", "--port", str(port)]
    command += ["--workers", str(workers)]
    with serving(found, command, f"{address}/health/ready", variables, cores) as process:
        yield address, process


def server_log(found: Bench) -> Path:
    """What the server that was started last has printed."""
    return found.folder / "server.log"


def complaints(found: Bench) -> list[str]:
    """The lines of the server's log that are no information: warnings, errors, tracebacks."""
    with server_log(found).open(encoding="utf-8", errors="replace") as lines:
        return [line.rstrip() for line in lines if '"level":"info"' not in line]


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    return True
