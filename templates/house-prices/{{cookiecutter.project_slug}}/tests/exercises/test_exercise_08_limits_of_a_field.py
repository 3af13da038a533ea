"""Exercise 8: a grade runs from 1 to 10; a request with another one is refused at its field."""

from typing import Any

import pytest
from starlette.testclient import TestClient

GRADES = ("OverallQual", "OverallCond")


def limits_in(shape: Any) -> set[tuple[float, float]]:
    """(minimum, maximum) of every number anywhere in a JSON schema."""
    found = set()
    if isinstance(shape, dict):
        if "minimum" in shape and "maximum" in shape:
            found.add((shape["minimum"], shape["maximum"]))
        shape = list(shape.values())
    if isinstance(shape, list):
        found |= {each for part in shape for each in limits_in(part)}
    return found


@pytest.mark.parametrize("grade", [0, 11, -3, 10.5])
@pytest.mark.parametrize("field", GRADES)
def test_a_grade_beyond_its_scale_is_refused(client: TestClient, field: str, grade: float) -> None:
    answer = client.post("/predict", json={field: grade})
    assert answer.status_code == 422, (
        f"{field} = {grade} was answered with {answer.status_code}, not 422. The decoder's types "
        "are made in api/requests.py."
    )
    assert field in answer.text, f"the answer does not name {field}: {answer.text}"


def test_one_bad_row_refuses_its_batch(client: TestClient) -> None:
    rows = [{"OverallQual": 5}, {"OverallQual": 12}]
    answer = client.post("/predict/batch", json={"rows": rows})
    assert answer.status_code == 422, f"a grade of 12 in a batch: {answer.status_code}, not 422"


@pytest.mark.parametrize("row", [{"OverallQual": 1}, {"OverallCond": 10}, {"OverallQual": None}])
def test_what_is_on_the_scale_is_answered(client: TestClient, row: dict[str, Any]) -> None:
    assert client.post("/predict", json=row).status_code == 200, f"{row} is on the scale"


def test_other_numbers_keep_their_limits(client: TestClient) -> None:
    assert client.post("/predict", json={"LotArea": 9_000}).status_code == 200


def test_the_documentation_says_so(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    body = paths["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    for field in GRADES:
        found = limits_in(body["properties"][field])
        assert (1, 10) in found, f"/docs gives {field} the limits {sorted(found)}, not 1 to 10"
