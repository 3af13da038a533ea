"""The load test: what it counts, what it measures, and what it says where there is nothing to."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from serve_process import free_port

from {{ cookiecutter.package_name }} import loadtest
from {{ cookiecutter.package_name }}.cli import app
from {{ cookiecutter.package_name }}.errors import UserError

EXAMPLE = {"rooms": 7, "town": "Ghent"}
Answer = Callable[[BaseHTTPRequestHandler, int], None]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports go to a folder of the test's own; what is outstanding is waited for briefly."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loadtest, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(loadtest, "WARM_UP_SECONDS", 0.1)


@pytest.fixture
def service() -> Iterator[Callable[[Answer], str]]:
    """Starts a service whose answers to /predict are given; returns its address.

    The first of them is to the question whether it answers at all, and has number 0.
    """
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        numbers = count()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: apart, the second waits for the first

            def do_GET(self) -> None:
                about = {"name": "model", "version": "1", "example": EXAMPLE}
                reply(self, 200, json.dumps(about).encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert json.loads(body) == EXAMPLE
                answer(self, next(numbers))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"{}") -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_refusals_for_want_of_room_and_errors_are_counted_apart(
    service: Callable[[Answer], str],
) -> None:
    statuses = (200, 503, 500, 200)
    url = service(lambda handler, number: reply(handler, statuses[number % 4]))
    (level,) = loadtest.loadtest(url, "1", 0.5, None)["levels"]
    quarter = level["requests"] / 4
    assert level["requests"] > 40
    assert abs(level["successes"] - 2 * quarter) <= 2
    assert abs(level["shed"] - quarter) <= 1
    assert set(level["errors"]) == {"500"}
    assert abs(level["errors"]["500"] - quarter) <= 1


def test_latencies_and_rates_are_those_of_the_service(service: Callable[[Answer], str]) -> None:
    pause = 0.05

    def slow(handler: BaseHTTPRequestHandler, number: int) -> None:
        time.sleep(pause)
        reply(handler, 200)

    one, four = loadtest.loadtest(service(slow), "1,4", 1.0, None)["levels"]
    for level in (one, four):
        assert level["latency_ms"]["p50"] >= 1000 * pause
        assert level["successes_per_second"] <= level["connections"] / pause
    assert four["successes_per_second"] > 2 * one["successes_per_second"]


def test_a_connection_that_the_service_ends_after_an_answer_is_opened_anew(
    service: Callable[[Answer], str],
) -> None:
    def last(handler: BaseHTTPRequestHandler, number: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "2")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(b"{}")

    (level,) = loadtest.loadtest(service(last), "2", 0.5, None)["levels"]
    assert level["successes"] == level["requests"] > 4
    assert level["errors"] == {}


def test_a_connection_that_ends_without_an_answer_is_an_error(
    service: Callable[[Answer], str],
) -> None:
    def nothing_more(handler: BaseHTTPRequestHandler, number: int) -> None:
        if number == 0:
            reply(handler, 200)
        handler.close_connection = True

    (level,) = loadtest.loadtest(service(nothing_more), "1", 0.5, None)["levels"]
    assert level["errors"] == {"no connection": level["requests"]}
    assert level["requests"] > 0
    assert set(level["latency_ms"].values()) == {None}
    assert loadtest.FIGURE.exists()


def test_an_answer_that_never_comes_is_an_error(service: Callable[[Answer], str]) -> None:
    release = threading.Event()

    def hang(handler: BaseHTTPRequestHandler, number: int) -> None:
        if number > 0:
            release.wait(20)
        reply(handler, 200)

    url = service(hang)
    try:
        (level,) = loadtest.loadtest(url, "3", 0.5, None)["levels"]
    finally:
        release.set()
    assert level["errors"] == {"no answer": 3}


def test_the_figures_of_known_latencies() -> None:
    tally = loadtest.Tally()
    for milliseconds in range(1, 101):
        tally.add(200, milliseconds / 1000)
    tally.add(503, 0.004)
    found = loadtest.summary(8, 2.0, tally)
    assert found["successes_per_second"] == 50.0
    expected = {"p50": 50.5, "p95": 95.05, "p99": 99.01, "max": 100.0}
    assert found["latency_ms"] == pytest.approx(expected)
    assert found["shed_latency_ms"]["max"] == pytest.approx(4.0)
    assert np.isclose(found["requests"], 101)


def test_what_cannot_be_measured_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(SystemExit) as stopped:
        app(["loadtest", "--url", url])
    assert stopped.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"error: --url {url}: no service answers there")
    assert printed.count("\n") == 1
    assert not loadtest.REPORT.exists()


@pytest.mark.parametrize(
    "url", ["localhost:8000", "ftp://x", "http://", "http://x:99999", "http://ü"]
)
def test_an_address_that_is_none_is_named(url: str) -> None:
    with pytest.raises(UserError, match=r"--url .*For example: http://127\.0\.0\.1:8000"):
        loadtest.loadtest(url, "1", 0.5, None)


@pytest.mark.parametrize("text", ["", "0", "1,x", "-1", "1.5", "1001"])
def test_a_concurrency_that_is_none_is_named(text: str) -> None:
    with pytest.raises(UserError, match=r"--concurrency .*For example: --concurrency 1,8,32"):
        loadtest.loadtest("http://127.0.0.1:1", text, 0.5, None)


def test_a_service_that_asks_for_a_key_says_how_to_send_it(
    service: Callable[[Answer], str],
) -> None:
    url = service(lambda handler, number: reply(handler, 401))
    with pytest.raises(UserError, match=r"answers 401\. Send its key: --api-key or APP_API_KEY\."):
        loadtest.loadtest(url, "1", 0.5, None)
    with pytest.raises(UserError, match="--api-key: holds characters"):
        loadtest.loadtest(url, "1", 0.5, "a\r\nb")
