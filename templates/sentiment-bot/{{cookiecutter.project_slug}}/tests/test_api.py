"""The API: answers, odd texts, limits, problem documents, and what a caller must never see."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import quiet_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api.app import Application, create_app
from {{ cookiecutter.package_name }}.api.lasting import Lasting
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.api.shell import Beside
from {{ cookiecutter.package_name }}.prediction_log import read

JSON = {"Content-Type": "application/json"}
ODD = {
    "right to left": "הסרט היה נהדר, ממש!",
    "mixed scripts": "Это good, 很好 و جميل",
    "emoji alone": "👩‍👧👍🏽🙄",
    "control characters": "fi\u0000ne\u0007 \u001b[31mred",
    "an override of the direction": "\u202enice\u202c",
    "accents without end": "e" + "\u0301" * 5_000,
    "marks alone": "?!",
    "one word without end": "a" * 60_000,
    "a byte-order mark": "\ufeffgood",
    "HTML": "<b>good</b> &amp; &lt;cheap&gt;",
}
BLANK = ["", " ", "\n\t \u2003", "\u0000\u0007", "\u200b\ufeff\u00ad"]


def test_an_answer_says_the_mood_how_sure_it_is_and_which_model_said_it(
    client: TestClient, predictor: Predictor
) -> None:
    answer = client.post("/predict", json={"text": "I love it"})
    assert answer.status_code == 200
    found = answer.json()
    assert found["label"] in predictor.classes
    assert found["confidence"] == found["probabilities"][found["label"]]
    assert tuple(found["probabilities"]) == predictor.classes
    assert (found["truncated"], found["tokens"] > 2) == (False, True)
    about = client.get("/model").json()
    assert (found["model"], found["version"]) == (about["name"], about["version"])
    assert about["classes"] == list(predictor.classes)
    assert about["max_length"] == predictor.max_length
    assert client.post("/predict", json=about["example"]).status_code == 200


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
@pytest.mark.parametrize("path", ["/predict", "/explain"])
def test_odd_texts_get_an_answer(client: TestClient, path: str, text: str) -> None:
    answer = client.post(path, json={"text": text})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert sum(found["probabilities"].values()) == pytest.approx(1)
    for word in found.get("words", ()):
        assert text[word["start"] : word["end"]] == word["text"]


def test_a_text_that_is_too_long_is_cut_and_says_so(client: TestClient) -> None:
    found = client.post("/predict", json={"text": "good " * 10_000}).json()
    assert found["truncated"] is True
    assert found["tokens"] == client.get("/model").json()["max_length"]


def assert_problem(answer: httpx.Response, status: int, field: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["detail"]
    assert "\n" not in document["detail"]
    assert document.get("field") == field
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("text", BLANK)
def test_a_text_of_which_nothing_can_be_seen_is_refused(client: TestClient, text: str) -> None:
    for path in ("/predict", "/explain"):
        assert_problem(client.post(path, json={"text": text}), 422, "text")
    answer = client.post("/predict/batch", json={"texts": ["fine", text]})
    assert_problem(answer, 422, "texts[1]")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"text": 1}', 422, "text"),
        (b'{"text": null}', 422, "text"),
        (b'{"text": ["good"]}', 422, "text"),
        (b'{"text": "good", "lang": "en"}', 422, "lang"),
        (b"{}", 422, "text"),
        (b'"good"', 422, None),
        (b"", 400, None),
        (b'{"text": "good', 400, None),
        (b'{"text": "\xff"}', 400, None),
        (b'{"text": "\\ud83d"}', 400, None),
        (b'{"text": "\\ud83d good"}', 400, None),
    ],
)
def test_a_wrong_body_is_a_problem_that_names_the_field(
    client: TestClient, body: bytes, status: int, field: str | None
) -> None:
    for path in ("/predict", "/explain"):
        answer = client.post(path, content=body, headers=JSON)
        assert_problem(answer, status, field)
    if b"ud83d" in body:
        assert "half a character" in answer.json()["detail"]


def test_a_body_or_batch_over_the_limit_is_refused(client: TestClient) -> None:
    assert_problem(client.post("/predict/batch", json={"texts": ["good"] * 21}), 413)
    assert_problem(client.post("/predict/batch", json={"texts": []}), 422, "texts")
    assert_problem(client.post("/predict", json={"text": "a" * 100_001}), 413)
    assert_problem(client.get("/predict"), 405)
    assert_problem(client.post("/predict", data={"text": "good"}), 415)


def test_a_batch_answers_each_text_in_order(client: TestClient) -> None:
    texts = ["I love it", "bad " * 30, "I hate it", "fine"]
    found = client.post("/predict/batch", json={"texts": texts}).json()
    assert [each["tokens"] for each in found["predictions"]] == [
        client.post("/predict", json={"text": text}).json()["tokens"] for text in texts
    ]
    assert {"label", "confidence", "probabilities", "truncated"} <= set(found["predictions"][0])


def test_simultaneous_requests_each_get_their_own_answer(predictor: Predictor) -> None:
    texts = [f"{'very ' * (i % 25)}good number {i}" for i in range(120)]
    expected = [len(predictor.reader.read(text).ids) for text in texts]

    async def ask_all() -> list[Any]:
        shell = create_app(quiet_settings(max_in_flight=200), predictor)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(shell), base_url="http://test"
        ) as client:
            asked = (client.post("/predict", json={"text": text}) for text in texts)
            return [answer.json() for answer in await asyncio.gather(*asked)]

    found = asyncio.run(ask_all())
    assert [each["tokens"] for each in found] == expected
    for text, each in zip(texts, found, strict=True):
        alone = predictor.predict([text])[0].probabilities
        # Integer arithmetic rounds by the largest value of a batch.
        assert each["probabilities"] == pytest.approx(alone, abs=0.05)


def test_an_error_on_our_side_tells_the_caller_no_more_than_its_id(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(readings: Any) -> Any:
        raise RuntimeError("secret")

    monkeypatch.setattr(predictor, "run", broken)
    with TestClient(create_app(quiet_settings(), predictor)) as client:
        for path, body in (("/predict", {"text": "a"}), ("/predict/batch", {"texts": ["a"]})):
            answer = client.post(path, json=body, headers={"X-Request-ID": "abc-1"})
            assert_problem(answer, 500)
            assert "secret" not in answer.text
            assert answer.headers["x-request-id"] == "abc-1"


def test_a_reload_makes_nothing_on_the_loop_that_answers_requests(
    predictor: Predictor, trained_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = Application(quiet_settings(models=trained_folder), predictor)
    threads, around = [], Lasting.around

    def noted(*given: Any) -> Beside:
        threads.append(threading.current_thread())
        return around(*given)

    monkeypatch.setattr(Lasting, "around", noted)
    assert asyncio.run(application.reload()) == predictor.manifest.version
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


def test_the_log_and_the_metrics_have_what_was_asked_and_answered(
    predictor: Predictor, tmp_path: Path
) -> None:
    most = predictor.reader.looks[-1]
    with TestClient(create_app(quiet_settings(prediction_log=tmp_path), predictor)) as client:
        first = client.post("/predict", json={"text": "I love it"}).json()
        client.post("/predict/batch", json={"texts": ["bad", "good " * most]})
        metrics = client.get("/metrics").text
    logged = list(read(tmp_path))
    assert [record.inputs["text"] for record in logged[:2]] == ["I love it", "bad"]
    assert logged[0].output["probabilities"] == first["probabilities"]
    # Of a long text, no more than the model can have looked at.
    assert len(logged[2].inputs["text"]) == most
    assert "prediction_value_count 3.0" in metrics


def test_the_documentation_has_every_route_and_what_a_text_may_be(
    client: TestClient, predictor: Predictor
) -> None:
    document = client.get("/openapi.json").json()
    assert {"/predict", "/predict/batch", "/explain", "/model", "/chat"} <= set(document["paths"])
    operation = document["paths"]["/predict"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert str(predictor.max_length) in body["properties"]["text"]["description"]
    assert {"200", "400", "413", "415", "422"} <= set(operation["responses"])
    assert client.post("/predict", json=body["example"]).status_code == 200


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=200), path=st.sampled_from(["/predict", "/explain"]))
def test_any_text_gets_an_answer_or_a_problem(client: TestClient, text: str, path: str) -> None:
    body = json.dumps({"text": text}).encode()
    answer = client.post(path, content=body, headers=JSON)
    if answer.status_code == 200:
        assert 0 < answer.json()["confidence"] <= 1
    else:
        assert_problem(answer, 422, "text")
