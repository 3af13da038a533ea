"""`serve` as a process: it starts, answers, stops when told to, and refuses what cannot work."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from serve_process import Server, refused, running, serve, wait_for
from small_model import encoded, in_base64, picture, write_model

RED = {"image": in_base64(encoded(picture("red")))}
READY_SECONDS = 3.0
TRAINING = ("torch", "transformers", "scipy", "pandas", "sklearn", "matplotlib", "datasets")


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder with the model made by hand. Not to be written to."""
    folder = tmp_path_factory.mktemp("project")
    write_model(folder / "models")
    return folder


@pytest.mark.parametrize("workers", [1, 2], ids=["one worker", "two workers"])
def test_it_answers_logs_in_json_and_stops_when_told_to(colours: Path, workers: int) -> None:
    with running(colours, workers, APP_PREDICTION_LOG="") as server:
        answer = server.post("/predict", RED, **{"X-Request-ID": "from-the-test"})
        assert answer.json()["label"] == "red"
        with server.client() as client:
            files = {"file": ("red.jpg", encoded(picture("red"), "JPEG"), "image/jpeg")}
            assert client.post("/predict", files=files).json()["format"] == "JPEG"
        assert server.stop() == 0
        assert "Traceback" not in "".join(server.out + server.err)
        events = server.events("request")
        assert any(
            each["request_id"] == "from-the-test" and each["status"] == 200 for each in events
        )


def test_a_stop_answers_everything_that_is_in_flight(colours: Path) -> None:
    large = in_base64(encoded(picture("red", "blue", size=(1600, 1600)), "PNG"))
    images = {"images": [large] * 25}
    variables = {"APP_PREDICTION_LOG": "", "APP_GRACE_S": "28"}
    with running(colours, **variables) as server, ThreadPoolExecutor(4) as pool:
        batches = [pool.submit(server.post, "/predict/batch", images) for _ in range(2)]
        # With the request that asks for the metrics, three.
        wait_for(lambda: server.metric("http_requests_in_flight") >= 3, "busy")
        # A long batch holds no single picture up.
        assert server.post("/predict", RED).status_code == 200
        assert not any(each.done() for each in batches)
        assert server.stop() == 0
        for each in batches:
            assert each.result().status_code == 200
            assert len(each.result().json()["predictions"]) == 25


def test_it_is_ready_soon_and_without_the_training_libraries(colours: Path) -> None:
    with running(colours, APP_PREDICTION_LOG="") as server:
        assert server.get("/health/ready").status_code == 200
        assert not loaded(server) & set(TRAINING)
        # Twice as much, since a busy machine's processors do less in a second.
        assert processor_seconds(server) < 2 * READY_SECONDS


def processor_seconds(server: Server) -> float:
    """What it has used of a processor so far, which does not depend on how busy the machine is."""
    stat = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def loaded(server: Server) -> set[str]:
    """The distributions of which the server has mapped a library of its own into memory."""
    maps = Path(f"/proc/{server.process.pid}/maps")
    if not maps.exists():
        pytest.skip("only Linux says what a process has loaded")
    parts = (line.rpartition("site-packages/")[2] for line in maps.read_text().splitlines())
    return {part.partition("/")[0] for part in parts if "/" in part}


def test_no_model_and_a_changed_one_are_named(colours: Path, tmp_path: Path) -> None:
    assert "Train a model first" in refused(serve(tmp_path))
    shutil.copytree(colours, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "models/model.onnx"
    path.write_bytes(path.read_bytes()[:-1])
    assert "model.onnx" in refused(serve(tmp_path))


def test_a_limit_that_is_none_is_named(colours: Path) -> None:
    message = refused(serve(colours, APP_MAX_PIXELS="999999999999"))
    assert "APP_MAX_PIXELS = '999999999999'" in message
