"""What the settings leave open for a training: by the network, the pictures and the device.

Each is a function that gives what the settings say, if they say it. Where the values come from is
in the library's docs/decisions.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .augmentation import Augmentation, Kind
from .config import Network, Params
from .data import ImageData
from .small_sets import is_small
from .torch_device import Device

# Channels of the residual network's first stage. A GPU has time for nine times the work.
WIDTH_CPU, WIDTH_GPU = 32, 96
# Of a small set, and of pictures without details.
WIDTH_SMALL = 16
PLAIN = 16  # pixels of a side that has no room for details
# Epochs with 45,000 pictures. They grow with the square root of how much fewer there are.
EPOCHS: dict[Network, int] = {"cnn": 4, "resnet": 9, "pretrained": 3}
EPOCHS_GPU = 20
FULL = 45_000
MOST_EPOCHS: dict[Network, int] = {"cnn": 120, "resnet": 120, "pretrained": 20}
# Of the epochs that pictures with details get.
PLAIN_SHARE: dict[Network, float] = {"cnn": 0.4, "resnet": 0.17, "pretrained": 1.0}
# Fewer steps in an epoch would be too few moves, and larger batches make a CPU no faster.
LEAST_STEPS = 12
SMALLEST_BATCH = 16
LARGEST_BATCH: dict[Network, int] = {"cnn": 128, "resnet": 128, "pretrained": 32}
LARGEST_BATCH_GPU: dict[Network, int] = {"cnn": 1024, "resnet": 1024, "pretrained": 128}
# The highest. SGD's is for batches of 128, and grows with the square root of their size (Krizhevsky
# 2014, "One weird trick for parallelizing convolutional neural networks"); that of a pretrained
# network is its new head's.
LEARNING_RATES: dict[Network, float] = {"cnn": 0.006, "resnet": 0.15, "pretrained": 0.001}
RATED_BATCH = 128
# SGD's decay is a part of the gradient, AdamW's is apart from it.
WEIGHT_DECAY: dict[Network, float] = {"cnn": 0.05, "resnet": 0.0005, "pretrained": 0.05}
# Share of the epochs with smaller pictures, and from which size on it saves much.
LOW_SHARE = 2 / 3
LOW_FROM = 24
# Side of the square that cutout greys out, where pictures are varied strongly. Those that are seen
# a few times are hard enough as they are.
CUTOUT = 0.25
# Settings of `train` that belong to one network: another one would fail with them.
OF_ONE_NETWORK = ("batch_size", "learning_rate", "weight_decay")
UNBALANCED = 3.0  # times as many pictures as another class


def for_another(params: Params) -> Params:
    """The settings for a network that is compared with the one that they were made for."""
    train = params.train.model_copy(update=dict.fromkeys(OF_ONE_NETWORK))
    return params.model_copy(update={"train": train})


def width_of(params: Params, pictures: int, size: int, device: Device) -> int:
    """Channels of the residual network's first stage."""
    if params.model.width is not None:
        return params.model.width
    if is_small(pictures) or size <= PLAIN:
        return WIDTH_SMALL
    return WIDTH_CPU if device.kind == "cpu" else WIDTH_GPU


def epochs_of(name: Network, params: Params, pictures: int, size: int, device: Device) -> int:
    """How often each picture is seen."""
    if params.train.epochs is not None:
        return params.train.epochs
    on_gpu = device.kind != "cpu" and name == "resnet"
    epochs = (EPOCHS_GPU if on_gpu else EPOCHS[name]) * max(1.0, math.sqrt(FULL / pictures))
    if size <= PLAIN:
        epochs *= PLAIN_SHARE[name]
    return max(1, min(MOST_EPOCHS[name], round(epochs)))


def batch_size_of(name: Network, params: Params, pictures: int, device: Device) -> int:
    """Pictures of one step, on all processes together: a power of two, or all there are."""
    if params.train.batch_size is not None:
        return min(params.train.batch_size, pictures)
    largest = (LARGEST_BATCH if device.kind == "cpu" else LARGEST_BATCH_GPU)[name]
    wanted = max(SMALLEST_BATCH, min(largest, pictures // LEAST_STEPS))
    power: int = 2 ** int(math.log2(wanted))
    return min(pictures, power)


def learning_rate_of(name: Network, params: Params, batch_size: int) -> float:
    """The highest learning rate."""
    if params.train.learning_rate is not None:
        return params.train.learning_rate
    rate = LEARNING_RATES[name]
    return rate * math.sqrt(batch_size / RATED_BATCH) if name == "resnet" else rate


def weight_decay_of(name: Network, params: Params) -> float:
    """How much the weights shrink, of what the learning rate makes of it."""
    decay = params.train.weight_decay
    return WEIGHT_DECAY[name] if decay is None else decay


def low_epochs_of(name: Network, epochs: int, size: int) -> int:
    """How many of the first epochs see the pictures smaller, which is half of the work."""
    if name == "pretrained" or size < LOW_FROM:
        return 0
    return min(round(LOW_SHARE * epochs), epochs - 1)


def frozen_epochs_of(name: Network, params: Params, epochs: int) -> int:
    """In how many of the first epochs only the last layer learns."""
    return round(params.model.frozen * epochs) if name == "pretrained" else 0


def augmentation_of(params: Params, train: ImageData) -> Augmentation:
    """How the training pictures are varied."""
    settings = params.train
    auto: Kind = "strong" if is_small(len(train.labels)) else "light"
    kind = auto if settings.augment == "auto" else settings.augment
    flip = flips(params, train.classes, train.meta.source)
    cutout = settings.cutout
    if cutout is None:
        cutout = CUTOUT if kind == "strong" else 0.0
    return Augmentation(kind, flip, cutout, settings.mixup)


def flips(params: Params, classes: Sequence[str], source: str) -> bool:
    """Whether a picture's mirror image shows the same class.

    Not so for digits and letters: the sample's, and those whose class names are single characters
    or numbers.
    """
    if params.train.flip != "auto":
        return params.train.flip
    signs = all(len(name) == 1 or name.isdecimal() for name in classes)
    return source != "sample" and not signs


def is_balanced(params: Params, labels: npt.NDArray[np.int64]) -> bool:
    """Whether rare classes are to count as much as frequent ones."""
    chosen = params.train.class_weights
    counts = np.unique(labels, return_counts=True)[1]
    unbalanced = bool(counts.max() > UNBALANCED * counts.min())
    return chosen == "balanced" or (chosen == "auto" and unbalanced)
