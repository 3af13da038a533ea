"""A generated project's server, for as long as a tool needs it."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STARTED_WITHIN_S = 60


@contextmanager
def serving(command: list[str], project: Path, log: Path) -> Iterator[str]:
    """The address of the API that `command` --port PORT starts in `project`, once it is ready.

    What it prints goes to `log`; where it does not become ready, that is shown, and all stops.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [*command, "--port", str(port)], cwd=project, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_ready(server, address, log)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_ready(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Return once the model is loaded and warm; stop with the server's log if it never is."""
    deadline = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=2):
                return
        except OSError:  # refused, not ready yet, or no answer in time
            time.sleep(0.1)
    shutil.copyfileobj(log.open(), sys.stderr)
    raise SystemExit(f"error: the server did not become ready; its log is {log}.")
