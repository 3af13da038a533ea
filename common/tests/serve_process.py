"""`serve` as a process of its own, for the tests that need a real one."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from {{ cookiecutter.package_name }} import artifacts

PACKAGE = "{{ cookiecutter.package_name }}"
SOURCE = Path(artifacts.__file__).parents[1]
PATIENCE = 30.0  # seconds until what has to happen counts as not happening


def serve(folder: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Start `serve` in a folder, on any free port; what it prints can be read from its pipes."""
    return subprocess.Popen(
        [sys.executable, "-m", PACKAGE, "serve", "--port", "0", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SOURCE), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A group of its own, so that its workers can be ended with it.
        start_new_session=True,
    )


def refused(process: subprocess.Popen[str]) -> str:
    """The one line with which a command refuses to start."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        _kill(process)
    assert process.returncode == 2, out + err
    assert len(err.strip().splitlines()) == 1, err
    assert "Traceback" not in out + err
    return err


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    address: str
    out: list[str] = field(default_factory=list)
    """Lines of standard output so far."""
    err: list[str] = field(default_factory=list)
    readers: list[threading.Thread] = field(default_factory=list)

    def client(self, **options: Any) -> httpx.Client:
        """A client of it, whatever proxy the environment names."""
        return httpx.Client(base_url=self.address, timeout=PATIENCE, trust_env=False, **options)

    def get(self, path: str) -> httpx.Response:
        """GET over a connection of its own."""
        with self.client() as client:
            return client.get(path)

    def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        """POST over a connection of its own."""
        with self.client(headers=headers) as client:
            return client.post(path, json=body)

    def metric(self, sample: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels."""
        found = 0.0
        for family in text_string_to_metric_families(self.get("/metrics").text):
            for each in family.samples:
                if each.name == sample and labels.items() <= each.labels.items():
                    found += each.value
        return found

    def events(self, event: str) -> list[dict[str, Any]]:
        """The structured log's lines of one event, so far."""
        lines = [json.loads(line) for line in self.out]
        return [line for line in lines if line["event"] == event]

    def stop(self) -> int:
        """Tell it to stop; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        exit_code = self.process.wait(PATIENCE)
        # Until all that it has printed is in `out` and `err`.
        for reader in self.readers:
            reader.join(PATIENCE)
        return exit_code


@contextmanager
def running(folder: Path, workers: int = 1, **variables: str) -> Iterator[Server]:
    """A server of which every worker is ready; all are gone when the block ends."""
    port = free_port()
    process = serve(folder, "--port", str(port), "--workers", str(workers), **variables)
    server = Server(process, f"http://127.0.0.1:{port}")
    assert process.stdout is not None
    assert process.stderr is not None
    # A pipe that nobody reads is full after 64 kB of log, and the server would stand still.
    server.readers = [_reader(process.stdout, server.out), _reader(process.stderr, server.err)]
    try:
        wait_for(lambda: process.poll() is not None or _is_ready(server, workers), "ready")
        assert process.poll() is None, "\n".join(server.out + server.err)
        yield server
    finally:
        _kill(process)
        for reader in server.readers:
            reader.join()
        process.stdout.close()
        process.stderr.close()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Return when it holds; fail if it does not in time."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not {what} within {PATIENCE:g} s"
        time.sleep(0.02)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(server: Server, workers: int) -> bool:
    try:
        return server.metric("model_info") == workers
    except httpx.TransportError:
        return False


def _reader(pipe: IO[str], lines: list[str]) -> threading.Thread:
    thread = threading.Thread(target=lambda: lines.extend(pipe), daemon=True)
    thread.start()
    return thread


def _kill(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
