"""Exercise 7: /explain gives the strongest words alone, if it is asked for so many."""

from typing import Any

import pytest
from starlette.testclient import TestClient

TEXT = "The room was not bad, and I loved it"


def explained(client: TestClient, **more: Any) -> list[dict[str, Any]]:
    answer = client.post("/explain", json={"text": TEXT, **more})
    assert answer.status_code == 200, (
        f"/explain with {more or 'no more than a text'} was answered with {answer.status_code}: "
        f"{answer.text}. What a body may hold is in api/requests.py."
    )
    words: list[dict[str, Any]] = answer.json()["words"]
    return words


@pytest.mark.parametrize("top", [1, 3, 7])
def test_the_strongest_words_come_in_the_order_of_the_text(client: TestClient, top: int) -> None:
    every = explained(client)
    found = explained(client, top=top)
    assert len(found) == top, f"top = {top} gave {len(found)} words"
    strongest = sorted((abs(word["weight"]) for word in every), reverse=True)[:top]
    given = sorted((abs(word["weight"]) for word in found), reverse=True)
    assert given == pytest.approx(strongest, abs=1e-5), (
        f"the weights are {given}, and the strongest, for the label or against it, {strongest}"
    )
    starts = [word["start"] for word in found]
    assert starts == sorted(starts), "they are to come in the order in which they stand in the text"


def test_the_weights_are_those_of_the_whole_text(client: TestClient) -> None:
    every = {word["start"]: word["weight"] for word in explained(client)}
    for word in explained(client, top=2):
        assert word["weight"] == pytest.approx(every[word["start"]], abs=1e-5), (
            "each word is to be weighed with all the others there; leave out at the end"
        )


@pytest.mark.parametrize("more", [{}, {"top": None}, {"top": 40}, {"top": 40.0}])
def test_without_it_every_word_is_given(client: TestClient, more: dict[str, Any]) -> None:
    words = [word["text"] for word in explained(client, **more)]
    assert {"room", "bad", "loved"} <= set(words), f"with {more}, only {words} came"


@pytest.mark.parametrize("wrong", [0, -1, 41, 2.5, "three", True])
def test_a_wrong_number_is_refused_at_its_field(client: TestClient, wrong: object) -> None:
    explained(client, top=1)
    answer = client.post("/explain", json={"text": TEXT, "top": wrong})
    assert answer.status_code == 422, f"top = {wrong!r} was answered with {answer.status_code}"
    assert "top" in answer.text, f"the answer does not name top: {answer.text}"


def test_the_other_routes_do_not_take_it(client: TestClient) -> None:
    answer = client.post("/predict", json={"text": TEXT, "top": 3})
    assert answer.status_code == 422, "/predict has no words to choose from: refuse `top` there"


def test_the_documentation_says_so(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    def fields(path: str) -> dict[str, Any]:
        body = paths[path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        found: dict[str, Any] = body["properties"]
        return found

    assert "top" in fields("/explain"), "/docs does not say that /explain takes top"
    assert "top" not in fields("/predict"), "/docs says that /predict takes top, too"
