"""The loss: weighted cross-entropy, the focal loss, and R-Drop's part."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from {{ cookiecutter.package_name }}.losses import ClassificationLoss, disagreement

LOGITS = torch.tensor([[2.0, -1.0, 0.0], [0.5, 0.5, 0.5], [-1.0, 3.0, 0.0], [0.0, 0.0, 4.0]])
LABELS = torch.tensor([0, 1, 2, 2])
EQUAL = np.ones(3)


def test_without_weights_and_gamma_it_is_pytorchs_cross_entropy() -> None:
    found = ClassificationLoss(EQUAL)(LOGITS, LABELS)
    assert float(found) == pytest.approx(float(functional.cross_entropy(LOGITS, LABELS)))


def test_a_class_that_weighs_twice_adds_twice_its_texts_losses() -> None:
    each = functional.cross_entropy(LOGITS, LABELS, reduction="none")
    found = ClassificationLoss(np.array([1.0, 2.0, 1.0]))(LOGITS, LABELS)
    assert float(found) == pytest.approx(float((each.sum() + each[1]) / 4))


def test_the_focal_loss_is_that_of_the_paper() -> None:
    p = torch.softmax(LOGITS, dim=-1)[torch.arange(4), LABELS]
    expected = (-((1 - p) ** 2) * p.log()).mean()
    assert float(ClassificationLoss(EQUAL, gamma=2.0)(LOGITS, LABELS)) == pytest.approx(
        float(expected)
    )


def test_with_gamma_an_easy_text_counts_less_than_a_hard_one() -> None:
    easy, hard = torch.tensor([[4.0, 0.0, 0.0]]), torch.tensor([[0.0, 1.0, 0.0]])
    label = torch.tensor([0])
    shares = [
        float(loss(easy, label) / loss(hard, label))
        for loss in (ClassificationLoss(EQUAL), ClassificationLoss(EQUAL, gamma=2.0))
    ]
    assert shares[1] < shares[0] / 50


def test_halves_of_a_batch_have_the_mean_of_its_loss() -> None:
    # So several processes, and accumulated steps, see the loss of the whole batch.
    loss = ClassificationLoss(np.array([0.4, 1.1, 1.9]), gamma=1.0)
    halves = [loss(LOGITS[part], LABELS[part]) for part in (slice(0, 2), slice(2, 4))]
    assert float(sum(halves)) / 2 == pytest.approx(float(loss(LOGITS, LABELS)))


def test_a_perfect_answer_has_a_finite_gradient() -> None:
    logits = torch.tensor([[90.0, -90.0, 0.0]], requires_grad=True)
    ClassificationLoss(EQUAL, gamma=0.5)(logits, torch.tensor([0])).backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_disagreement_is_the_mean_of_both_divergences() -> None:
    other = LOGITS.flip(0)
    one, two = functional.log_softmax(LOGITS, dim=-1), functional.log_softmax(other, dim=-1)
    both = [
        functional.kl_div(a, b, log_target=True, reduction="batchmean")
        for a, b in ((one, two), (two, one))
    ]
    assert float(disagreement(LOGITS, other)) == pytest.approx(float(sum(both)) / 2)
    assert float(disagreement(LOGITS, LOGITS + 3.0)) == pytest.approx(0.0, abs=1e-6)
