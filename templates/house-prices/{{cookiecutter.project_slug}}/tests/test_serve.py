"""`serve` as a process: it starts, answers, stops when told to, and refuses what cannot work."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }} import predict

SOURCE = Path(predict.__file__).parents[1]


def serve(folder: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "{{ cookiecutter.package_name }}", "serve", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SOURCE), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=[1, 2], ids=["one worker", "two workers"])
def server(
    request: pytest.FixtureRequest, trained_project: Path
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running server that is ready, and its address."""
    port = free_port()
    process = serve(trained_project, "--port", str(port), "--workers", str(request.param))
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{address}/health/ready", timeout=2).close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        yield process, address
    finally:
        process.kill()
        process.communicate()


def test_it_answers_logs_in_json_and_stops_when_told_to(
    server: tuple[subprocess.Popen[str], str],
) -> None:
    process, address = server
    request = urllib.request.Request(
        f"{address}/predict",
        json.dumps({"OverallQual": 7}).encode(),
        {"Content-Type": "application/json", "X-Request-ID": "from-the-test"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        assert json.load(response)["prediction"] > 0
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in out + err
    lines = [json.loads(line) for line in out.splitlines()]
    assert any(
        line.get("request_id") == "from-the-test" and line["status"] == 200 for line in lines
    )


def refused(process: subprocess.Popen[str]) -> str:
    """The one line with which a command refuses to start."""
    out, err = process.communicate(timeout=30)
    assert process.returncode == 2, out + err
    assert len(err.strip().splitlines()) == 1
    return err


def test_a_taken_port_is_named(trained_project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert port in refused(serve(trained_project, "--port", port))


def test_no_model_and_a_wrong_setting_are_named(tmp_path: Path, trained_project: Path) -> None:
    assert "Train a model first" in refused(serve(tmp_path))
    message = refused(serve(trained_project, APP_MAX_BODY_BYTES="lots"))
    assert "APP_MAX_BODY_BYTES = 'lots'" in message
