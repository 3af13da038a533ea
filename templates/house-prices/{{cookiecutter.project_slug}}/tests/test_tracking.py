import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from conftest import small_params

from {{ cookiecutter.package_name }} import train, tune
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.sections import TrackingParams
from {{ cookiecutter.package_name }}.tracking import check_reachable, start_run


def on() -> dict[str, Any]:
    """Tracking in a database of the current folder; by its full path, since MLflow remembers."""
    return {"enabled": True, "uri": f"sqlite:///{Path.cwd().as_posix()}/mlflow.db"}


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def guarded() -> Iterator[int]:
    """The port of a server that answers, and lets nobody in."""

    class Guarded(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(401)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Guarded) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def runs() -> list[Any]:
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=on()["uri"])
    experiments = [each.experiment_id for each in client.search_experiments()]
    return list(client.search_runs(experiments, order_by=["attributes.start_time"]))


def test_a_training_run_is_logged_with_its_model(project: Path) -> None:
    import mlflow

    result = train.train(small_params(tracking=on()))
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert run.data.tags["step"] == "train"
    assert run.data.params["train.folds"] == "3"
    assert run.data.params["data_sha256"] == result.metrics["data"]["sha256"]
    scores = result.metrics["cross_validation"]["models"]
    assert run.data.metrics["stack/rmse_log"] == scores["stack"]["rmse_log"]["overall"]
    client = mlflow.MlflowClient(tracking_uri=on()["uri"])
    folds = client.get_metric_history(run.info.run_id, "stack/fold/rmse_log")
    assert [(each.step, each.value) for each in folds] == list(
        enumerate(scores["stack"]["rmse_log"]["folds"])
    )
    (model,) = client.search_logged_models(experiment_ids=[run.info.experiment_id])
    info = mlflow.models.get_model_info(model.artifact_location)
    assert info.signature is not None
    files = {each.path for each in client.list_artifacts(run.info.run_id, "reports/figures")}
    assert files == {"reports/figures/out-of-fold-predictions.png"}
    assert info.saved_input_example_info is not None


def test_a_search_is_logged_trial_by_trial(project: Path) -> None:
    result = tune.tune(small_params(tracking=on(), tune={"model": "ridge", "trials": 3}))
    (run,) = runs()
    assert run.data.tags["step"] == "tune"
    assert run.data.metrics["best"] == result.report["best"]["value"]
    assert run.data.metrics["default"] == result.report["default"]
    assert "best.alpha" in run.data.params


def test_a_step_that_fails_leaves_a_failed_run(project: Path) -> None:
    def step() -> None:
        with start_run(TrackingParams(**on()), "houses", "train", {}):
            raise UserError("no")

    with pytest.raises(UserError, match="no"):
        step()
    (run,) = runs()
    assert run.info.status == "FAILED"


def test_a_server_that_is_not_there_is_named_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{taken.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(UserError) as caught:
            train.train(small_params(tracking={**on(), "uri": uri}))
    assert time.monotonic() - started < 10
    assert uri in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scheme", ["http", "postgresql"])
def test_a_server_that_never_answers_is_given_up_within_ten_seconds(
    silent: int, scheme: str
) -> None:
    if scheme == "postgresql":
        pytest.importorskip("psycopg2", reason="the extra `postgres` is not installed")
        scheme = "postgresql+psycopg2"
    uri = f"{scheme}://ada:secret@127.0.0.1:{silent}/mlflow"
    started = time.monotonic()
    with pytest.raises(UserError) as caught:
        check_reachable(uri)
    assert time.monotonic() - started < 10
    assert "secret" not in str(caught.value)
    assert str(silent) in str(caught.value)


def test_the_address_in_the_environment_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1/here")
    with (
        pytest.raises(UserError, match=r"127\.0\.0\.1:1/here"),
        start_run(TrackingParams(), "houses", "train", {}),
    ):
        pass


@pytest.mark.parametrize("credentials", ["", "ada:secret@"])
def test_a_server_that_wants_credentials_is_there(guarded: int, credentials: str) -> None:
    check_reachable(f"http://{credentials}127.0.0.1:{guarded}")


def test_a_server_that_does_not_let_us_in_is_one_line_without_the_password(guarded: int) -> None:
    settings = TrackingParams(uri=f"http://ada:secret@127.0.0.1:{guarded}")
    with pytest.raises(UserError) as caught, start_run(settings, "houses", "train", {}):
        pass
    message = str(caught.value)
    assert f"http://ada:***@127.0.0.1:{guarded}" in message
    assert "401" in message
    assert "secret" not in message
    assert "\n" not in message


def test_a_server_that_goes_away_half_way_is_one_line_without_the_password(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    def gone(*arguments: Any) -> None:
        raise mlflow.exceptions.MlflowException(f"no answer from {uri}\nand more about it")

    # A database has neither host nor password; MLflow hands back what it was given.
    uri = "http://ada:secret@127.0.0.1:1"
    monkeypatch.setattr(mlflow, "log_params", gone)

    def step() -> None:
        with start_run(TrackingParams(**on()), "houses", "train", {}) as run:
            monkeypatch.setattr(run, "uri", uri)
            run.log_params({"a": 1})

    with pytest.raises(UserError) as caught:
        step()
    assert "no answer from http://ada:***@127.0.0.1:1)" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert runs()[0].info.status == "FAILED"


def test_without_tracking_mlflow_is_not_even_imported(project: Path) -> None:
    script = (
        "import sys\n"
        "from {{ cookiecutter.package_name }}.sections import TrackingParams\n"
        "from {{ cookiecutter.package_name }} import train\n"
        "with train.tracking.start_run(TrackingParams(enabled=False), 'p', 'n', {}) as run:\n"
        "    run.log_params({'a': 1})\n"
        "    run.log_metrics({'b': 1.0}, step=0)\n"
        "print('mlflow' in sys.modules)\n"
    )
    source = str(Path(train.__file__).parents[1])
    found = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": source, "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == "False\n"
    assert found.stderr == ""
