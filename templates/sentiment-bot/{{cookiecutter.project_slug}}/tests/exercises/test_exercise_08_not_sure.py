"""Exercise 8: an answer says whether it is sure, by a limit of the service (Chow 1970)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import quiet_settings
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api.app import create_app
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.api.settings import Settings, load_settings
from {{ cookiecutter.package_name }}.errors import UserError

VARIABLE = "APP_SURE"
TEXTS = ["I love it", "I hate it", "It is on the table", "qwxz", "not bad, not good"]


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@contextmanager
def served(predictor: Predictor, sure: float | None) -> Iterator[TestClient]:
    """A client of a service with this limit; None: with the default."""
    settings = quiet_settings(**({} if sure is None else {"sure": sure}))
    with TestClient(create_app(settings, predictor)) as client:
        yield client


def answered(client: TestClient) -> list[dict[str, Any]]:
    """The answers to the texts, one by one."""
    found = [client.post("/predict", json={"text": text}).json() for text in TEXTS]
    assert all("sure" in each for each in found), (
        f"the answer of /predict has no `sure`: {found[0]}. Settings are in api/own_settings.py, "
        "answers in api/routes.py."
    )
    return found


def test_an_answer_is_sure_from_the_limit_on(predictor: Predictor) -> None:
    confidences = sorted(each.confidence for each in predictor.predict(TEXTS))
    limit = confidences[2]
    with served(predictor, limit) as client:
        for each in answered(client):
            assert each["sure"] is (each["confidence"] >= limit), f"the limit is {limit}: {each}"


def test_a_batch_says_so_too(predictor: Predictor) -> None:
    limit = sorted(each.confidence for each in predictor.predict(TEXTS))[2]
    with served(predictor, limit) as client:
        found = client.post("/predict/batch", json={"texts": TEXTS}).json()["predictions"]
    assert all("sure" in each for each in found), "the answers of /predict/batch have no `sure`"
    for each in found:
        expected = each["confidence"] >= limit
        assert each["sure"] is expected, f"the limit is {limit}: {each}"


def test_by_default_every_answer_is_sure_and_the_label_always_there(predictor: Predictor) -> None:
    with served(predictor, None) as client:
        assert all(each["sure"] for each in answered(client)), "the default is 0: nothing changes"
    with served(predictor, 1.0) as client:
        labels = [each["label"] for each in answered(client)]
    assert set(labels) <= set(predictor.classes), "who asks decides what to do with a label"


@pytest.mark.parametrize("wrong", ["1.5", "-0.1", "much"])
def test_a_limit_that_is_no_share_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, wrong)
    said = ""
    try:
        load_settings()
    except UserError as error:
        said = str(error)
    assert VARIABLE in said, f"{VARIABLE} = {wrong} did not stop the start. Said: {said!r}"


def test_the_variable_is_explained_beside_the_others() -> None:
    assert "sure" in Settings.model_fields, "there is no setting `sure` of the service yet"
    text = (Path(__file__).parents[2] / ".env.example").read_text()
    assert f"{VARIABLE}=" in text, f".env.example does not explain {VARIABLE}"
