"""What goes wrong around a service, and what its callers notice: nothing, or one clear line."""

import asyncio
import json
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from load import HOUSE, WORKERS, answered, asked_all_the_time, corrupt, log_is_whole
from serve_process import Server, refused, running, serve, wait_for

from {{ cookiecutter.package_name }}.artifacts import sha256_of


def rewrite(models: Path, artifact: str, content: dict[str, Any]) -> None:
    """Replace an artifact, and make the manifest vouch for it."""
    (models / artifact).write_text(json.dumps(content))
    manifest = json.loads((models / "manifest.json").read_text())
    manifest["artifacts"][artifact] = sha256_of(models / artifact)
    (models / "manifest.json").write_text(json.dumps(manifest))


@WORKERS
@pytest.mark.parametrize("fault", ["corrupted", "cut short", "no manifest", "fewer columns"])
def test_a_model_that_cannot_be_used_is_one_line_at_the_start(
    project: Path, fault: str, workers: int
) -> None:
    models = project / "models"
    if fault == "corrupted":
        corrupt(models / "model.onnx")
    elif fault == "cut short":
        (models / "model.onnx").write_bytes((models / "model.onnx").read_bytes()[:-100])
    elif fault == "no manifest":
        (models / "manifest.json").unlink()
    else:
        schema = json.loads((models / "schema.json").read_text())
        del schema["table"]["columns"][0]
        rewrite(models, "schema.json", schema)
    message = refused(serve(project, "--workers", str(workers)))
    named = {"no manifest": "manifest.json", "fewer columns": "models"}.get(fault, "model.onnx")
    assert named in message
    assert "train" in message


@WORKERS
def test_a_prediction_log_that_cannot_be_written_stops_the_start(
    project: Path, workers: int
) -> None:
    (project / "taken").write_text("a file where a folder is asked for")
    message = refused(serve(project, "--workers", str(workers), APP_PREDICTION_LOG="taken"))
    assert "APP_PREDICTION_LOG" in message
    assert "taken" in message


def dropped(server: Server) -> float:
    return server.metric("prediction_log_rows_total", outcome="dropped")


def complaints(server: Server, text: str) -> int:
    return sum("prediction log" in line and text in line for line in server.out)


def check_log_fails_and_recovers(
    server: Server, break_it: Callable[[], None], mend_it: Callable[[], None]
) -> None:
    """Predictions go on while the log cannot be written; one line says so, one that it is over."""
    assert server.post("/predict", HOUSE).status_code == 200
    wait_for(lambda: log_is_whole(server, 1), "logged")
    break_it()
    for _ in range(3):
        before = dropped(server)
        assert server.post("/predict", HOUSE).status_code == 200
        wait_for(lambda before=before: dropped(server) > before, "counted as dropped")
    assert complaints(server, "cannot be written") == 1
    mend_it()
    written = server.metric("prediction_log_rows_total", outcome="written")
    assert server.post("/predict", HOUSE).status_code == 200
    wait_for(lambda: log_is_whole(server, int(written) + 1), "logged again")
    assert complaints(server, "is written again") == 1
    assert "Traceback" not in "".join(server.out + server.err)


def test_predictions_go_on_while_the_log_folder_is_gone(project: Path) -> None:
    folder = project / "log"

    def replace_by_a_file() -> None:
        shutil.rmtree(folder)
        folder.write_text("")

    with running(project, APP_PREDICTION_LOG="log") as server:
        check_log_fails_and_recovers(server, replace_by_a_file, folder.unlink)


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
def test_predictions_go_on_while_the_disk_is_full(project: Path) -> None:
    with running(project, APP_PREDICTION_LOG="log") as server:
        pid = server.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)

        def fill() -> None:
            # No file may grow beyond 1,000 bytes: what a full disk looks like to the writer.
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (1_000, limits[1]))

        check_log_fails_and_recovers(
            server, fill, lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
        )


@WORKERS
def test_a_stop_under_load_answers_everything_that_is_in_flight(
    project: Path, workers: int
) -> None:
    rows = [HOUSE] * 20_000
    limits = {"APP_MAX_BATCH_ROWS": "20000", "APP_MAX_SLOW_IN_FLIGHT": "8"}
    with (
        running(project, workers, **limits) as server,
        ThreadPoolExecutor(4) as pool,
    ):
        slow = [pool.submit(server.post, "/predict/batch", {"rows": rows}) for _ in range(4)]
        # With the request that asks for the metrics, five.
        wait_for(lambda: server.metric("http_requests_in_flight") >= 5, "busy")
        with asked_all_the_time(server) as predictions:
            assert not any(each.done() for each in slow)
            exit_code = server.stop()
        answers = [each.result() for each in slow]
        assert exit_code == 0
        assert [answer.status_code for answer in answers] == [200] * 4
        assert all(len(answer.json()["predictions"]) == len(rows) for answer in answers)
        # A caller may find the connection closed when it asks again, and may then ask elsewhere.
        # But what the server has begun, it ends, and the caller has it.
        begun = [each for each in server.events("request") if each["path"] == "/predict"]
        assert len(begun) == predictions[200] > 0
        assert {each["status"] for each in begun} == {200}
        assert "Traceback" not in "".join(server.out + server.err)


async def ask_until_told_to_go(server: Server) -> int:
    """Ask over one kept connection, always with a request in flight, until an answer ends it.

    Gives the number of answers, the last of which closed the connection. Raises
    IncompleteReadError or ConnectionError if a request is left without its answer.
    """
    address = httpx.URL(server.address)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    body = json.dumps(HOUSE).encode()
    head = f"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Length: {len(body)}\r\n"
    answers = 0
    while True:
        writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next(line for line in answer.split("\r\n") if line.startswith("content-length"))
        await reader.readexactly(int(length.split(":")[1]))
        assert answer.startswith("http/1.1 200")
        answers += 1
        if "\r\nconnection: close\r\n" in answer:
            writer.close()
            return answers


@WORKERS
def test_a_stop_ends_each_kept_connection_with_an_answer_and_loses_no_request(
    project: Path, workers: int
) -> None:
    async def run(server: Server) -> list[int]:
        asking = [asyncio.create_task(ask_until_told_to_go(server)) for _ in range(8)]
        await asyncio.to_thread(wait_for, lambda: answered(server) > 100, "asked")
        server.process.send_signal(signal.SIGTERM)
        return await asyncio.gather(*asking)

    with running(project, workers) as server:
        found = asyncio.run(run(server))
        assert server.stop() == 0
        begun = [each for each in server.events("request") if each["path"] == "/predict"]
        assert len(begun) == sum(found)
