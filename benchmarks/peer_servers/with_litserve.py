"""The model as a LitServe API, on the port that the command line names."""

import sys
from typing import Any

import litserve
import model


class Prices(litserve.LitAPI):
    """Prices of single rows."""

    def setup(self, device: str) -> None:
        """Load the model."""
        self.loaded = model.load()

    def decode_request(self, request: dict[str, Any]) -> dict[str, Any]:
        """The row as it came."""
        return request

    def predict(self, row: dict[str, Any]) -> dict[str, float]:
        """The price of one row."""
        return self.loaded.predict(row)

    def encode_response(self, output: dict[str, float]) -> dict[str, float]:
        """The answer as it is."""
        return output


if __name__ == "__main__":
    server = litserve.LitServer(Prices(), accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=1,
        generate_client_file=False,
        log_level="warning",
    )
