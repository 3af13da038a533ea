"""The training loop: it learns, the same each time, and each part of the recipe does its part."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from trained_parts import fit, same_weights, tiny

from {{ cookiecutter.package_name }} import trainer
from {{ cookiecutter.package_name }}.augmentation import Augmentation
from {{ cookiecutter.package_name }}.data import load_validation
from {{ cookiecutter.package_name }}.losses import ClassificationLoss, plain_loss
from {{ cookiecutter.package_name }}.networks import Classifier, residual_network
from {{ cookiecutter.package_name }}.optimizer import for_residual
from {{ cookiecutter.package_name }}.pixel_cache import pixels_of
from {{ cookiecutter.package_name }}.torch_device import Device
from {{ cookiecutter.package_name }}.torch_processes import ALONE
from {{ cookiecutter.package_name }}.trainer import Part, Recipe
from {{ cookiecutter.package_name }}.training_state import Epoch
from {{ cookiecutter.package_name }}.watch import Watch

CPU = Device("cpu", "CPU", "none")
PLAIN: dict[str, Any] = {
    "epochs": 4,
    "low_epochs": 0,
    "frozen_epochs": 0,
    "batch_size": 16,
    "warmup": 0.25,
    "averaging": 0.9,
    "clip": 5.0,
    "label_smoothing": 0.0,
    "augmentation": Augmentation("none", False, 0.0, 0.0),
    "seed": 1,
}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def stripes(count: int) -> Part:
    """Pictures with a bright row or a bright column somewhere: two classes."""
    numbers = np.random.default_rng(count)
    pixels = numbers.integers(0, 60, (count, 12, 12, 3), dtype=np.uint8)
    labels = numbers.integers(0, 2, count)
    for picture, label, place in zip(pixels, labels, numbers.integers(0, 12, count), strict=True):
        (picture if label else picture.transpose(1, 0, 2))[place] += 150
    return Part(torch.from_numpy(pixels), torch.from_numpy(labels))


def run(
    train: int = 200, device: Device = CPU, rate: float = 0.05, **changes: Any
) -> tuple[Classifier, list[Epoch]]:
    torch.manual_seed(0)
    model = residual_network(4, 16, 2, [50.0] * 3, [40.0] * 3)
    curve, resumed = trainer.train(
        model,
        for_residual(model, rate, 0.0005),
        Recipe(**{**PLAIN, **changes}),
        (stripes(train), stripes(101)),
        torch.ones(2),
        device=device,
        processes=ALONE,
        checkpoints=Path("checkpoints"),
        resume=False,
        watch=Watch(),
        on_epoch=lambda epoch: None,
    )
    assert not resumed
    return model, curve


def test_it_learns_and_the_curve_tells_how() -> None:
    model, curve = run(epochs=6)
    assert [each["epoch"] for each in curve] == [1, 2, 3, 4, 5, 6]
    assert curve[-1]["accuracy"] > 0.95
    assert curve[-1]["train_loss"] < curve[0]["train_loss"] / 2
    assert curve[-1]["validation_loss"] < 0.3
    rates = [each["learning_rate"] for each in curve]
    assert max(rates) <= 0.05
    assert rates[-1] < 0.1 * max(rates)
    # What is kept is what was measured last.
    validation = stripes(101)
    right = trainer.answers(model, validation.pixels).argmax(dim=1) == validation.labels
    assert float(right.float().mean()) == pytest.approx(curve[-1]["accuracy"])


def test_the_kept_model_is_on_the_cpu_in_evaluation_mode_and_in_32_bits() -> None:
    model, _ = run(epochs=1)
    assert not model.training
    assert {each.dtype for each in model.parameters()} == {torch.float32}
    assert all(each.is_contiguous() and each.requires_grad for each in model.parameters())


@pytest.mark.parametrize("augment", ["light", "strong"])
def test_the_same_seed_gives_the_same_weights_twice(augment: str) -> None:
    params = tiny(model={"dropout": 0.2}, train={"augment": augment, "mixup": 0.2})
    one, other = fit(params), fit(params)
    assert same_weights(one, other)
    assert one.training["curve"] == other.training["curve"]
    another = fit(tiny(model={"dropout": 0.2}, data={"seed": 7}))
    assert not same_weights(one, another)


def test_the_first_epochs_see_smaller_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    plain = trainer.smaller

    def noting(pixels: torch.Tensor) -> torch.Tensor:
        seen.append(len(pixels))
        return plain(pixels)

    monkeypatch.setattr(trainer, "smaller", noting)
    run(train=32, epochs=3, low_epochs=2)
    assert seen == [16] * 4  # of the six steps


def test_pictures_are_made_smaller_as_a_whole() -> None:
    ramp = torch.arange(0, 240, 20, dtype=torch.uint8)[None, None, :, None].expand(2, 12, 12, 3)
    found = trainer.smaller(ramp)
    assert found.shape == (2, 9, 9, 3)
    assert float(found.mean()) == pytest.approx(float(ramp.float().mean()), abs=1.0)
    assert (found[0, 0].diff(dim=0) > 0).all()


def test_frozen_the_body_stays_and_the_head_learns() -> None:
    torch.manual_seed(0)
    fresh = residual_network(4, 16, 2, [50.0] * 3, [40.0] * 3)
    model, _ = run(epochs=2, frozen_epochs=2)
    pairs = zip(fresh.body.parameters(), model.body.parameters(), strict=True)
    assert all(torch.equal(before, after) for before, after in pairs)
    assert not torch.equal(fresh.head.weight, model.head.weight)


def test_a_gradient_that_is_too_long_is_cut() -> None:
    gentle, _ = run(epochs=1, clip=1e-6, averaging=0.0)
    torch.manual_seed(0)
    fresh = residual_network(4, 16, 2, [50.0] * 3, [40.0] * 3)
    moved = (gentle.head.weight - fresh.head.weight).detach().abs().max()
    assert float(moved) < 1e-3


def test_what_fills_no_batch_waits_for_the_next_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    plain = trainer.augment

    def noting(pixels: torch.Tensor, *more: Any) -> Any:
        sizes.append(len(pixels))
        return plain(pixels, *more)

    monkeypatch.setattr(trainer, "augment", noting)
    run(train=39, epochs=2)
    assert sizes == [16, 16] * 2
    orders = [trainer._order(1, epoch, 39) for epoch in (0, 1)]
    assert sorted(orders[0].tolist()) == list(range(39))
    assert orders[0].tolist() != orders[1].tolist()


def test_fewer_pictures_than_a_batch_are_one_step() -> None:
    _, curve = run(train=10, epochs=2)
    assert len(curve) == 2


def test_in_16_bits_it_learns_as_well_and_a_later_run_has_its_own_precision() -> None:
    model, curve = run(epochs=6, device=Device("cpu", "CPU", "bf16"))
    assert curve[-1]["accuracy"] > 0.9
    assert {each.dtype for each in model.parameters()} == {torch.float32}
    assert trainer.answers(model, stripes(8).pixels).dtype == torch.float32
    again, _ = run(epochs=1)
    other, _ = run(epochs=1)
    assert torch.equal(again.head.weight, other.head.weight)


def test_whoever_is_told_of_an_epoch_can_give_up() -> None:
    class GivenUp(Exception):
        pass

    def give_up(epoch: Epoch) -> None:
        raise GivenUp

    with pytest.raises(GivenUp):
        fit(tiny(), on_epoch=give_up)


def test_the_figures_of_an_epoch_are_those_of_all_validation_pictures() -> None:
    params = tiny()
    found = fit(params)
    validation = load_validation(params)
    logits = found.logits(pixels_of(validation, found.preprocessing))
    last = found.training["curve"][-1]
    assert last["accuracy"] == pytest.approx((logits.argmax(1) == validation.labels).mean())
    loss = torch.nn.functional.cross_entropy(
        torch.from_numpy(logits), torch.from_numpy(validation.labels)
    )
    assert last["validation_loss"] == pytest.approx(float(loss), rel=1e-4)


def test_label_smoothing_asks_for_less_certainty() -> None:
    logits = torch.tensor([[9.0, 0.0], [0.0, 9.0]])
    targets = torch.eye(2)
    plain, smooth = (
        ClassificationLoss(torch.ones(2), share)(logits, targets) for share in (0, 0.1)
    )
    assert float(plain) < 0.001 < 0.4 < float(smooth)
    assert float(plain_loss(logits, targets)) == pytest.approx(float(plain))


def test_a_class_that_weighs_twice_adds_twice_its_pictures_losses() -> None:
    logits = torch.tensor([[2.0, -1.0], [0.5, 0.5], [-1.0, 3.0]])
    targets = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    each = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
    found = ClassificationLoss(torch.tensor([1.0, 2.0]), 0.0)(logits, targets)
    assert float(found) == pytest.approx(float((each.sum() + each[1]) / 3))
