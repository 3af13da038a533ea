"""The API: answers, agreement, limits, problem documents, and what a caller must never see."""

import asyncio
import json
import re
from typing import Any

import httpx
import numpy as np
import pytest
import shap
from conftest import quiet_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api.app import create_app
from {{ cookiecutter.package_name }}.api.explanation import shapley_values
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.api.settings import load_settings
from {{ cookiecutter.package_name }}.errors import UserError

HOUSE = {"OverallQual": 7, "GrLivArea": 1710, "Neighborhood": "CollgCr", "1stFlrSF": 856}


def test_a_prediction_has_its_interval_and_says_which_model_made_it(client: TestClient) -> None:
    answer = client.post("/predict", json=HOUSE)
    assert answer.status_code == 200
    found = answer.json()
    assert found["lower"] < found["prediction"] < found["upper"]
    assert found["coverage"] == 0.9
    about = client.get("/model").json()
    assert (found["model"], found["version"]) == (about["name"], about["version"])
    assert about["metrics"]
    assert about["data"]["synthetic"] is True


def test_absent_null_and_na_are_the_same_missing_value(client: TestClient) -> None:
    absent = client.post("/predict", json={"OverallQual": 7}).json()
    null = client.post(
        "/predict", json={"OverallQual": 7, "LotArea": None, "KitchenQual": None}
    ).json()
    text = client.post(
        "/predict", json={"OverallQual": 7, "KitchenQual": "NA", "Neighborhood": ""}
    ).json()
    assert absent == null == text


def test_a_category_may_come_as_text_or_number(predictor: Predictor, client: TestClient) -> None:
    name = predictor.schema.categories[0]
    same = [client.post("/predict", json={name: value}).json() for value in (20, 20.0, "20.0")]
    assert same[0] == same[1] == same[2]


def test_a_batch_answers_each_row_in_order(client: TestClient) -> None:
    rows = [{"OverallQual": quality} for quality in (9, 1, 5)]
    found = client.post("/predict/batch", json={"rows": rows}).json()["predictions"]
    for row, each in zip(rows, found, strict=True):
        single = client.post("/predict", json=row).json()
        assert each["prediction"] == pytest.approx(single["prediction"], rel=1e-6)
    assert found[0]["prediction"] > found[2]["prediction"] > found[1]["prediction"]


def test_simultaneous_requests_each_get_their_own_answer(predictor: Predictor) -> None:
    rows = [{"OverallQual": i % 10 + 1, "GrLivArea": 500 + 10 * i} for i in range(150)]
    encoded = [predictor.encode([row.get(n) for n in predictor.schema.names]) for row in rows]
    expected = [each.prediction for each in predictor.predict(encoded)]

    async def ask_all() -> list[float]:
        transport = httpx.ASGITransport(create_app(quiet_settings(max_in_flight=200), predictor))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answers = await asyncio.gather(*(client.post("/predict", json=r) for r in rows))
        return [answer.json()["prediction"] for answer in answers]

    np.testing.assert_allclose(asyncio.run(ask_all()), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"LotArea": "big"}', 422, "LotArea"),
        (b'{"LotArea": true}', 422, "LotArea"),
        (b'{"LotArea": 1e300}', 422, "LotArea"),
        (b'{"LotArea": 1e999}', 422, "LotArea"),
        (b'{"1stFlrSF": [1]}', 422, "1stFlrSF"),
        (b'{"Neighborhood": {"a": 1}}', 422, "Neighborhood"),
        (b'{"Neighborhood": "' + b"x" * 5000 + b'"}', 422, "Neighborhood"),
        (b'{"Lotarea": 1}', 422, "Lotarea"),
        (b"[]", 422, None),
        (b"null", 422, None),
        (b"", 400, None),
        (b'{"LotArea": 1', 400, None),
        (b'{"LotArea": NaN}', 400, None),
        (b'{"Neighborhood": "\xff"}', 400, None),
    ],
)
@pytest.mark.parametrize("path", ["/predict", "/explain"])
def test_a_wrong_body_is_a_problem_that_names_the_field(
    client: TestClient, path: str, body: bytes, status: int, field: str | None
) -> None:
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert_problem(answer, status)
    assert answer.json().get("field") == field


def assert_problem(answer: httpx.Response, status: int) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert "Traceback" not in answer.text


def test_wrong_paths_methods_and_media_types_are_problems(client: TestClient) -> None:
    assert_problem(client.get("/nowhere"), 404)
    assert_problem(client.get("/predict"), 405)
    assert client.get("/predict").headers["allow"] == "POST"
    assert_problem(client.post("/model"), 405)
    assert_problem(client.post("/predict", data={"LotArea": "1"}), 415)


