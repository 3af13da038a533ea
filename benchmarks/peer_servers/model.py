"""The same model for every peer: the scikit-learn pipeline, or the project's own ONNX predictor."""

import math
import os
from pathlib import Path
from typing import Any

MODELS = Path(os.environ["PEER_MODELS"])


class Sklearn:
    """model.joblib, one table of one row at a time."""

    def __init__(self) -> None:
        import json

        import joblib

        self.pipeline = joblib.load(MODELS / "model.joblib")
        table = json.loads((MODELS / "schema.json").read_bytes())["table"]
        self.names = [column["name"] for column in table["columns"]]

    def predict(self, row: dict[str, Any]) -> dict[str, float]:
        """The price of one row; the pipeline gives its logarithm."""
        import pandas as pd

        frame = pd.DataFrame([row], columns=self.names)
        return {"prediction": math.exp(self.pipeline.predict(frame)[0])}


class Onnx:
    """The encoder and the graph that the project itself serves."""

    def __init__(self) -> None:
        from house_prices.api.predictor import Predictor

        self.predictor = Predictor.load(MODELS)
        self.names = self.predictor.schema.names

    def predict(self, row: dict[str, Any]) -> dict[str, float]:
        """The price of one row."""
        encoded = self.predictor.encode([row.get(name) for name in self.names])
        return {"prediction": self.predictor.predict([encoded])[0].prediction}


def load() -> Sklearn | Onnx:
    """The model that PEER_MODEL names."""
    return {"sklearn": Sklearn, "onnx": Onnx}[os.environ["PEER_MODEL"]]()
