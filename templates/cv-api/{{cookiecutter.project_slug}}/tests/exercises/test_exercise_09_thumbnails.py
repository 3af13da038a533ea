"""Exercise 9: pictures that are too small are refused, by a limit of the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from small_model import encoded, in_base64, picture, write_model
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api.app import create_app
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.api.settings import Settings, load_settings
from {{ cookiecutter.package_name }}.errors import UserError

VARIABLE = "APP_MIN_SIDE"
SMALL = encoded(picture("red", size=(90, 40)))
LARGE = encoded(picture("red", size=(90, 64)))


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def predictor(tmp_path: Path) -> Predictor:
    write_model(tmp_path / "models")
    return Predictor.load(tmp_path / "models")


@contextmanager
def served(predictor: Predictor, least: int | None) -> Iterator[TestClient]:
    """A client of a service with this limit; None: with the default."""
    assert "min_side" in Settings.model_fields, (
        "there is no setting `min_side` of the service yet: add it to api/own_settings.py"
    )
    given = {} if least is None else {"min_side": least}
    settings = Settings(_env_file=None, prediction_log=None, **given)
    with TestClient(create_app(settings, predictor)) as client:
        yield client


@pytest.mark.parametrize("route", ["/predict", "/explain"])
def test_a_picture_with_too_short_a_side_is_refused(predictor: Predictor, route: str) -> None:
    with served(predictor, 64) as client:
        small = client.post(route, json={"image": in_base64(SMALL)})
        large = client.post(route, json={"image": in_base64(LARGE)})
    assert small.status_code == 422, f"40 pixels got {small.status_code}, and 64 are needed"
    assert large.status_code == 200, f"64 pixels are enough, and were refused: {large.text}"
    said = small.json()["detail"]
    assert "40" in said, f"the line does not say how many pixels it has: {said}"
    assert "64" in said, f"the line does not say how many are needed: {said}"


def test_a_form_and_a_batch_are_no_way_around_it(predictor: Predictor) -> None:
    with served(predictor, 64) as client:
        form = client.post("/predict", files={"file": SMALL})
        images = [in_base64(LARGE), in_base64(SMALL)]
        batch = client.post("/predict/batch", json={"images": images})
    assert form.status_code == 422, f"as a form it got {form.status_code}"
    assert batch.status_code == 422, f"within a batch it got {batch.status_code}"
    assert "images[1]" in batch.text, f"the line does not say which of them it is: {batch.text}"


def test_nothing_of_it_is_decoded_first(predictor: Predictor) -> None:
    damaged = SMALL[: len(SMALL) // 2]
    with served(predictor, 64) as client:
        answer = client.post("/predict", json={"image": in_base64(damaged)})
    assert "64" in answer.json()["detail"], (
        f"of a small picture that is cut off, the size is to be refused, which its header says: "
        f"{answer.json()['detail']}"
    )


def test_by_default_small_pictures_are_answered(predictor: Predictor) -> None:
    with served(predictor, None) as client:
        answer = client.post("/predict", json={"image": in_base64(SMALL)})
    assert answer.status_code == 200, f"the default is 8 pixels, and 40 were refused: {answer.text}"


@pytest.mark.parametrize("wrong", ["7", "4097", "much"])
def test_a_limit_that_cannot_be_meant_stops_the_start(
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
    text = (Path(__file__).parents[2] / ".env.example").read_text()
    assert f"{VARIABLE}=" in text, f".env.example does not explain {VARIABLE}"
