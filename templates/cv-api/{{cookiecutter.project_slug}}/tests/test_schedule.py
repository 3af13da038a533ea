"""The learning rate and the weights' mean, from step to step."""

import pytest
import torch
from torch import nn

from {{ cookiecutter.package_name }}.averaging import Average, copy, measure_statistics
from {{ cookiecutter.package_name }}.networks import Classifier, residual_network
from {{ cookiecutter.package_name }}.optimizer import (
    BODY_RATE,
    for_pretrained,
    for_residual,
    set_rates,
)
from {{ cookiecutter.package_name }}.schedule import one_cycle


def network() -> Classifier:
    torch.manual_seed(0)
    return residual_network(4, 16, 3, [128.0] * 3, [64.0] * 3)


@pytest.mark.parametrize("warmup", [0.0, 0.2, 0.5])
def test_the_rate_rises_once_and_falls_to_nothing(warmup: float) -> None:
    rates = [one_cycle(step, 100, warmup) for step in range(101)]
    top = rates.index(max(rates))
    assert top == pytest.approx(100 * warmup, abs=1)
    assert rates[top] == pytest.approx(1.0, abs=0.02)
    assert rates == sorted(rates[: top + 1]) + sorted(rates[top + 1 :], reverse=True)
    assert 0 < rates[0] <= 1
    assert 0 < rates[99] < 0.03
    assert rates[100] == 0.0


def test_a_single_step_learns() -> None:
    assert one_cycle(0, 1, 0.2) > 0


def test_a_group_that_begins_later_has_a_cycle_of_its_own() -> None:
    model = network()
    layers = [(layer, each) for layer, each in enumerate(model.body.parameters())]
    optimizer = for_pretrained(model, layers, 0.01, 0.05, 0.5, first_step=40)
    first, later = [], []
    for step in range(100):
        first.append(set_rates(optimizer, step, 100, 0.25))
        later.append(optimizer.param_groups[-1]["lr"])
    assert first.index(max(first)) == 25
    assert set(later[:40]) == {0.0}
    assert later[40] > 0
    assert later.index(max(later)) == 40 + 15


def test_lower_layers_of_a_pretrained_body_learn_more_slowly() -> None:
    model = network()
    weights = [each for each in model.body.parameters() if each.ndim > 1][:3]
    optimizer = for_pretrained(model, list(enumerate(weights)), 0.01, 0.05, 0.5, first_step=0)
    highest = {
        id(each): group["highest"] for group in optimizer.param_groups for each in group["params"]
    }
    rates = [highest[id(each)] for each in weights]
    assert rates == pytest.approx([0.01 * BODY_RATE * share for share in (0.25, 0.5, 1.0)])
    assert highest[id(model.head.weight)] == 0.01


def test_biases_and_normalisation_do_not_decay() -> None:
    optimizer = for_residual(network(), 0.1, 0.01)
    decays = {
        each.ndim > 1: group["weight_decay"]
        for group in optimizer.param_groups
        for each in group["params"]
    }
    assert decays == {True: 0.01, False: 0.0}


def test_the_average_follows_the_weights_and_steadies_them() -> None:
    model = nn.Linear(1, 1, bias=False)
    average = Average(model, 0.9)
    for step in range(2000):
        value = 5.0 + (1.0 if step % 2 else -1.0)
        copy([torch.tensor([[value]])], model)
        average.update(model, step)
    assert float(average.values[0]) == pytest.approx(5.0, abs=0.1)


def test_in_the_first_steps_the_average_forgets_its_random_start() -> None:
    model = nn.Linear(1, 1, bias=False)
    copy([torch.tensor([[100.0]])], model)
    average = Average(model, 0.999)
    copy([torch.tensor([[1.0]])], model)
    for step in range(30):
        average.update(model, step)
    assert float(average.values[0]) < 2.0


def test_without_a_decay_the_average_is_the_last_weights() -> None:
    model = nn.Linear(2, 2)
    average = Average(model, 0.0)
    copy([torch.ones(2, 2), torch.ones(2)], model)
    average.update(model, 0)
    assert all(torch.equal(each, torch.ones_like(each)) for each in average.values)


def test_the_model_has_its_own_weights_again_after_a_look_at_the_average() -> None:
    model = network()
    average = Average(model, 0.5)
    before = [each.detach().clone() for each in model.parameters()]
    average.values = [torch.zeros_like(each) for each in average.values]
    with average.inside(model):
        assert all(not each.any() for each in model.parameters())
    assert all(torch.equal(mine, its) for mine, its in zip(before, model.parameters(), strict=True))


def test_statistics_are_those_of_the_pictures_and_not_of_the_steps_before() -> None:
    model = network()
    generator = torch.Generator().manual_seed(1)
    shown = torch.randint(0, 256, (64, 16, 16, 3), generator=generator, dtype=torch.uint8)
    norm = next(each for each in model.modules() if isinstance(each, nn.BatchNorm2d))
    norm.running_mean.fill_(99.0)  # type: ignore[union-attr]
    measure_statistics(model, shown.split(16))
    first = model.body[0](model.normalised(shown))  # type: ignore[index]
    assert torch.allclose(norm.running_mean, first.mean((0, 2, 3)), atol=1e-4)  # type: ignore[arg-type]
    assert not model.training
    assert norm.momentum == 0.1
