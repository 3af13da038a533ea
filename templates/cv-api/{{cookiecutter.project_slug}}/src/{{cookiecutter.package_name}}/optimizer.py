"""Who learns how fast: the optimiser, with a highest learning rate for each group of weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from .networks import Classifier
from .schedule import one_cycle

MOMENTUM = 0.9
# The last layer of a pretrained body learns so much slower than the new head.
BODY_RATE = 0.1


def for_plain(model: Classifier, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW, for a network without batch normalisation: SGD leaves its start only slowly."""
    groups = _groups(model.parameters(), learning_rate, weight_decay, 0)
    return torch.optim.AdamW(groups, lr=learning_rate)


def for_residual(model: Classifier, learning_rate: float, weight_decay: float) -> torch.optim.SGD:
    """SGD with Nesterov's momentum, which finds better residual networks than Adam does."""
    groups = _groups(model.parameters(), learning_rate, weight_decay, 0)
    return torch.optim.SGD(groups, lr=learning_rate, momentum=MOMENTUM, nesterov=True)


def for_pretrained(
    model: Classifier,
    layers: Iterable[tuple[int, nn.Parameter]],
    learning_rate: float,
    weight_decay: float,
    layer_decay: float,
    first_step: int,
) -> torch.optim.AdamW:
    """AdamW, with lower rates for lower layers (Howard and Ruder 2018).

    learning_rate: of the head. layers: each of the body's weights with its layer, from 0 at the
    bottom. first_step: from when on the body learns.
    """
    groups = _groups(model.head.parameters(), learning_rate, weight_decay, 0)
    placed = list(layers)
    top = max((layer for layer, _ in placed), default=0)
    for layer in range(top + 1):
        params = [each for number, each in placed if number == layer]
        rate = learning_rate * BODY_RATE * layer_decay ** (top - layer)
        groups += _groups(params, rate, weight_decay, first_step)
    return torch.optim.AdamW(groups, lr=learning_rate)


def set_rates(optimizer: Any, step: int, steps: int, warmup: float) -> float:
    """Set the learning rate of each group for this step; returns that of the first group.

    Each group has a cycle of its own, from the step on at which it begins to learn.
    """
    for group in optimizer.param_groups:
        first = group["first_step"]
        share = one_cycle(step - first, steps - first, warmup) if step >= first else 0.0
        group["lr"] = group["highest"] * share
    rate: float = optimizer.param_groups[0]["lr"]
    return rate


def _groups(
    params: Iterable[nn.Parameter], highest: float, weight_decay: float, first_step: int
) -> list[dict[str, Any]]:
    """Matrices, which decay, and all other weights (biases, normalisation), which do not."""
    decaying: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for each in params:
        (decaying if each.ndim > 1 else others).append(each)
    return [
        {"params": some, "weight_decay": decay, "highest": highest, "first_step": first_step}
        for some, decay in ((decaying, weight_decay), (others, 0.0))
        if some
    ]
