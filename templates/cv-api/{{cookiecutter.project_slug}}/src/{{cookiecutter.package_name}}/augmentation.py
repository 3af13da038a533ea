"""Training pictures as they could also have been, made on the device for a whole batch at once.

All random numbers are a few per picture and come from one generator of NumPy, so that they are the
same on every device. It is made anew for each step from the seed, the epoch and the step: a run
that goes on after a kill sees the same pictures as one that was never stopped.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

Kind = Literal["none", "light", "strong"]
Floats = npt.NDArray[np.float64]

SHIFT = 0.125  # of the side, in each direction: 4 of 32 pixels, as is usual for CIFAR-10
# Of `strong` alone.
DEGREES = 15.0
SCALE = 0.25  # share by which a picture gets larger or smaller at most
BRIGHTNESS = 0.2  # of 255
CONTRAST = SATURATION = 0.3  # share by which they get more or less at most
GREY = (0.299, 0.587, 0.114)  # what red, green and blue add to brightness (ITU-R BT.601)


@dataclass(frozen=True)
class Augmentation:
    """What is done to a training picture."""

    kind: Kind
    flip: bool
    """Whether half of the pictures are mirrored."""
    cutout: float
    """Side of a square that is greyed out, as a share of the picture's."""
    mixup: float
    """Parameter of the beta distribution of how much of another picture is mixed in; 0: none."""

    def as_dict(self) -> dict[str, Any]:
        """As reports/metrics.json holds it."""
        return asdict(self)


def numbers_for(seed: int, epoch: int, step: int) -> np.random.Generator:
    """The generator of one step's random numbers."""
    return np.random.default_rng((seed, epoch, step))


def augment(
    pixels: Tensor, targets: Tensor, how: Augmentation, numbers: np.random.Generator, fill: Tensor
) -> tuple[Tensor, Tensor]:
    """A batch as it could also have been, with its targets.

    pixels: of 8 bits, (n, size, size, 3). targets: shares of the classes, (n, classes). fill: the
    mean pixel, (3,), which is what cutout paints with. Returns pixels from 0 to 255, in 8 bits or
    as floats, and targets, of the same shapes.
    """
    if how.kind == "none":
        return pixels, targets
    pixels = shifted(pixels, numbers, SHIFT, how.flip)
    if how.kind == "strong":
        pixels = recoloured(turned(pixels.float(), numbers), numbers)
    if how.cutout > 0:
        pixels = cut_out(pixels, numbers, how.cutout, fill)
    if how.mixup > 0:
        return mixed(pixels.float(), targets, numbers, how.mixup)
    return pixels, targets


def shifted(pixels: Tensor, numbers: np.random.Generator, share: float, flip: bool) -> Tensor:
    """Pictures moved up, down and sideways, half of them mirrored; the edges are reflected.

    The usual crop out of a padded picture, as one look-up of the pixels' places.
    """
    count, size = len(pixels), pixels.shape[1]
    most = round(share * size)
    by = numbers.integers(-most, most + 1, (2, count))
    mirrored = numbers.random(count) < 0.5
    places = np.arange(size)
    down = _reflected(places + by[0][:, None], size)
    across = _reflected(places + by[1][:, None], size)
    if flip:
        across[mirrored] = across[mirrored, ::-1]
    rows, columns = (_there(each, pixels) for each in (down, across))
    picture = torch.arange(count, device=pixels.device)
    return pixels[picture[:, None, None], rows[:, :, None], columns[:, None, :]]


def turned(pixels: Tensor, numbers: np.random.Generator) -> Tensor:
    """Pictures turned a little and made larger or smaller; the edges are reflected."""
    count = len(pixels)
    angle = np.radians(numbers.uniform(-DEGREES, DEGREES, count))
    scale = np.exp(numbers.uniform(math.log(1 - SCALE), math.log(1 + SCALE), count))
    matrix = np.zeros((count, 2, 3))
    matrix[:, 0, 0] = matrix[:, 1, 1] = np.cos(angle) / scale
    matrix[:, 0, 1] = -np.sin(angle) / scale
    matrix[:, 1, 0] = np.sin(angle) / scale
    images = pixels.permute(0, 3, 1, 2)
    grid = functional.affine_grid(_there(matrix, pixels), list(images.shape), align_corners=False)
    found = functional.grid_sample(
        images, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    return found.permute(0, 2, 3, 1)


def recoloured(pixels: Tensor, numbers: np.random.Generator) -> Tensor:
    """Pictures with another brightness, contrast and saturation."""
    count = len(pixels)
    brighter = numbers.uniform(-BRIGHTNESS, BRIGHTNESS, count) * 255
    contrast = numbers.uniform(1 - CONTRAST, 1 + CONTRAST, count)
    saturation = numbers.uniform(1 - SATURATION, 1 + SATURATION, count)
    add, times, colour = (
        _there(each, pixels)[:, None, None, None] for each in (brighter, contrast, saturation)
    )
    grey = (pixels * pixels.new_tensor(GREY)).sum(dim=3, keepdim=True)
    pixels = grey + (pixels - grey) * colour
    middle = grey.mean(dim=(1, 2), keepdim=True)
    return (middle + (pixels - middle) * times + add).clamp(0, 255)


def cut_out(pixels: Tensor, numbers: np.random.Generator, share: float, fill: Tensor) -> Tensor:
    """Pictures with a square painted over (DeVries and Taylor 2017); at the edge, part of one."""
    count, size = len(pixels), pixels.shape[1]
    side = max(1, round(share * size))
    first = numbers.integers(0, size, (2, count)) - side // 2
    places = np.arange(size)
    down, across = (
        _there((places >= each[:, None]) & (places < each[:, None] + side), pixels)
        for each in first
    )
    painted = (down[:, :, None] & across[:, None, :])[..., None]
    return torch.where(painted, fill.to(pixels.dtype), pixels)


def mixed(
    pixels: Tensor, targets: Tensor, numbers: np.random.Generator, alpha: float
) -> tuple[Tensor, Tensor]:
    """Each picture and target mixed with those of another (Zhang et al. 2018, "mixup")."""
    count = len(pixels)
    share = numbers.beta(alpha, alpha, count)
    other = _there(numbers.permutation(count), pixels)
    kept = _there(np.maximum(share, 1 - share), pixels)[:, None]
    picture = kept[:, :, None, None]
    return (
        pixels * picture + pixels[other] * (1 - picture),
        targets * kept + targets[other] * (1 - kept),
    )


def _reflected(places: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """Places beyond an edge as those on this side of it, the edge itself not twice."""
    beyond = np.abs(places)
    return np.where(beyond < size, beyond, 2 * (size - 1) - beyond)


def _there(numbers: npt.NDArray[Any], pixels: Tensor) -> Tensor:
    if numbers.dtype == np.float64:
        numbers = numbers.astype(np.float32)  # an Apple GPU has no others
    return torch.from_numpy(np.ascontiguousarray(numbers)).to(pixels.device, non_blocking=True)
