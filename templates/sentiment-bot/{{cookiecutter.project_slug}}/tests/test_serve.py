"""`serve` as a process: it starts, answers, stops when told to, and refuses what cannot work."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from serve_process import refused, running, serve, wait_for

GOOD = {"text": "I love it"}


@pytest.mark.parametrize("workers", [1, 2], ids=["one worker", "two workers"])
def test_it_answers_logs_in_json_and_stops_when_told_to(
    trained_project: Path, workers: int
) -> None:
    with running(trained_project, workers, APP_PREDICTION_LOG="") as server:
        answer = server.post("/predict", GOOD, **{"X-Request-ID": "from-the-test"})
        assert answer.json()["confidence"] > 0
        assert server.stop() == 0
        assert "Traceback" not in "".join(server.out + server.err)
        events = server.events("request")
        assert any(
            each["request_id"] == "from-the-test" and each["status"] == 200 for each in events
        )


def test_a_stop_answers_everything_that_is_in_flight(trained_project: Path) -> None:
    texts = {"texts": ["good and bad, " * 20] * 4_000}
    variables = {"APP_PREDICTION_LOG": "", "APP_MAX_BATCH_ROWS": "4000"}
    with (
        running(trained_project, **variables) as server,
        ThreadPoolExecutor(4) as pool,
    ):
        batches = [pool.submit(server.post, "/predict/batch", texts) for _ in range(2)]
        # With the request that asks for the metrics, three.
        wait_for(lambda: server.metric("http_requests_in_flight") >= 3, "busy")
        # A long batch holds no single text up.
        assert server.post("/predict", GOOD).status_code == 200
        assert not any(each.done() for each in batches)
        assert server.stop() == 0
        for each in batches:
            assert each.result().status_code == 200
            assert len(each.result().json()["predictions"]) == 4_000


def test_no_model_and_a_changed_one_are_named(trained_project: Path, tmp_path: Path) -> None:
    assert "Train a model first" in refused(serve(tmp_path))
    shutil.copytree(trained_project, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "models/tokenizer.json"
    tokenizer = json.loads(path.read_text())
    tokenizer["normalizer"] = None
    path.write_text(json.dumps(tokenizer))
    assert "tokenizer.json" in refused(serve(tmp_path))
