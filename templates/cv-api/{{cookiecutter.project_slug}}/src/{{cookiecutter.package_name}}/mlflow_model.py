"""The served model as MLflow loads it: a table with a column of pictures in, labels out."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .api.predictor import Predictor
from .errors import UserError

if TYPE_CHECKING:
    import pandas as pd

IMAGE = "image"


class Classifier:
    """What `mlflow.pyfunc` asks a model for."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def predict(self, table: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """The label of each row's picture, its probability, and whether it is sure.

        table: with a column `image`: files of pictures as bytes, or in base64.
        """
        import pandas as pd

        found = self._predictor.predict([_content(value) for value in table[IMAGE]])
        return pd.DataFrame(
            {
                "label": [each.label for each in found],
                "confidence": [each.confidence for each in found],
                "sure": [each.sure for each in found],
            }
        )


def _load_pyfunc(folder: str) -> Classifier:
    """Called by MLflow with the folder that was logged."""
    return Classifier(Predictor.load(Path(folder)))


def _content(value: object) -> bytes:
    """A picture's file, from bytes or base64."""
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    try:
        return base64.b64decode(str(value), validate=True)
    except binascii.Error as error:
        raise UserError(
            f"{IMAGE}: not the base64 of a file ({error}). Send each picture's file in base64, or "
            "as bytes."
        ) from None