def test_a_body_or_batch_over_the_limit_is_refused(client: TestClient) -> None:
    assert_problem(client.post("/predict/batch", json={"rows": [{}] * 21}), 413)
    assert_problem(client.post("/predict/batch", json={"rows": []}), 422)
    long = b'{"Neighborhood": "' + b" " * 100_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    assert_problem(client.post("/predict", content=long, headers=headers), 413)
    pieces = (long[i : i + 1000] for i in range(0, len(long), 1000))
    assert_problem(client.post("/predict", content=pieces, headers=headers), 413)


def test_a_wrong_row_of_a_batch_is_named_with_its_place(client: TestClient) -> None:
    answer = client.post("/predict/batch", json={"rows": [{}, {"LotArea": "x"}]})
    assert_problem(answer, 422)
    assert answer.json()["field"] == "rows[1].LotArea"


def test_an_error_on_our_side_tells_the_caller_no_more_than_its_id(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(rows: Any) -> Any:
        raise RuntimeError("secret")

    monkeypatch.setattr(predictor, "predict", broken)
    app = create_app(quiet_settings(), predictor)
    with TestClient(app) as client:
        answer = client.post("/predict", json={}, headers={"X-Request-ID": "abc-1"})
    assert_problem(answer, 500)
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == "abc-1"


def test_a_request_id_is_kept_if_it_is_harmless_and_replaced_if_not(client: TestClient) -> None:
    assert (
        client.get("/model", headers={"X-Request-ID": "a.b-1"}).headers["x-request-id"] == "a.b-1"
    )
    forged = client.get("/model", headers={"X-Request-ID": '" injected'}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", forged)


def test_health_and_metrics(client: TestClient) -> None:
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").json()["status"] == "ready"
    client.post("/predict", json={})
    client.get("/nowhere/1")
    text = client.get("/metrics").text
    assert 'http_requests_total{method="POST",route="/predict",status="200"} 1.0' in text
    assert 'route="/nowhere' not in text
    assert 'http_request_duration_seconds_count{route="/predict",status="200"} 1.0' in text


def test_the_documentation_has_every_route_and_every_field(
    client: TestClient, predictor: Predictor
) -> None:
    document = client.get("/openapi.json").json()
    assert {"/predict", "/predict/batch", "/explain", "/model", "/metrics"} <= set(
        document["paths"]
    )
    operation = document["paths"]["/predict"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == set(predictor.schema.names)
    assert {"200", "400", "413", "415", "422"} <= set(operation["responses"])
    assert client.post("/predict", json=body["example"]).status_code == 200
    assert client.get("/docs").status_code == 200


def test_contributions_add_up_to_the_prediction(client: TestClient, predictor: Predictor) -> None:
    found = client.post("/explain", json=HOUSE).json()
    total = found["base_value"] + sum(each["contribution"] for each in found["contributions"])
    assert total == pytest.approx(found["prediction"], rel=1e-9)
    single = client.post("/predict", json=HOUSE).json()["prediction"]
    assert found["prediction"] == pytest.approx(single, rel=1e-6)
    assert {each["column"] for each in found["contributions"]} == set(predictor.schema.names)
    sizes = [abs(each["contribution"]) for each in found["contributions"]]
    assert sizes == sorted(sizes, reverse=True)
    given = {each["column"]: each["value"] for each in found["contributions"]}
    assert given["Neighborhood"] == "CollgCr"
    assert given["LotArea"] is None


def test_contributions_agree_with_shap_on_the_same_background(predictor: Predictor) -> None:
    row = predictor.background[-1]
    base, shares = shapley_values(predictor, row)
    explainer = shap.explainers.Permutation(
        predictor.prices, shap.maskers.Independent(predictor.background), seed=0
    )
    found = explainer(row[None, :], max_evals=8 * (2 * len(row) + 1))
    assert base == pytest.approx(float(found.base_values[0]), rel=1e-6)
    # Both are samples of the same values: as close as samples of this size are to each other.
    spread = float(np.abs(found.values[0]).max())
    np.testing.assert_allclose(shares, found.values[0], atol=0.1 * spread)


def test_an_explanation_is_the_same_each_time(client: TestClient) -> None:
    assert client.post("/explain", json=HOUSE).json() == client.post("/explain", json=HOUSE).json()


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_json_object_gets_a_finite_price_or_a_problem(
    client: TestClient, predictor: Predictor, data: st.DataObject
) -> None:
    names = st.one_of(st.sampled_from(predictor.schema.names), st.text(max_size=5))
    row = data.draw(st.dictionaries(names, values, max_size=8))
    body = json.dumps(row, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass")
    answer = client.post("/predict", content=body, headers={"Content-Type": "application/json"})
    if answer.status_code == 200:
        found = answer.json()
        assert all(np.isfinite(found[name]) for name in ("prediction", "lower", "upper"))
    else:
        assert_problem(answer, answer.status_code)
        assert answer.status_code in (400, 422)


def test_a_wrong_setting_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_MAX_BATCH_ROWS", "many")
    with pytest.raises(UserError, match=r"APP_MAX_BATCH_ROWS = 'many'") as caught:
        load_settings()
    assert "\n" not in str(caught.value)
