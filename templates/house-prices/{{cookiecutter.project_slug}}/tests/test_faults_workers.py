"""Workers that exchange their model under load, add up their metrics, or are killed."""

import os
import shutil
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import small_params
from load import HOUSE, KEY, WORKERS, answered, asked_all_the_time, corrupt, log_is_whole, version
from serve_process import Server, running, wait_for

from {{ cookiecutter.package_name }}.artifacts import publish


@pytest.fixture(scope="module")
def other_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models/ folder of a model that was trained on other rows. Not to be written to."""
    from {{ cookiecutter.package_name }} import train

    folder = tmp_path_factory.mktemp("other")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        train.train(small_params(data={"seed": 7}))
    return folder / "models"


def replace_models(project: Path, models: Path) -> None:
    """Publish another model in the project, as `train` does."""
    staging = project / "staging"
    shutil.copytree(models, staging)
    publish(staging, project / "models")


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
