"""Handwritten digits that come with scikit-learn: real pictures, for a first run without a network.

1,797 digits by 43 people, 8 by 8 pixels in 17 shades of grey (E. Alpaydin and C. Kaynak, 1998,
"Optical Recognition of Handwritten Digits", UCI Machine Learning Repository).
"""

from __future__ import annotations

import hashlib
import io

import numpy as np
from PIL import Image

from .raw_pictures import RawPictures
from .split import TRAIN

TITLE = "handwritten digits (UCI, scikit-learn)"
DARKEST = 16  # of the data's shades


def read_digits() -> RawPictures:
    """All of them as PNG files, white on black."""
    from sklearn.datasets import load_digits

    found = load_digits()
    shades = np.round(found.images * (255 / DARKEST)).astype(np.uint8)
    return RawPictures(
        pictures=[_png(picture) for picture in shades],
        labels=[str(label) for label in found.target],
        names=[f"row {row}" for row in range(1, len(shades) + 1)],
        parts=np.full(len(shades), TRAIN, dtype=np.int8),
        official=frozenset(),
        classes=tuple(map(str, found.target_names)),
        title=TITLE,
        where="the digits",
        image=None,
        label="digit",
        # Of the shades, not of the files: an encoder's next version may write others.
        sha256=hashlib.sha256(shades.tobytes() + found.target.tobytes()).hexdigest(),
    )


def _png(shades: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    out = io.BytesIO()
    # Not compressed, so that each version of the compressor writes the same bytes.
    Image.fromarray(shades).save(out, format="PNG", compress_level=0)
    return out.getvalue()
