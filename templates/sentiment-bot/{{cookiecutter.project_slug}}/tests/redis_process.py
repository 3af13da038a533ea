"""A Redis of the tests' own on the loopback, which can be stopped and started again."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis
from serve_process import PATIENCE, free_port

PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")
needs_redis = pytest.mark.skipif(
    PROGRAM is None, reason="there is no redis-server (apt-get install redis-server)"
)


@dataclass
class Redis:
    """A server in a folder, on a port that stays the same."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert PROGRAM is not None
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(
            [PROGRAM, *arguments], cwd=self.folder, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.client().ping()
                return
            except redis.ConnectionError:
                assert time.monotonic() < deadline, "Redis does not answer"
                time.sleep(0.02)

    def stop(self) -> None:
        """Kill it; what it held is lost."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def client(self) -> redis.Redis:
        """A client of it."""
        return redis.Redis(port=self.port)


@contextmanager
def running_redis(folder: Path) -> Iterator[Redis]:
    """A server that is gone when the block ends."""
    server = Redis(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
