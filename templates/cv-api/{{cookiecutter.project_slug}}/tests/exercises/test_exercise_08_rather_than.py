"""Exercise 8: /explain may say what speaks for a class rather than for another one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_model import CLASSES, encoded, in_base64, picture, write_model
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api.app import create_app
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.api.settings import Settings

CONTENT = encoded(picture("red", "green"))


@pytest.fixture
def predictor(tmp_path: Path) -> Predictor:
    write_model(tmp_path / "models")
    return Predictor.load(tmp_path / "models")


@pytest.fixture
def client(predictor: Predictor) -> Iterator[TestClient]:
    settings = Settings(_env_file=None, prediction_log=None)
    with TestClient(create_app(settings, predictor)) as found:
        yield found


def explained(client: TestClient, **fields: Any) -> dict[str, Any]:
    """The answer to a question in JSON."""
    answer = client.post("/explain", json={"image": in_base64(CONTENT), **fields})
    assert answer.status_code == 200, (
        f"/explain with {fields} was refused: {answer.text}. What a body may hold is in "
        "api/requests.py, the answer in api/routes.py."
    )
    found: dict[str, Any] = answer.json()
    return found


def heat(predictor: Predictor, label: str, against: str) -> np.ndarray:
    """What is expected, from 0 to 1."""
    features = predictor.run(predictor.read(CONTENT).pixels[None]).features[0]
    one, other = (predictor.head[CLASSES.index(name)] for name in (label, against))
    seen = np.maximum(np.tensordot(one - other, features, axes=1), 0)
    return np.asarray(seen / seen.max())


@pytest.mark.parametrize(
    ("label", "against"), [("red", "green"), ("green", "red"), ("red", "blue")]
)
def test_the_heat_is_of_the_difference(
    client: TestClient, predictor: Predictor, label: str, against: str
) -> None:
    found = explained(client, label=label, against=against)
    wrong = np.abs(np.array(found["heat"]) - heat(predictor, label, against)).max()
    assert wrong < 1e-3, (
        f"the heat for {label} rather than {against} is off by {wrong:.3f}. It is that of the one "
        "class's weights less the other's."
    )
    assert found.get("against") == against, f"the answer has against={found.get('against')!r}"
    assert found["explained"] == label, f"the answer is for {found['explained']}, not for {label}"


def test_without_a_label_it_is_the_likeliest_class_rather_than_the_other(
    client: TestClient, predictor: Predictor
) -> None:
    likeliest = explained(client)["label"]
    other = next(name for name in CLASSES if name != likeliest)
    found = explained(client, against=other)
    wrong = np.abs(np.array(found["heat"]) - heat(predictor, likeliest, other)).max()
    assert wrong < 1e-3, f"the heat for {likeliest} rather than {other} is off by {wrong:.3f}"


def test_without_it_nothing_changes(client: TestClient) -> None:
    for fields in ({}, {"against": None}):
        found = explained(client, **fields)
        assert found.get("against", "missing") is None, "the answer has to have against: null"
    assert explained(client)["heat"] == explained(client, against=None)["heat"], "the heat differs"


def test_a_form_takes_it_too(client: TestClient) -> None:
    expected = explained(client, label="red", against="green")
    answer = client.post(
        "/explain", files={"file": CONTENT}, data={"label": "red", "against": "green"}
    )
    assert answer.status_code == 200, f"a form with `against` was refused: {answer.text}"
    assert answer.json()["heat"] == expected["heat"], "the form's answer is not that of JSON"


@pytest.mark.parametrize(
    "fields",
    [{"against": "violet"}, {"label": "red", "against": "red"}, {"against": 3}],
    ids=["not known", "the class itself", "no text"],
)
def test_what_cannot_be_compared_is_refused(client: TestClient, fields: dict[str, Any]) -> None:
    explained(client, against=None)
    answer = client.post("/explain", json={"image": in_base64(CONTENT), **fields})
    assert answer.status_code == 422, f"{fields} got {answer.status_code}, and 422 was expected"
    assert "against" in answer.text, f"the refusal does not name the field: {answer.text}"


def test_other_routes_refuse_it(client: TestClient) -> None:
    explained(client, against=None)
    answer = client.post("/predict", json={"image": in_base64(CONTENT), "against": "red"})
    assert answer.status_code == 422, f"/predict got {answer.status_code} for a field it has not"


def test_the_documentation_has_it_where_it_belongs(client: TestClient) -> None:
    explained(client, against=None)
    paths = client.get("/openapi.json").json()["paths"]
    shown = {path: str(paths[path]["post"]) for path in ("/explain", "/predict")}
    assert "'against'" in shown["/explain"], "/docs does not show the field of /explain"
    assert "'against'" not in shown["/predict"], "/docs shows it for /predict, which has no such"
