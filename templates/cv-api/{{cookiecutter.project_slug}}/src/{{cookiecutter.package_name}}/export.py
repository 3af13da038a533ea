"""From PyTorch to ONNX in 32 bits, and the proof that both say the same.

The graph takes pixels as they were decoded and gives logits with the features behind them, so that
serving can say where in a picture a class was seen without PyTorch. There is no version in 8 bits:
convolutions are faster in them only on processors made for that, and these networks are small.
"""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import Tensor, nn

from .config import ExportParams
from .errors import UserError
from .fitting import Trained
from .networks import Classifier
from .picture import Pixels
from .torch_quiet import quiet

Floats = npt.NDArray[np.float32]

NAME, HEAD = "model.onnx", "head.npy"
INPUT, OUTPUTS = "pixels", ("logits", "features")
OPSET = 17
# Enough to find a wrong export; PyTorch and ONNX Runtime differ alike on every picture.
COMPARED = 256
# Values of a run's features that fit into memory many times over.
MOST_PIXELS_PER_RUN = 64 * 64 * 64


@dataclass(frozen=True)
class Exported:
    """The model that is served, and what it says of the validation pictures."""

    fp32_difference: float
    """The largest difference of a logit between PyTorch and ONNX."""
    bytes_served: int
    logits: Floats
    """(n, classes), with the mirrored pictures' if the model looks at those too."""
    features: Floats
    """(n, channels), the mean of each channel's map."""

    def as_dict(self) -> dict[str, Any]:
        """As reports/metrics.json and the manifest hold it."""
        found = asdict(self)
        del found["logits"], found["features"]
        return found


def export(trained: Trained, pixels: Pixels, settings: ExportParams, folder: Path) -> Exported:
    """Write model.onnx and head.npy to `folder`, once the graph has shown that it is the model.

    pixels: the validation pictures, (n, size, size, 3), n > 0. Raises UserError if a logit differs
    too much from PyTorch's, or if the model's answers are no numbers.
    """
    path = folder / NAME
    with quiet():
        to_onnx(trained.model, trained.preprocessing.size, path)
        expected = trained.logits(pixels[:COMPARED])
    if not np.isfinite(expected).all():
        raise UserError(
            "The trained model's answers are not numbers: its training went astray. The old model "
            "stays. Set train.learning_rate lower, or train.mixed_precision to none."
        )
    logits, features = run(path, pixels, mirrored=trained.test_time)
    difference = float(np.abs(logits[:COMPARED] - expected).max())
    if not difference <= settings.max_difference:
        raise UserError(
            f"The exported model's logits differ from PyTorch's by up to {difference:.2g}, more "
            f"than export.max_difference = {settings.max_difference}. The old model stays. Try "
            "another version of torch or onnxruntime, or report it."
        )
    np.save(folder / HEAD, trained.model.head.weight.detach().numpy().astype(np.float32))
    return Exported(difference, path.stat().st_size, logits, features)


def run(path: Path, pixels: Pixels, *, mirrored: bool = False) -> tuple[Floats, Floats]:
    """An exported model's logits, (n, k), and pooled features, (n, c), of n > 0 pictures.

    mirrored: whether the logits are the mean of a picture's and its mirror image's.
    """
    options = onnxruntime.SessionOptions()
    options.enable_mem_pattern = False
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    rows = max(1, MOST_PIXELS_PER_RUN // int(np.prod(pixels.shape[1:3])))
    found = []
    for start in range(0, len(pixels), rows):
        some = pixels[start : start + rows]
        logits, features = session.run(list(OUTPUTS), {INPUT: some})
        if mirrored:
            (other,) = session.run(["logits"], {INPUT: np.ascontiguousarray(some[:, :, ::-1])})
            logits = (logits + other) / 2
        found.append((logits, features.mean(axis=(2, 3))))
    every, pooled = zip(*found, strict=True)
    return np.concatenate(every), np.concatenate(pooled)


class _Graph(nn.Module):
    """The model as a function from pixels to logits and features."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        features = self.model.maps(self.model.normalised(pixels))
        return self.model.head(features.mean((2, 3))), features


def to_onnx(model: Classifier, size: int, path: Path) -> None:
    """Write the model as ONNX: any number of pictures of one size."""
    pixels = torch.zeros((2, size, size, 3), dtype=torch.uint8)
    with torch.inference_mode(), warnings.catch_warnings():
        # Sizes that Python code has looked at are constants in the graph, as they are to be: the
        # tracer warns of each.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Graph(model).eval(),
            (pixels,),
            str(path),
            # It folds batch normalisation into a convolution right before it, and needs no
            # onnxscript.
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "batch"} for name in (INPUT, *OUTPUTS)},
        )
