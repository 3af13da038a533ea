"""Exercise 3: one more baseline, which counts groups of letters in place of words."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import small_params
from pydantic import ValidationError

from {{ cookiecutter.package_name }} import train
from {{ cookiecutter.package_name }}.baselines import fit_baseline
from {{ cookiecutter.package_name }}.config import Params

NAME = "chars"
QUICK = {"data": {"sample_rows": 240}, "tokens": {"vocabulary": 300}}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings() -> Params:
    compare = ["majority", "tfidf", NAME]
    with suppress(ValidationError):
        return small_params(train={"compare": compare, "epochs": 1}, **QUICK)
    pytest.fail(
        f"{NAME} is no name in train.compare yet. Add it to ComparedName in config.py.",
        pytrace=False,
    )


def fitted(name: Any, texts: list[str], labels: list[int]) -> Any:
    settings()
    return fit_baseline(name, texts, np.array(labels), balanced=True, seed=0)


def test_it_reads_words_that_are_mistyped() -> None:
    good = ["wonderful place", "a wonderful evening", "lovely, wonderful", "charming and lovely"]
    bad = ["terrible place", "a terrible evening", "horrible, terrible", "boring and horrible"]
    texts, labels = good * 3 + bad * 3, [1] * 12 + [0] * 12
    asked = ["wonderfull", "wondrful", "terible", "terribl"]
    found = fitted(NAME, texts, labels).predict(asked).tolist()
    assert found == [1, 1, 0, 0], (
        f"{dict(zip(asked, found, strict=True))}, 1 being good. Groups of two to five letters "
        "within words (analyzer='char_wb') know these; whole words do not."
    )


def test_the_words_are_still_counted_as_before() -> None:
    texts, labels = ["so good", "so bad"] * 6, [1, 0] * 6
    words = fitted("tfidf", texts, labels)[0].get_feature_names_out()
    assert set(words) >= {"good", "bad", "so good"}, "tfidf is to stay as it was"


def test_it_stands_between_tfidf_and_the_transformer() -> None:
    metrics = train.train(settings()).metrics["validation"]["models"]
    assert list(metrics) == ["majority", "tfidf", NAME, "small"], (
        f"the order of the models is {list(metrics)}: ORDER in train.py"
    )
    before, own, after = (metrics[name]["macro_f1"]["overall"] for name in ("tfidf", NAME, "small"))
    assert metrics[NAME]["lift"] == pytest.approx(own - before), "its lift is over tfidf"
    assert metrics["small"]["lift"] == pytest.approx(after - own), "the next one's lift is over it"
