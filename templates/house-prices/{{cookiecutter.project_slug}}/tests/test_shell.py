"""The shell around the routes: overload, keys, headers, starting, reloading."""

import asyncio
import json
import re
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import held_up, quiet_settings
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api import logs, metrics, routes
from {{ cookiecutter.package_name }}.api import shell as shell_module
from {{ cookiecutter.package_name }}.api.app import create_app
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.api.settings import load_settings
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.prediction_log import read

KEY = "open sesame"
OURS = {"X-API-Key": KEY}


def ask(shell: Any, *requests: tuple[str, dict[str, Any]]) -> list[httpx.Response]:
    """The answers to POST requests that are sent at the same time."""

    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(shell)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await asyncio.gather(*(client.post(path, json=body) for path, body in requests))

    return asyncio.run(run())


def test_requests_over_the_limit_are_refused_at_once(predictor: Predictor) -> None:
    shell = create_app(quiet_settings(max_in_flight=4), predictor)
    answers = ask(shell, *[("/predict", {})] * 20)
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 4
    assert statuses.count(503) == 16
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["content-length"] == str(len(refused.content))
    assert re.fullmatch(r"[0-9a-f]{32}", refused.headers["x-request-id"])
    assert refused.json()["status"] == 503


def test_refusals_are_counted_one_by_one_and_logged_together(
    predictor: Predictor, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell_module, "REFUSALS_LOGGED_EVERY_S", 0.01)
    logs.configure("info")
    shell = create_app(quiet_settings(max_in_flight=4), predictor)

    async def run() -> str:
        transport = httpx.ASGITransport(shell)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await asyncio.gather(*(client.post("/predict", json={}) for _ in range(20)))
            await asyncio.sleep(0.05)
            return (await client.get("/metrics")).text

    assert 'http_requests_total{method="POST",route="/predict",status="503"} 16.0' in asyncio.run(
        run()
    )
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["requests"] for line in lines if line["event"] == "refused"] == [16]
    assert sum(line["event"] == "request" and line["path"] == "/predict" for line in lines) == 4


