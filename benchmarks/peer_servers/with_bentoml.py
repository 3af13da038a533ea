"""The model as a BentoML service. Run with `bentoml serve`."""

from typing import Any

import bentoml
import model


@bentoml.service(workers=1)
class Prices:
    """Prices of single rows."""

    def __init__(self) -> None:
        self.loaded = model.load()

    @bentoml.api
    def predict(self, row: dict[str, Any]) -> dict[str, float]:
        """The price of one row."""
        return self.loaded.predict(row)
