"""`POST /predict` of house-prices with micro-batching in different settings.

Usage: python benchmarks/micro_batching.py [--data TRAIN.csv | --project FOLDER] [--rounds N]
                                           [--figure FILE.png]

    one by one    every request runs the model by itself
    0 ms          what one turn of the event loop has read runs as one batch; nothing waits
    1 ms, 3 ms    the first request of a batch waits so long for others (APP_BATCH_WAIT_MS)

One worker on one core, wrk on another, 1 and 32 connections, the settings in turn in each round.
"""

import functools
import os
import statistics
import sys
from pathlib import Path

import bench_projects
import load_generators
import servers
from bench_projects import Bench
from load_generators import Load

ONE_BY_ONE = "MICRO_BATCHING_LARGEST"
SETTINGS = {
    "one by one": {ONE_BY_ONE: "1"},
    "0 ms": {"APP_BATCH_WAIT_MS": "0"},
    "1 ms": {"APP_BATCH_WAIT_MS": "1"},
    "3 ms": {"APP_BATCH_WAIT_MS": "3"},
}
CONNECTIONS = (1, 32)


def main() -> int:
    """Measure and print."""
    parser = bench_projects.parser(__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--figure", type=Path, help="where a plot goes")
    arguments = parser.parse_args()
    found: dict[tuple[str, int], list[Load]] = {}
    with bench_projects.bench(arguments, "wrk") as bench:
        for _ in range(arguments.rounds):
            for name in SETTINGS:
                for connections, load in measure(bench, name, arguments.seconds).items():
                    found.setdefault((name, connections), []).append(load)
    print(f"{'':12}connections   requests/s (range over rounds)   p50 ms   p99 ms")
    for (name, connections), loads in sorted(found.items(), key=lambda each: each[0][1]):
        rates = [load.rate for load in loads]
        spread = f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
        p50 = statistics.median(load.p50 for load in loads)
        p99 = statistics.median(load.p99 for load in loads)
        print(f"{name:12}{connections:11}   {spread:31}{p50:9.2f}{p99:9.2f}")
    if arguments.figure:
        draw(found, arguments.figure)
    return 0


def measure(bench: Bench, name: str, seconds: int) -> dict[int, Load]:
    """One setting's loads, by connections."""
    address = f"http://127.0.0.1:{servers.free_port()}"
    command = [sys.executable, __file__, "server", address.rpartition(":")[2]]
    with servers.serving(bench, command, f"{address}/health/ready", SETTINGS[name]):
        url = f"{address}/predict"
        load_generators.wrk(bench, url, bench.rows, connections=max(CONNECTIONS), seconds=1)
        return {
            connections: load_generators.wrk(
                bench, url, bench.rows, connections=connections, seconds=seconds
            )
            for connections in CONNECTIONS
        }


def serve(port: int) -> None:
    """The project's own `serve`, with a batch of at most one if the environment says so."""
    from house_prices.api import routes, server

    if ONE_BY_ONE in os.environ:
        routes.Batcher = functools.partial(routes.Batcher, largest=1)
    server.serve("127.0.0.1", port, 1)


def draw(found: dict[tuple[str, int], list[Load]], path: Path) -> None:
    """Rates and latencies of each setting."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, title, value in zip(
        figure.subplots(1, 2),
        ("Requests per second", "Median latency, ms"),
        (lambda load: load.rate, lambda load: load.p50),
        strict=True,
    ):
        for place, connections in enumerate(CONNECTIONS):
            heights = [
                statistics.median(value(load) for load in found[name, connections])
                for name in SETTINGS
            ]
            places = [number + 0.4 * place for number in range(len(SETTINGS))]
            label = f"{connections} connection{'s' * (connections > 1)}"
            bars = axes.bar(places, heights, width=0.38, label=label)
            axes.bar_label(bars, [amount(height) for height in heights], fontsize=7)
        axes.set_xticks([number + 0.2 for number in range(len(SETTINGS))], SETTINGS)
        axes.set_title(title, loc="left")
        # Room for the legend above the bars.
        axes.set_ylim(top=1.25 * axes.get_ylim()[1])
        axes.legend(frameon=False, loc="upper left", ncols=2)
    figure.savefig(path, dpi=120)


def amount(value: float) -> str:
    """A number above a bar."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[2])) if sys.argv[1:2] == ["server"] else main())
