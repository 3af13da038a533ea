"""Exercise 4: label smoothing (Szegedy et al. 2016), so that no class is ever quite certain."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import small_params
from pydantic import ValidationError
from torch.nn.functional import cross_entropy

from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import load_train, load_validation
from {{ cookiecutter.package_name }}.fitting import fit_transformer
from {{ cookiecutter.package_name }}.losses import ClassificationLoss

QUICK = {"data": {"sample_rows": 240}, "tokens": {"vocabulary": 300}}
LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.1, 0.2, 3.0], [-2.0, 1.0, 0.0]])
LABELS = torch.tensor([0, 1, 2])


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings(smoothing: float) -> Params:
    with suppress(ValidationError):
        return small_params(train={"label_smoothing": smoothing, "epochs": 1}, **QUICK)
    pytest.fail(
        "train.label_smoothing is not a setting yet. Add it to TrainParams in config.py: a share, "
        "0 by default, below 1.",
        pytrace=False,
    )


def loss(
    smoothing: float, weights: tuple[float, ...] = (1.0, 1.0, 1.0), gamma: float = 0.0
) -> float:
    settings(smoothing)
    with suppress(TypeError):
        made = ClassificationLoss(np.array(weights), gamma, smoothing)
        return float(made(LOGITS, LABELS))
    pytest.fail("losses.py needs a ClassificationLoss(weights, gamma, smoothing)", pytrace=False)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.4])
def test_the_loss_is_that_of_pytorch(smoothing: float) -> None:
    expected = float(cross_entropy(LOGITS, LABELS, label_smoothing=smoothing))
    assert loss(smoothing) == pytest.approx(expected, abs=1e-6), (
        "the true class is to have 1 - smoothing, and all classes together the rest, in equal parts"
    )


def test_a_text_still_weighs_what_its_class_weighs() -> None:
    weights = (3.0, 0.0, 0.0)
    alone = float(cross_entropy(LOGITS[:1], LABELS[:1], label_smoothing=0.2))
    assert loss(0.2, weights) == pytest.approx(3.0 * alone / 3, abs=1e-6), (
        "the weight belongs to the text, by its true class; smoothing does not spread it"
    )


def test_without_it_the_focal_loss_is_what_it_was() -> None:
    plain = ClassificationLoss(np.ones(3), 2.0)
    assert loss(0.0, gamma=2.0) == pytest.approx(float(plain(LOGITS, LABELS))), "gamma is ignored"


@pytest.mark.parametrize("wrong", [-0.1, 1.0])
def test_it_is_a_share(wrong: float) -> None:
    settings(0.1)
    with pytest.raises(ValidationError):
        small_params(train={"label_smoothing": wrong})


def test_training_uses_it() -> None:
    params = settings(0.0)
    data, validation = load_train(params), load_validation(params)
    plain, smoothed = (
        fit_transformer("small", settings(each), data, validation).training["curve"]
        for each in (0.0, 0.5)
    )
    assert plain[0]["train_loss"] != smoothed[0]["train_loss"], (
        "a training with label_smoothing 0.5 has the very loss of one without: does _run in "
        "fitting.py pass it on?"
    )
