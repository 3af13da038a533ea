"""The served model as MLflow loads it: a table with the column of texts in, labels out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .api.predictor import TEXT, Predictor

if TYPE_CHECKING:
    import pandas as pd


class Classifier:
    """What `mlflow.pyfunc` asks a model for."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def predict(self, table: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """The label and its probability for each row's text."""
        import pandas as pd

        found = self._predictor.predict([str(text) for text in table[TEXT]])
        return pd.DataFrame(
            {
                "label": [each.label for each in found],
                "confidence": [each.confidence for each in found],
            }
        )


def _load_pyfunc(folder: str) -> Classifier:
    """Called by MLflow with the folder that was logged."""
    return Classifier(Predictor.load(Path(folder)))
