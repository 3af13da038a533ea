"""The load test against this project's own service."""

import json
from pathlib import Path

import pytest
from serve_process import running

from {{ cookiecutter.package_name }} import loadtest


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports go to a folder of the test's own; what is outstanding is waited for briefly."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loadtest, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(loadtest, "WARM_UP_SECONDS", 0.1)


def test_a_running_service_is_measured_at_each_concurrency(trained_project: Path) -> None:
    with running(trained_project, APP_API_KEY="of-the-test", APP_PREDICTION_LOG="") as server:
        report = loadtest.loadtest(server.address, "1,4", 0.5, "of-the-test")
        counted = server.metric("http_requests_total", route="/predict", status="200")
    assert [level["connections"] for level in report["levels"]] == [1, 4]
    for level in report["levels"]:
        assert level["successes"] == level["requests"] > 0
        assert level["errors"] == {}
        assert level["shed"] == 0
        latency = level["latency_ms"]
        assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"] <= latency["max"] < 500
        rate = level["successes"] / level["seconds"]
        assert level["successes_per_second"] == pytest.approx(rate, rel=0.01)
    # The rest came before the clock started.
    assert counted >= sum(level["requests"] for level in report["levels"]) + 1
    assert report["client_and_server_share_the_machine"] is True
    written = loadtest.REPORT.read_text()
    assert json.loads(written) == report
    assert "of-the-test" not in written
    assert loadtest.FIGURE.read_bytes().startswith(b"\x89PNG")
