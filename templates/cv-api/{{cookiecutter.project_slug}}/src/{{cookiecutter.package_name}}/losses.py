"""What training minimises: cross-entropy with shares of classes as targets."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class ClassificationLoss(nn.Module):
    """Cross-entropy with weights and label smoothing (Szegedy et al. 2016).

    The mean is over pictures, not over their weights, so that it does not depend on how pictures
    are shared out to batches and processes.
    """

    weights: Tensor

    def __init__(self, weights: Tensor, smoothing: float) -> None:
        """weights: (classes,), of mean 1 over the training pictures. smoothing: in [0, 1)."""
        super().__init__()
        self.smoothing = smoothing
        self.register_buffer("weights", weights)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits, targets: (n, classes); targets are shares. Returns a scalar in 32 bits."""
        return functional.cross_entropy(
            logits.float(), targets, weight=self.weights, label_smoothing=self.smoothing
        )


@torch.no_grad()
def plain_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy as it is compared between parts: no weights, no smoothing."""
    return functional.cross_entropy(logits.float(), targets)
