"""Where in a picture a class was seen: Grad-CAM without gradients to compute, and without torch.

The logits are the last layer of the features' mean over all places, so the derivative of a logit by
a feature is the last layer's weight over the number of places, at every place (Zhou et al. 2016,
whose class activation maps Grad-CAM gives here; Selvaraju et al. 2017, section 3).
"""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float32]

# From little to much: blue, green, yellow, red. In front of a picture, so that the colours are
# light, and what says nothing is hardly there.
COLOURS = np.array([(38, 70, 200), (30, 170, 140), (250, 210, 60), (215, 40, 30)], dtype=np.float64)
OPACITY = np.array([0.0, 0.35, 0.6, 0.75]) * 255


def grad_cam(features: Floats, weights: Floats) -> Floats:
    """What speaks for a class at each place, (h, w), from 0 to 1 for the place that says most.

    features: (c, h, w). weights: (c,), the class's row of the last layer. All 0 if no place speaks
    for the class.
    """
    seen = np.maximum(np.tensordot(weights, features, axes=1) / features[0].size, 0)
    most = float(seen.max())
    heat: Floats = seen / most if most > 0 else np.zeros_like(seen)
    return heat


def overlay(heat: Floats, size: int) -> str:
    """Heat as a picture of size x size to lay on the square that the model saw: a PNG as data URI.

    The more heat, the redder and the less transparent.
    """
    picture = Image.fromarray(heat).resize((size, size), Image.Resampling.BICUBIC)
    level = np.clip(np.asarray(picture), 0, 1)
    stops = np.linspace(0, 1, len(COLOURS))
    bands = [np.interp(level, stops, band) for band in (*COLOURS.T, OPACITY)]
    written = io.BytesIO()
    Image.fromarray(np.stack(bands, axis=-1).round().astype(np.uint8)).save(written, "PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"
