"""The mean of the weights of the last steps, which is steadier than any of them.

Polyak and Juditsky (1992), with weights that fade exponentially. The statistics of batch
normalisation belong to the weights that they were measured with. So they are not averaged but
measured anew, for the averaged weights on whole pictures of the final size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """The fading mean of a model's parameters."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        """decay: what of the mean is kept at each step, in [0, 1); 0: the last weights alone."""
        self.decay = decay
        self.values = [each.detach().clone() for each in model.parameters()]

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Take in the weights after step `step`, from 0.

        In the first steps the mean is of fewer of them, or it would hang on the random start.
        """
        decay = min(self.decay, (1 + step) / (10 + step))
        weights = [each.detach() for each in model.parameters()]
        torch._foreach_lerp_(self.values, weights, 1.0 - decay)

    @contextmanager
    def inside(self, model: nn.Module) -> Iterator[None]:
        """During the block the model has the averaged weights, then its own again."""
        own = [each.detach().clone() for each in model.parameters()]
        copy(self.values, model)
        try:
            yield
        finally:
            copy(own, model)


@torch.no_grad()
def copy(values: Iterable[Tensor], model: nn.Module) -> None:
    """Give a model these parameters."""
    for value, each in zip(values, model.parameters(), strict=True):
        each.copy_(value)


@torch.no_grad()
def measure_statistics(model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Set the statistics of batch normalisation to those of these batches, all counting the same.

    Layers that keep theirs in training, as a pretrained model's do, keep them here. The model is
    in evaluation mode afterwards.
    """
    model.train()
    layers = [each for each in model.modules() if isinstance(each, nn.BatchNorm2d)]
    layers = [each for each in layers if each.training]
    model.eval()  # dropout has no part in this
    if not layers:
        return
    momenta = [each.momentum for each in layers]
    for each in layers:
        each.train()
        each.reset_running_stats()
        each.momentum = None  # which stands for a plain mean
    for batch in batches:
        model(batch)
    for each, momentum in zip(layers, momenta, strict=True):
        each.momentum = momentum
    model.eval()
