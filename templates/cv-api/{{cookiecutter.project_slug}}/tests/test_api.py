"""The API: pictures as JSON and as forms, answers, limits, problems, and what is logged."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from conftest import quiet_settings
from picture_kinds import IN_COLOUR
from PIL import Image
from small_model import CLASSES, SIZE, encoded, in_base64, picture, write_model
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.api import decoding
from {{ cookiecutter.package_name }}.api.app import create_app
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.picture import Preprocessing
from {{ cookiecutter.package_name }}.prediction_log import read

RED, BLUE = encoded(picture("red")), encoded(picture("blue"))
LARGE = encoded(picture("red", "red", "blue", size=(1600, 1200)), "JPEG", quality=95)
ROUTES = ("/predict", "/predict/batch", "/explain")
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """A model of which is known what it answers."""
    folder = tmp_path_factory.mktemp("colours")
    write_model(folder)
    return Predictor.load(folder)


@pytest.fixture
def client(colours: Predictor) -> Iterator[TestClient]:
    """A client of the API around it, with small limits."""
    settings = quiet_settings(max_body_bytes=300_000, max_batch_rows=20, max_pixels=2_500_000)
    with TestClient(create_app(settings, colours)) as found:
        yield found


def as_form(*contents: bytes, **data: str) -> dict[str, Any]:
    return {"files": [("file", ("picture", content)) for content in contents], "data": data}


def as_json(content: bytes, **more: Any) -> dict[str, Any]:
    return {"json": {"image": in_base64(content), **more}}


def assert_problem(answer: httpx.Response, status: int, field: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["detail"]
    assert "\n" not in document["detail"]
    assert document.get("field") == field
    assert "Traceback" not in answer.text


def test_an_answer_says_what_it_shows_how_sure_that_is_and_which_model_said_it(
    client: TestClient, colours: Predictor
) -> None:
    found = client.post("/predict", **as_form(RED)).json()
    assert (found["label"], found["sure"], found["familiar"]) == ("red", True, True)
    assert found["top"][0]["label"] == "red"
    assert found["confidence"] == found["top"][0]["probability"]
    assert sum(each["probability"] for each in found["top"]) == pytest.approx(1)
    assert (found["width"], found["height"], found["format"]) == (48, 48, "PNG")
    about = client.get("/model").json()
    assert (found["model"], found["version"]) == (about["name"], about["version"])
    assert about["classes"] == list(colours.classes)
    assert about["preprocessing"] == {"size": SIZE, "crop": 1.0}
    assert about["threshold"]["precision"] == 0.95
    assert about["limits"] == {"body_bytes": 300_000, "pixels": 2_500_000, "pictures": 20}
    assert client.post("/predict", json=about["example"]).json()["label"] == "blue"


@pytest.mark.parametrize("content", [RED, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("path", ["/predict", "/explain"])
def test_a_form_and_json_get_the_same_answer(client: TestClient, path: str, content: bytes) -> None:
    form = client.post(path, **as_form(content))
    assert form.status_code == 200, form.text
    assert form.json() == client.post(path, **as_json(content)).json()


def test_an_answer_names_no_more_classes_than_are_asked_for(colours: Predictor) -> None:
    with TestClient(create_app(quiet_settings(top=2), colours)) as client:
        top = client.post("/predict", **as_form(encoded(picture("red", "red", "blue")))).json()[
            "top"
        ]
    assert [each["label"] for each in top] == ["red", "blue"]
    assert top[0]["probability"] > top[1]["probability"]


def test_a_picture_like_none_of_the_training_is_marked(client: TestClient) -> None:
    found = client.post("/predict", **as_form(encoded(Image.new("L", (50, 50), 128)))).json()
    assert (found["sure"], found["familiar"]) == (False, False)


def test_a_batch_answers_each_picture_in_order(client: TestClient) -> None:
    contents = [encoded(picture(name, size=(40 + i, 40))) for i, name in enumerate(CLASSES * 2)]
    contents.insert(3, LARGE)
    form = client.post("/predict/batch", **as_form(*contents)).json()
    images = [in_base64(content) for content in contents]
    assert client.post("/predict/batch", json={"images": images}).json() == form
    for content, found in zip(contents, form["predictions"], strict=True):
        alone = client.post("/predict", **as_form(content)).json()
        for name in ("label", "sure", "familiar", "width", "height", "format"):
            assert found[name] == alone[name]
        for name in ("confidence", "energy"):
            assert found[name] == pytest.approx(alone[name], abs=1e-5)


def test_an_explanation_shows_where_a_class_was_seen(client: TestClient) -> None:
    stripes = encoded(picture("red", "red", "blue", "green", size=(96, 48)))
    likeliest = client.post("/explain", **as_form(stripes)).json()
    asked = client.post("/explain", **as_form(stripes, label="green")).json()
    assert asked["label"] == likeliest["label"] == likeliest["explained"]
    assert asked["explained"] == "green"
    # Of the square in the middle, the rightmost quarter is none of green's: it is cut off.
    assert np.array(likeliest["heat"]).shape == (4, 4)
    assert asked["box"] == [0.25, 0, 0.75, 1]
    assert asked["size"] == SIZE
    assert asked["overlay"].startswith("data:image/png;base64,")
    assert asked == client.post("/explain", **as_json(stripes, label="green")).json()
    for sent in (as_form(stripes, label="pink"), as_json(stripes, label="pink")):
        assert_problem(client.post("/explain", **sent), 422, "label")


@pytest.mark.parametrize("kind", IN_COLOUR)
def test_files_of_every_kind_are_answered(client: TestClient, kind: str) -> None:
    for path in ROUTES:
        answer = client.post(path, **as_form(IN_COLOUR[kind]()))
        assert answer.status_code == 200, answer.text


NO_PICTURES = {
    "empty": b"",
    "a PDF": b"%PDF-1.7",
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "cut off": RED[:60],
    "a web address": b"https://example.org/cat.jpg",
    "1 x 1": encoded(Image.new("RGB", (1, 1))),
    "1 x 30,000": encoded(Image.new("RGB", (1, 30_000))),
}


@pytest.mark.parametrize("content", NO_PICTURES.values(), ids=NO_PICTURES)
def test_what_is_no_picture_is_a_problem_that_names_the_field(
    client: TestClient, content: bytes
) -> None:
    for path in ("/predict", "/explain"):
        assert_problem(client.post(path, **as_form(content)), 422, "file")
        assert_problem(client.post(path, **as_json(content)), 422, "image")
    assert_problem(client.post("/predict/batch", **as_form(RED, content)), 422, "file[1]")
    images = {"images": [in_base64(RED), in_base64(content)]}
    assert_problem(client.post("/predict/batch", json=images), 422, "images[1]")


def test_what_is_too_large_is_a_problem_of_its_own(client: TestClient) -> None:
    many_pixels = encoded(Image.new("1", (1600, 1600)))
    for path in ROUTES:
        field = "file[0]" if path == "/predict/batch" else "file"
        assert_problem(client.post(path, **as_form(many_pixels)), 413, field)
        assert_problem(client.post(path, **as_form(b"x" * 400_000)), 413)
    assert_problem(client.post("/predict/batch", **as_form(*[RED] * 21)), 413)
    images = {"images": [in_base64(RED)] * 21}
    assert_problem(client.post("/predict/batch", json=images), 413)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"image": 1}', 422, "image"),
        (b'{"image": null}', 422, "image"),
        (b'{"image": "no base64!"}', 422, "image"),
        (b'{"image": "data:image/png;base64,AAAA"}', 422, "image"),
        (b'{"image": "", "url": "http://x"}', 422, "url"),
        (b'{"url": "http://169.254.169.254/"}', 422, "url"),
        (b"{}", 422, "image"),
        (b'"AAAA"', 422, None),
        (b"", 400, None),
        (b'{"image": "AAAA', 400, None),
    ],
)
def test_a_wrong_body_is_a_problem_that_names_the_field(
    client: TestClient, body: bytes, status: int, field: str | None
) -> None:
    for path in ("/predict", "/explain"):
        assert_problem(client.post(path, content=body, headers=JSON), status, field)


def test_a_wrong_form_is_a_problem(client: TestClient) -> None:
    for path in ROUTES:
        other = {"files": {"picture": RED}}
        assert_problem(client.post(path, **other), 422, "picture")
        nothing = {"files": [], "content": b"--b--\r\n"}
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        assert_problem(client.post(path, **nothing, headers=kind), 422, "file")
        unbounded = {"Content-Type": "multipart/form-data"}
        assert_problem(client.post(path, content=b"x", headers=unbounded), 400)
    assert_problem(client.post("/predict", **as_form(RED, BLUE)), 422, "file")
    assert_problem(client.post("/explain", **as_form(RED, BLUE)), 422, "file")


def test_other_media_types_and_methods_are_refused(client: TestClient) -> None:
    for path in ROUTES:
        for kind in ("image/png", "text/plain", "application/x-www-form-urlencoded", ""):
            answer = client.post(path, content=RED, headers={"Content-Type": kind})
            assert_problem(answer, 415)
            assert "multipart/form-data or as application/json" in answer.json()["detail"]
        assert_problem(client.get(path), 405)


def test_simultaneous_requests_each_get_their_own_answer(colours: Predictor) -> None:
    names = [CLASSES[i % 3] for i in range(90)]
    contents = [
        encoded(picture(name, size=(600, 400) if i % 5 == 0 else (40 + i, 40)), "JPEG")
        for i, name in enumerate(names)
    ]

    async def ask_all() -> list[Any]:
        shell = create_app(quiet_settings(max_in_flight=200), colours)
        transport = httpx.ASGITransport(shell)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            asked = (client.post("/predict", **as_form(content)) for content in contents)
            return [answer.json() for answer in await asyncio.gather(*asked)]

    found = asyncio.run(ask_all())
    assert [each["label"] for each in found] == names
    for i, each in enumerate(found):
        assert each["width"] == (600 if i % 5 == 0 else 40 + i)


def test_large_pictures_wait_for_each_other_and_hold_nobody_up(
    colours: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    decode = Preprocessing.decode

    def held(self: Preprocessing, header: Any) -> Any:
        if header.width == 1600:
            assert release.wait(20)
        return decode(self, header)

    monkeypatch.setattr(Preprocessing, "decode", held)
    # Of all that are decoded at a time, so many pixels: only one of the large ones fits.
    shell = create_app(quiet_settings(max_pixels=1600 * 1200), colours)

    async def run() -> tuple[list[int], list[int]]:
        transport = httpx.ASGITransport(shell)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            large = [asyncio.create_task(client.post("/predict", **as_form(LARGE))) for _ in "abcd"]
            small = [(await client.post("/predict", **as_form(RED))).status_code for _ in "abc"]
            assert not any(task.done() for task in large)
            release.set()
            return small, [(await task).status_code for task in large]

    small, large = asyncio.run(run())
    assert small == [200] * 3
    assert large == [200] * 4


def test_a_small_body_is_looked_at_where_it_arrives_and_a_large_one_is_not(
    colours: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[int, str] = {}
    header = decoding.checked_header

    def noted(content: bytes, most: int) -> Any:
        threads[len(content)] = threading.current_thread().name
        return header(content, most)

    monkeypatch.setattr(decoding, "checked_header", noted)
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    heavy = encoded(Image.fromarray(noise))
    shell = create_app(quiet_settings(), colours)

    async def run() -> None:
        transport = httpx.ASGITransport(shell)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            for content in (RED, heavy):
                assert (await client.post("/predict", **as_form(content))).status_code == 200

    asyncio.run(run())
    assert threads[len(RED)] == threading.current_thread().name
    assert threads[len(heavy)] != threads[len(RED)]


def test_an_error_on_our_side_tells_the_caller_no_more_than_its_id(
    colours: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(pixels: Any) -> Any:
        raise RuntimeError("secret")

    with TestClient(create_app(quiet_settings(), colours)) as client:
        monkeypatch.setattr(colours, "run", broken)
        for path in ROUTES:
            answer = client.post(path, **as_form(RED), headers={"X-Request-ID": "abc-1"})
            assert_problem(answer, 500)
            assert "secret" not in answer.text
            assert answer.headers["x-request-id"] == "abc-1"


def test_the_log_and_the_metrics_have_what_was_answered_and_no_picture(
    colours: Predictor, tmp_path: Path
) -> None:
    with TestClient(create_app(quiet_settings(prediction_log=tmp_path), colours)) as client:
        first = client.post("/predict", **as_form(RED)).json()
        client.post("/predict/batch", **as_form(BLUE, LARGE))
        client.post("/explain", **as_form(RED))
        metrics = client.get("/metrics").text
    logged = list(read(tmp_path))
    assert [record.output["label"] for record in logged] == ["red", "blue", "red"]
    assert logged[0].output["confidence"] == first["confidence"]
    for record in logged:
        assert tuple(record.inputs) == colours.inputs
        assert all(isinstance(value, int | float) for value in record.inputs.values())
    assert (logged[2].inputs["width"], logged[2].inputs["height"]) == (1600, 1200)
    assert "prediction_value_count 3.0" in metrics
    for file in tmp_path.iterdir():
        assert b"PNG" not in file.read_bytes()


def test_the_documentation_has_both_kinds_of_body_and_an_example_that_is_answered(
    client: TestClient,
) -> None:
    document = client.get("/openapi.json").json()
    assert {"/model", *ROUTES} <= set(document["paths"])
    for path in ROUTES:
        operation = document["paths"][path]["post"]
        content = operation["requestBody"]["content"]
        assert set(content) == {"application/json", "multipart/form-data"}
        example = content["application/json"]["schema"]["example"]
        answer = client.post(path, content=json.dumps(example), headers=JSON)
        assert answer.status_code == 200
        shape = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert set(answer.json()) == set(shape["properties"]) == set(shape["required"])
        assert {"400", "413", "415", "422"} <= set(operation["responses"])