def test_slow_routes_have_a_limit_of_their_own_and_fast_ones_go_on(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = held_up(monkeypatch, routes, "explain")
    shell = create_app(quiet_settings(max_slow_in_flight=2), predictor)

    async def run() -> tuple[list[int], float, int]:
        transport = httpx.ASGITransport(shell)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            taken = [asyncio.create_task(client.post("/explain", json={})) for _ in range(2)]
            await asyncio.sleep(0.05)
            started = time.perf_counter()
            refused = await client.post("/explain", json={})
            seconds = time.perf_counter() - started
            fast = (await client.post("/predict", json={})).status_code
            release.set()
            done = [task.status_code for task in await asyncio.gather(*taken)]
            return [*done, refused.status_code], seconds, fast

    statuses, seconds, fast = asyncio.run(run())
    assert statuses == [200, 200, 503]
    assert fast == 200
    # Nowhere near the slow ones' time: it did not wait for a place.
    assert seconds < 5


def test_a_slow_answer_ends_at_the_timeout_and_keeps_its_place(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def stuck(*_: Any) -> Any:
        release.wait(20)
        raise RuntimeError("too late")

    monkeypatch.setattr(routes, "explain", stuck)
    settings = quiet_settings(max_slow_in_flight=1, timeout_s=0.05)
    shell = create_app(settings, predictor)
    try:
        first, second = (ask(shell, ("/explain", {}))[0] for _ in range(2))
    finally:
        release.set()
    assert first.status_code == second.status_code == 503
    assert "longer than 0.05 s" in first.json()["detail"]
    assert "More requests" in second.json()["detail"]


def test_a_body_that_does_not_end_is_given_up(predictor: Predictor) -> None:
    shell = create_app(quiet_settings(timeout_s=0.05), predictor)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(20)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/predict",
        "headers": [(b"content-type", b"application/json")],
    }
    asyncio.run(shell(scope, receive, send))
    assert sent[0]["status"] == 408


def test_health_and_metrics_answer_at_any_load(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = held_up(monkeypatch, routes, "explain")
    shell = create_app(quiet_settings(max_in_flight=1), predictor)

    async def run() -> list[int]:
        transport = httpx.ASGITransport(shell)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            busy = asyncio.create_task(client.post("/explain", json={}))
            await asyncio.sleep(0.05)
            full = (await client.post("/predict", json={})).status_code
            paths = ("/health/ready", "/health/live", "/metrics")
            found = [(await client.get(path)).status_code for path in paths]
            release.set()
            return [full, *found, (await busy).status_code]

    assert asyncio.run(run()) == [503, 200, 200, 200, 200]


def test_without_a_key_predictions_are_open_and_reloading_is_off(client: TestClient) -> None:
    assert client.post("/predict", json={}).status_code == 200
    answer = client.post("/model/reload")
    assert answer.status_code == 403
    assert "APP_API_KEY" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/predict", "/predict/batch", "/explain", "/model/reload"])
def test_with_a_key_a_request_needs_it(
    predictor: Predictor, trained_folder: Path, path: str
) -> None:
    settings = quiet_settings(api_key=KEY, models=trained_folder)
    body = {"rows": [{}]} if path.endswith("batch") else {}
    with TestClient(create_app(settings, predictor)) as client:
        for headers in ({}, {"X-API-Key": ""}, {"X-API-Key": KEY[:-1]}, {"X-API-Key": KEY + "x"}):
            answer = client.post(path, json=body, headers=headers)
            assert answer.status_code == 401
            assert "www-authenticate" in answer.headers
        assert client.post(path, json=body, headers=OURS).status_code == 200
        assert client.get("/model").status_code == 200
        document = client.get("/openapi.json").json()
    assert document["paths"][path]["post"]["security"] == [{"ApiKey": []}]


def test_the_key_is_in_no_log(
    predictor: Predictor, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with TestClient(create_app(quiet_settings(api_key=KEY), predictor)) as client:
        client.post("/predict", json={}, headers=OURS)
        client.post("/predict", json={}, headers={"X-API-Key": KEY + "wrong"})
    out = "".join(capfd.readouterr())
    assert "/predict" in out
    assert KEY not in out
    monkeypatch.setenv("APP_API_KEY", f"{KEY}\n")
    with pytest.raises(UserError, match="APP_API_KEY") as caught:
        load_settings()
    assert KEY not in str(caught.value)


def test_pages_say_what_a_browser_may_run_and_answers_need_not(client: TestClient) -> None:
    page, documentation = client.get("/"), client.get("/docs")
    policy = page.headers["content-security-policy"]
    assert "unsafe-inline" not in next(p for p in policy.split("; ") if p.startswith("script-src"))
    assert "frame-ancestors 'none'" in policy
    assert page.headers["x-frame-options"] == "DENY"
    for answer in (page, documentation):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "content-security-policy" not in client.get("/model").headers


def test_a_frame_is_allowed_where_the_settings_say_so(predictor: Predictor) -> None:
    origin = "https://huggingface.co"
    with TestClient(create_app(quiet_settings(frame_ancestors=(origin,)), predictor)) as client:
        page = client.get("/")
    assert f"frame-ancestors {origin}" in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers


def test_other_origins_are_allowed_only_if_the_settings_name_them(predictor: Predictor) -> None:
    origin = {"Origin": "https://example.org"}
    header = "access-control-allow-origin"
    with TestClient(create_app(quiet_settings(), predictor)) as client:
        assert header not in client.post("/predict", json={}, headers=origin).headers
    settings = quiet_settings(cors_origins=("https://example.org",))
    with TestClient(create_app(settings, predictor)) as client:
        answer = client.post("/predict", json={}, headers=origin)
        assert answer.headers[header] == "https://example.org"
        other = client.post("/predict", json={}, headers={"Origin": "https://evil.example"})
        assert header not in other.headers


def test_predictions_are_logged_without_the_columns_left_out(
    predictor: Predictor, tmp_path: Path
) -> None:
    settings = quiet_settings(prediction_log=tmp_path, prediction_log_leave_out=("Neighborhood",))
    with TestClient(create_app(settings, predictor)) as client:
        body = {"OverallQual": 7, "Neighborhood": "NAmes"}
        single = client.post("/predict", json=body, headers={"X-Request-ID": "one"}).json()
        rows = {"rows": [{"OverallQual": 3}, {"OverallQual": 4}]}
        client.post("/predict/batch", json=rows, headers={"X-Request-ID": "many"})
        client.post("/predict", json={"OverallQual": "wrong"})
    found = list(read(tmp_path))
    assert [record.request_id for record in found] == ["one", "many/0", "many/1"]
    assert found[0].output["prediction"] == single["prediction"]
    assert found[0].inputs["OverallQual"] == 7
    assert found[0].inputs["LotArea"] is None
    assert "Neighborhood" not in found[0].inputs
    assert found[0].version == predictor.manifest.version


def test_predictions_are_counted_by_their_size(client: TestClient, predictor: Predictor) -> None:
    price = client.post("/predict", json={}).json()["prediction"]
    text = client.get("/metrics").text
    assert "prediction_value_count 1.0" in text
    for bound in predictor.prediction_buckets:
        expected = 1.0 if price <= bound else 0.0
        assert f'le="{bound}"' + "} " + str(expected) in text


def test_a_worker_that_is_just_starting_does_not_break_the_metrics(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(metrics.FOLDER_VARIABLE, str(tmp_path))
    begun = tmp_path / "counter_1.db"
    begun.touch()
    monkeypatch.setattr(metrics.time, "sleep", lambda _: begun.unlink(missing_ok=True))
    assert metrics.Metrics(tmp_path / "drift.json").text() == b""
