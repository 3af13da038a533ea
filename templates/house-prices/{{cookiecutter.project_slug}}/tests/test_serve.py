"""`serve` as a process: it starts, answers, stops when told to, and refuses what cannot work."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from serve_process import PACKAGE, SOURCE, Server, free_port, refused, running, serve


@pytest.fixture(params=[1, 2], ids=["one worker", "two workers"])
def server(request: pytest.FixtureRequest, trained_project: Path) -> Iterator[Server]:
    """A running server that is ready."""
    with running(trained_project, workers=request.param) as found:
        yield found


def test_it_answers_logs_in_json_and_stops_when_told_to(server: Server) -> None:
    headers = {"X-Request-ID": "from-the-test"}
    assert server.post("/predict", {"OverallQual": 7}, **headers).json()["prediction"] > 0
    assert server.stop() == 0
    assert "Traceback" not in "".join(server.out + server.err)
    lines = [json.loads(line) for line in server.out]
    assert any(
        line.get("request_id") == "from-the-test" and line["status"] == 200 for line in lines
    )


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has pseudo-terminals")
def test_in_a_terminal_the_first_line_says_where_the_page_is(trained_project: Path) -> None:
    terminal, end = os.openpty()
    port = str(free_port())
    process = subprocess.Popen(
        [sys.executable, "-m", PACKAGE, "serve", "--port", port],
        cwd=trained_project,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "APP_PREDICTION_LOG": ""},
        stdout=subprocess.DEVNULL,
        stderr=end,
    )
    try:
        os.close(end)
        with os.fdopen(terminal, encoding="utf-8") as shown:
            assert f"http://127.0.0.1:{port} " in shown.readline()
    finally:
        process.terminate()
        process.wait(30)


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
