"""The parts of the held-out pictures that are measured by themselves."""

from typing import Any

import numpy as np
import pytest

from {{ cookiecutter.package_name }}.asking import Asked
from {{ cookiecutter.package_name }}.image_slices import WAYS, slices
from {{ cookiecutter.package_name }}.selective import selective


def asked(**facts: Any) -> Asked:
    """Pictures of which the facts are known, and nothing else."""
    count = len(next(iter(facts.values())))
    plain = {name: np.ones(count) for name in ("width", "height", "brightness", "contrast")}
    known = {**plain, "sharpness": np.ones(count), **facts}
    return Asked(np.zeros((count, 2)), [], {name: np.array(each) for name, each in known.items()})


def test_every_way_of_slicing_says_what_it_is_for_and_parts_all_pictures() -> None:
    random = np.random.default_rng(0)
    names = ("width", "height", "brightness", "contrast", "sharpness")
    found = asked(**{name: random.uniform(10, 90, 50) for name in names})
    for way in WAYS:
        assert (way.__doc__ or "").splitlines()[0].endswith(".")
        rows = np.sort(np.concatenate([part.rows for part in way(found)]))
        assert rows.tolist() == list(range(50)), way.__name__


def test_thirds_are_named_by_what_they_hold() -> None:
    found = asked(brightness=np.arange(9) / 10)
    parts = slices(found)
    assert [(part.name, part.value, part.rows.tolist()) for part in parts] == [
        ("Brightness", "darkest third, 0.00 to 0.20", [0, 1, 2]),
        ("Brightness", "middle third, 0.30 to 0.50", [3, 4, 5]),
        ("Brightness", "brightest third, 0.60 to 0.80", [6, 7, 8]),
    ]


def test_what_is_the_same_for_all_pictures_gives_no_slices() -> None:
    assert slices(asked(width=np.full(20, 32.0), height=np.full(20, 32.0))) == []


def test_the_size_is_that_of_the_shorter_side() -> None:
    found = asked(width=np.repeat([100.0, 300.0], 6), height=np.repeat([200.0, 50.0], 6))
    values = [(part.value, part.rows.tolist()) for part in slices(found)]
    assert values == [
        ("smallest part, 50 to 50 pixels", [6, 7, 8, 9, 10, 11]),
        ("largest part, 100 to 100 pixels", [0, 1, 2, 3, 4, 5]),
    ]


def sure_of(confidence: list[float], right: list[bool], threshold: float) -> dict[str, Any]:
    known = np.array(confidence)
    return selective(known, np.array(right), known >= threshold, 0.95, 0.9, threshold)


def test_sure_answers_are_counted_with_the_interval_of_their_precision() -> None:
    found = sure_of([0.99, 0.95, 0.9, 0.6, 0.5], [True, True, False, False, True], 0.9)
    assert found["rows"] == 3
    assert found["coverage"] == pytest.approx(0.6)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["low"] < found["precision"] < found["high"]
    assert found["wrong"] == 1
    assert found["precision_of_others"] == pytest.approx(0.5)


def test_where_no_answer_is_sure_there_is_no_precision() -> None:
    found = sure_of([0.5, 0.4], [True, False], 0.9)
    assert (found["rows"], found["coverage"], found["wrong"]) == (0, 0.0, 0)
    assert "precision" not in found


def test_the_risk_of_all_answers_is_the_error_and_that_of_the_surest_is_theirs() -> None:
    confidence = np.linspace(1.0, 0.0, 100).tolist()
    right = [True] * 80 + [False] * 20
    curve = sure_of(confidence, right, 0.5)["curve"]
    assert curve[-1]["coverage"] == 1.0
    assert curve[-1]["risk"] == pytest.approx(0.2)
    assert curve[0]["risk"] == 0.0
    assert [each["coverage"] for each in curve] == sorted(each["coverage"] for each in curve)
