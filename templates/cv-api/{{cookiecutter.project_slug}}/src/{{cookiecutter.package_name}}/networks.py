"""The networks: from pixels to logits, by way of maps of features that keep their places.

Every network here has the same form: pixels are normalised, a body makes maps of features, their
means go through one linear layer. So what a class was seen by, and where, has a closed form: see
`api/cam.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

# Of the small CNN: channels of its three convolutions, as in every first course.
SMALL_CHANNELS = (32, 64, 64)
# Of the residual network: channels of its stages as multiples of its width, and of its stem.
STAGES = (1, 2, 4)
STEM = 0.5
# Places on each side of the last maps: fewer could not say where a class was seen. So a stage
# halves the picture only where as many are left.
PLACES = 4
SMALLEST_DEVIATION = 1.0  # of a channel, out of 255: pictures of one grey are not divided by 0


class Classifier(nn.Module):
    """A network from pixels to logits, whatever its body.

    Pixels are numbers from 0 to 255, (n, size, size, 3), as they were decoded: normalising them is
    the first layer, so that training, PyTorch and ONNX cannot differ in it.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        body: nn.Module,
        channels: int,
        classes: int,
        mean: Sequence[float],
        deviation: Sequence[float],
        dropout: float = 0.0,
    ) -> None:
        """body: from (n, 3, size, size) to (n, channels, h, w).

        mean, deviation: of red, green and blue, from 0 to 255.
        """
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer(
            "deviation", torch.tensor(deviation, dtype=torch.float32).clamp_min(SMALLEST_DEVIATION)
        )
        self.body = body
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(channels, classes)

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels of 8 bits or as floats, (n, size, size, 3), to logits, (n, classes)."""
        features = self.maps(self.normalised(pixels))
        logits: Tensor = self.head(self.dropout(features.mean((2, 3))))
        return logits

    def normalised(self, pixels: Tensor) -> Tensor:
        """Floats of mean 0 and deviation 1 over the training pictures, (n, 3, size, size).

        They stay where they are in memory, which is channels last.
        """
        return ((pixels.float() - self.mean) / self.deviation).permute(0, 3, 1, 2)

    def maps(self, images: Tensor) -> Tensor:
        """The features of normalised images: (n, channels, h, w)."""
        features: Tensor = self.body(images)
        return features


class Residual(nn.Module):
    """Two convolutions beside a path that leaves everything as it is (He et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.path = nn.Sequential(
            convolution(channels, channels), *after(channels), convolution(channels, channels)
        )
        self.after = nn.Sequential(*after(channels))

    def forward(self, images: Tensor) -> Tensor:
        """(n, channels, h, w) to the same shape."""
        found: Tensor = images + self.after(self.path(images))
        return found


def convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """3 by 3, the size kept. What would shift its outputs is in the normalisation after it."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)


def after(channels: int) -> tuple[nn.Module, ...]:
    """What follows a convolution."""
    return nn.BatchNorm2d(channels), nn.ReLU(inplace=True)


def small_cnn(
    classes: int, mean: Sequence[float], deviation: Sequence[float], dropout: float = 0.0
) -> Classifier:
    """Three convolutions, as a course on deep learning begins with; seed PyTorch before."""
    first, second, third = SMALL_CHANNELS
    body = nn.Sequential(
        nn.Conv2d(3, first, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(second, third, 3, padding=1),
        nn.ReLU(inplace=True),
    )
    return Classifier(body, third, classes, mean, deviation, dropout)


def residual_network(
    width: int,
    size: int,
    classes: int,
    mean: Sequence[float],
    deviation: Sequence[float],
    dropout: float = 0.0,
) -> Classifier:
    """A short residual network after Page (2018, "How to train your ResNet"); seed PyTorch before.

    Each stage halves the picture before it does most of its work, which is what makes it fast; of
    small pictures the last stages do not, see PLACES. width: channels of the first stage. size:
    pixels of each side of the pictures.
    """
    inputs = max(1, round(STEM * width))
    layers: list[nn.Module] = [convolution(3, inputs), *after(inputs)]
    for multiple in STAGES:
        outputs = multiple * width
        halved = size // 2 >= PLACES
        layers += [
            convolution(inputs, outputs),
            nn.MaxPool2d(2) if halved else nn.Identity(),
            *after(outputs),
            Residual(outputs),
        ]
        inputs, size = outputs, size // 2 if halved else size
    return Classifier(nn.Sequential(*layers), inputs, classes, mean, deviation, dropout)
