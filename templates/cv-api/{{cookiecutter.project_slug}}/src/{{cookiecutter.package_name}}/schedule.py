"""The learning rate from step to step: up, then down to nothing, once."""

from __future__ import annotations


def one_cycle(step: int, steps: int, warmup: float) -> float:
    """The share of the highest learning rate at this step, from 0 to 1.

    It rises along a line for the share `warmup` of all steps and falls along one to 0: the triangle
    of Smith and Topin (2017, "Super-Convergence"). step: from 0; at `steps` the rate would be 0.
    """
    top = warmup * steps
    if step < top:
        return (step + 1) / (top + 1)
    return max(0.0, (steps - step) / max(1.0, steps - top))
