"""On which device a PyTorch model is trained, and in which precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from .errors import UserError

Kind = Literal["cuda", "mps", "cpu"]
Precision = Literal["none", "bf16", "fp16"]


@dataclass(frozen=True)
class Abilities:
    """What the machine has."""

    cuda: str | None
    """The GPU's name; None: there is none that this PyTorch can use."""
    cuda_bf16: bool
    mps: bool
    cpu_tiles: bool
    """Whether the processor multiplies matrices of bf16 in hardware (Intel's AMX)."""


@dataclass(frozen=True)
class Device:
    """Where a model is trained, and how."""

    kind: Kind
    name: str
    precision: Precision
    """Of the products of matrices; the weights and the loss stay in 32 bits."""

    def __str__(self) -> str:
        return self.name if self.precision == "none" else f"{self.name}, {self.precision}"


def abilities(processes: int = 1) -> Abilities:
    """What this machine has for so many processes that train together, asked of PyTorch."""
    cuda = torch.cuda.is_available()
    return Abilities(
        cuda=torch.cuda.get_device_name() if cuda else None,
        # Older GPUs only emulate it, which is slower than not using it.
        cuda_bf16=cuda and torch.cuda.is_bf16_supported(including_emulation=False),
        # Several processes cannot exchange what lies on an Apple GPU.
        mps=processes == 1 and torch.backends.mps.is_available(),
        cpu_tiles=_tiles(),
    )


def choose_device(precision: Literal["auto", "none", "bf16", "fp16"], has: Abilities) -> Device:
    """The device to train on, and the precision where `auto` leaves it open.

    A GPU gains from 16 bits: bf16 where it has them, else fp16. A CPU gains from bf16 only where it
    has AMX; one that merely knows the number format converts back and forth. Raises UserError for
    fp16 without an NVIDIA GPU.
    """
    if has.cuda is not None:
        fastest: Precision = "bf16" if has.cuda_bf16 else "fp16"
        return Device("cuda", has.cuda, fastest if precision == "auto" else precision)
    if precision == "fp16":
        raise UserError(
            "train.mixed_precision is fp16, which needs an NVIDIA GPU, and PyTorch finds none. "
            "Set it to auto, bf16 or none."
        )
    if has.mps:
        return Device("mps", "Apple GPU", "none" if precision == "auto" else precision)
    fastest = "bf16" if has.cpu_tiles else "none"
    return Device("cpu", "CPU", fastest if precision == "auto" else precision)


def _tiles() -> bool:
    # Not public yet, so an older or newer PyTorch may lack it.
    ask = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(ask and ask())
