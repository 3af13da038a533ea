"""What training minimises: cross-entropy or the focal loss, and how much two answers differ."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

SMALLEST = 1e-6


class ClassificationLoss(nn.Module):
    """Cross-entropy with weights; with gamma above 0 the focal loss of Lin et al. (2017, eq. 5).

    Focal loss multiplies a text's cross-entropy by (1 - p)^gamma, p being the probability of its
    true class: what is easy by now hardly counts. The mean is over texts, not over their weights,
    so that it does not depend on how texts are shared out to batches and processes.
    """

    weights: Tensor

    def __init__(self, weights: npt.NDArray[np.float64], gamma: float = 0.0) -> None:
        """weights: shape (classes,), of mean 1 over the training texts."""
        super().__init__()
        self.gamma = gamma
        self.register_buffer("weights", torch.tensor(weights, dtype=torch.float32))

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """logits: (n, classes), in any precision. labels: (n,). Returns a scalar in 32 bits."""
        log_p = functional.log_softmax(logits.float(), dim=-1)
        own = log_p.gather(1, labels[:, None]).squeeze(1)
        losses = -own * self.weights[labels]
        if self.gamma > 0:
            # A power below 1 has no slope at 0, so a text that is quite right is kept off it.
            losses = losses * (-torch.expm1(own)).clamp_min(SMALLEST) ** self.gamma
        return losses.mean()


def disagreement(first: Tensor, second: Tensor) -> Tensor:
    """How much two answers to the same texts differ, with other units dropped out in each.

    The mean of the Kullback-Leibler divergences of each from the other, which R-Drop (Liang et al.
    2021, eq. 2) adds to the loss. Both: logits, (n, classes). Returns a scalar in 32 bits.
    """
    one, other = (functional.log_softmax(each.float(), dim=-1) for each in (first, second))
    return ((one.exp() - other.exp()) * (one - other)).sum(dim=-1).mean() / 2
