"""What goes wrong around a service, and what its callers notice: nothing, or one clear line."""

import asyncio
import json
import os
import resource
import shutil
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import small_params
from serve_process import Server, refused, running, serve, wait_for

from {{ cookiecutter.package_name }}.artifacts import publish, sha256_of

KEY = "a key of the tests"
HOUSE = {"OverallQual": 7, "GrLivArea": 1710}
WORKERS = pytest.mark.parametrize("workers", [1, 2], ids=["one worker", "two workers"])


@pytest.fixture(scope="module")
def other_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models/ folder of a model that was trained on other rows. Not to be written to."""
    from {{ cookiecutter.package_name }} import train

    folder = tmp_path_factory.mktemp("other")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        train.train(small_params(data={"seed": 7}))
    return folder / "models"


def version(models: Path) -> str:
    found = json.loads((models / "manifest.json").read_text())["version"]
    assert isinstance(found, str)
    return found


def replace_models(project: Path, models: Path) -> None:
    """Publish another model in the project, as `train` does."""
    staging = project / "staging"
    shutil.copytree(models, staging)
    publish(staging, project / "models")


def corrupt(path: Path) -> None:
    """Change one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


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


def log_is_whole(server: Server, rows: int) -> bool:
    return server.metric("prediction_log_rows_total", outcome="written") >= rows


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


def answered(server: Server) -> float:
    return server.metric("http_requests_total", route="/predict", status="200")


@contextmanager
def asked_all_the_time(server: Server, threads: int = 4) -> Iterator[Counter[Any]]:
    """Send predictions over kept connections during the block.

    Gives status -> answers, and what a client raised -> times; filled once the block has ended.
    """
    outcomes: Counter[Any] = Counter()
    stop, lock = threading.Event(), threading.Lock()

    def ask() -> Counter[Any]:
        found: Counter[Any] = Counter()
        with server.client(headers={"X-API-Key": KEY}) as client:
            while not stop.is_set():
                try:
                    answer = client.post("/predict", json=HOUSE)
                except httpx.TransportError as error:
                    found[type(error).__name__] += 1
                    break
                found[answer.status_code] += 1
                found[answer.json().get("version")] += 1
        with lock:
            outcomes.update(found)
        return found

    with ThreadPoolExecutor(threads) as pool:
        asking = [pool.submit(ask) for _ in range(threads)]
        wait_for(lambda: answered(server) > threads, "asked")
        try:
            yield outcomes
        finally:
            stop.set()
    for each in asking:
        each.result()


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


def reloads(server: Server, outcome: str) -> float:
    return server.metric("model_reloads_total", outcome=outcome)


def versions(server: Server) -> dict[str, float]:
    """Version -> workers that serve it."""
    with server.client() as client:
        text = client.get("/metrics").text
    lines = [line for line in text.splitlines() if line.startswith("model_info{")]
    found = {line.split('version="')[1].split('"')[0]: float(line.split()[-1]) for line in lines}
    return {name: workers for name, workers in found.items() if workers}


def by_request(server: Server) -> None:
    server.post("/model/reload", None, **{"X-API-Key": KEY})


def by_signal(server: Server) -> None:
    server.process.send_signal(signal.SIGHUP)


@WORKERS
@pytest.mark.parametrize("reload", [by_request, by_signal])
def test_a_reload_under_load_exchanges_the_model_and_fails_no_request(
    project: Path, other_models: Path, workers: int, reload: Callable[[Server], None]
) -> None:
    old, new = version(project / "models"), version(other_models)
    with running(project, workers, APP_API_KEY=KEY) as server:
        assert versions(server) == {old: workers}
        replace_models(project, other_models)
        with asked_all_the_time(server) as outcomes:
            reload(server)
            wait_for(lambda: versions(server) == {new: workers}, "served by all workers")
            before = answered(server)
            wait_for(lambda: answered(server) > before + 10, "asked")
        assert set(outcomes) == {200, old, new}
        # The worker that got the request loads the model once more, with the others.
        assert reloads(server, "loaded") >= workers
        assert reloads(server, "refused") == 0


@WORKERS
@pytest.mark.parametrize("reload", [by_request, by_signal])
def test_a_reload_of_a_corrupted_model_is_refused_and_the_old_one_goes_on(
    project: Path, workers: int, reload: Callable[[Server], None]
) -> None:
    old = version(project / "models")
    with running(project, workers, APP_API_KEY=KEY) as server:
        corrupt(project / "models" / "model.onnx")
        with asked_all_the_time(server) as outcomes:
            reload(server)
            wait_for(lambda: reloads(server, "refused") > 0, "refused")
            before = answered(server)
            wait_for(lambda: answered(server) > before + 10, "asked")
        assert set(outcomes) == {200, old}
        assert versions(server) == {old: workers}
        answer = server.post("/model/reload", None, **{"X-API-Key": KEY})
        assert answer.status_code == 409
        assert answer.headers["content-type"] == "application/problem+json"
        assert "model.onnx" in answer.json()["detail"]
        assert server.get("/health/ready").status_code == 200


def test_the_metrics_of_several_workers_add_up(project: Path) -> None:
    sent = 60
    with running(project, workers=2) as server:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: server.post("/predict", HOUSE), range(sent)))
        assert all(answer.status_code == 200 for answer in answers)
        served = {"route": "/predict", "status": "200"}
        # Each request had a connection of its own, so that both workers had some of them.
        assert server.metric("http_requests_total", **served) == sent
        assert server.metric("http_request_duration_seconds_count", **served) == sent
        assert server.metric("prediction_value_count") == sent
        wait_for(lambda: log_is_whole(server, sent), "logged")
        assert server.metric("prediction_log_rows_total", outcome="written") == sent


def test_a_killed_worker_is_replaced_and_no_longer_counted(project: Path) -> None:
    with running(project, workers=2, APP_PREDICTION_LOG="log") as server:

        def processes() -> set[int]:
            # Each process that predicts has log files of its own, named by its id.
            assert server.post("/predict", HOUSE).status_code == 200
            return {int(path.stem.rsplit("-", 1)[1]) for path in (project / "log").iterdir()}

        wait_for(lambda: len(processes()) == 2, "answered by both")
        counted = server.metric("http_requests_total", route="/predict")
        os.kill(min(processes()), signal.SIGKILL)
        wait_for(lambda: len(processes()) == 3, "replaced")
        assert versions(server) == {version(project / "models"): 2.0}
        # What the killed worker had counted stays counted.
        assert server.metric("http_requests_total", route="/predict") > counted
