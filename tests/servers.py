"""Servers that tests start for themselves: on the loopback, on a free port, stopped by process."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processes import free_port

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
START_SECONDS = 120


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty PostgreSQL while the block runs."""
    import psycopg2

    # Not under pytest's folder, which other users may not enter: PostgreSQL refuses root.
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    folder.chmod(0o755)
    as_postgres: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_postgres = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"]
    binaries = POSTGRES[-1].parent
    data = str(folder / "data")
    subprocess.run(
        [*as_postgres, str(binaries / "initdb"), "-D", data, "-U", "ada", "-A", "trust"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    port = free_port()
    command = [*as_postgres, str(binaries / "postgres"), "-D", data, "-p", str(port)]
    for setting in ("listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "fsync=off"):
        command += ["-c", setting]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    url = f"postgresql://ada@127.0.0.1:{port}/postgres"

    def answers() -> bool:
        try:
            psycopg2.connect(url).close()
        except psycopg2.OperationalError:
            return False
        return True

    try:
        wait_for(answers, process, folder / "log")
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=START_SECONDS)
        shutil.rmtree(folder)


class MlflowServer:
    """A tracking server with its registry, which keeps the artifacts too."""

    def __init__(self, database: str, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder / f"mlflow-{port}.log"
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
        command += ["--port", str(port), "--workers", "1", "--backend-store-uri", database]
        command += ["--artifacts-destination", str(folder / "artifacts")]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
                stdout=log,
                stderr=log,
                # Its workers are processes of their own: one group, so that all are stopped.
                start_new_session=True,
            )

    def wait(self) -> None:
        """Return once it answers."""
        wait_for(self._answers, self._process, self._log)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=START_SECONDS)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/health", timeout=5).close()
        except (OSError, urllib.error.URLError):
            return False
        return True


@contextmanager
def mlflow_server(database: str, folder: Path) -> Iterator[MlflowServer]:
    """A server on the database at this URL while the block runs; its files lie in `folder`."""
    server = MlflowServer(database, folder)
    try:
        server.wait()
        yield server
    finally:
        server.kill()


def wait_for(answers, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return once `answers()` is true; fail with the log if the process ends before."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        if answers():
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
