"""`POST /predict` of house-prices against constant answers from the same app to the same body.

Usage: python benchmarks/serving.py [--data TRAIN.csv | --project FOLDER] [--rounds N]

Without --project it generates a project and trains it with default settings: on its sample, or on
the rows of --data. One worker on one core; wrk (Debian: apt install wrk) on another. Every body has
all of the table's fields. The three endpoints are measured in turn in each round:

    predict    POST /predict, as it is served
    pydantic   validates the body with a pydantic model in a FastAPI route, answers a constant
    msgspec    validates the body with the decoder of /predict, answers a constant
"""

import json
import os
import statistics
import sys

import bench_projects
import load_generators
import servers

ENDPOINTS = {
    "predict": "/predict",
    "pydantic": "/constant/pydantic",
    "msgspec": "/constant/msgspec",
}


def main() -> int:
    """Measure, and print medians and ratios."""
    parser = bench_projects.parser(__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    arguments = parser.parse_args()
    with bench_projects.bench(arguments, "wrk") as bench:
        address = f"http://127.0.0.1:{servers.free_port()}"
        variables = {"SERVING_BENCHMARK": address.rpartition(":")[2]}
        command = [sys.executable, __file__]
        with servers.serving(bench, command, f"{address}/health/ready", variables):
            for connections in (1, 32):
                compare(bench, address, connections, arguments.rounds, arguments.seconds)
    return 0


def compare(
    bench: bench_projects.Bench, address: str, connections: int, rounds: int, seconds: int
) -> None:
    """Measure the endpoints in turn, and print each one's median and the ratios' medians."""

    def rate(name: str, seconds: int) -> float:
        url = address + ENDPOINTS[name]
        return load_generators.wrk(
            bench, url, bench.rows, connections=connections, seconds=seconds
        ).rate

    rates: dict[str, list[float]] = {name: [] for name in ENDPOINTS}
    for name in ENDPOINTS:
        rate(name, 1)  # a warm-up
    for _ in range(rounds):
        for name in ENDPOINTS:
            rates[name].append(rate(name, seconds))
    shown = ", ".join(f"{name} {statistics.median(rates[name]):,.0f}" for name in ENDPOINTS)
    print(f"{connections:2} connections, requests/s: {shown}")
    for name in ("pydantic", "msgspec"):
        ratios = [a / b for a, b in zip(rates["predict"], rates[name], strict=True)]
        print(
            f"{connections:2} connections, predict / {name} constant: "
            f"{statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f} over {rounds} rounds)"
        )


def serve() -> None:
    """The project's own application with the two constant endpoints beside its routes."""
    import uvicorn
    from house_prices.api import logs
    from house_prices.api.app import create_app, load_predictor
    from house_prices.api.requests import Decoder
    from house_prices.api.settings import load_settings
    from pydantic import ConfigDict, Field, create_model

    settings = load_settings()
    logs.configure(settings.log_level)
    predictor = load_predictor(settings)
    shell = create_app(settings, predictor)
    constant = {"prediction": 1.0, "lower": 0.5, "upper": 2.0, "coverage": 0.9}
    kinds = {"number": float | None, "category": str | int | float | bool | None}
    fields = {
        f"column_{position}": (kinds[column.kind], Field(None, alias=column.name))
        for position, column in enumerate(predictor.schema.columns)
    }
    row = create_model("Row", __config__=ConfigDict(extra="forbid"), **fields)
    decoder = Decoder(predictor.schema, settings.max_batch_rows)
    encoded = json.dumps(constant).encode()

    @shell.app.post(ENDPOINTS["pydantic"])
    async def by_pydantic(body: row) -> dict[str, float]:
        return constant

    async def by_msgspec(body: bytes, request_id: str) -> bytes:
        decoder.row(body)
        return encoded

    shell.direct = {**shell.direct, ENDPOINTS["msgspec"]: by_msgspec}
    port = int(os.environ["SERVING_BENCHMARK"])
    uvicorn.run(
        shell, host="127.0.0.1", port=port, access_log=False, log_config=None, server_header=False
    )


if __name__ == "__main__":
    sys.exit(serve() if "SERVING_BENCHMARK" in os.environ else main())
