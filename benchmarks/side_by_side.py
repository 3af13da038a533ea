"""Two servers of one model, measured in turn: the project's own, and a peer's endpoint.

Both run all the time on the same core, so that what else the machine does meets both alike.
"""

import os
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import load_generators
import servers
from bench_projects import Bench, Post
from load_generators import Load

PEERS = Path(__file__).with_name("peer_servers")


@dataclass(frozen=True)
class Server:
    """One that runs."""

    url: str
    """Of POST /predict."""
    pid: int

    def processor_seconds(self) -> float:
        """What it has used of a processor so far, as Linux counts it."""
        stat = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """One measurement of one server."""

    load: Load
    per_processor_second: float


@dataclass(frozen=True)
class Case:
    """What is sent, over how many connections, and how many times faster it has to be."""

    name: str
    connections: int
    bar: float
    below_the_median: bool = False
    """Whether the slowest hundredth has to be faster than the peer's median."""


@contextmanager
def own_server(bench: Bench) -> Iterator[Server]:
    """The project's `serve`, as it is by default."""
    with servers.project_server(bench) as (address, process):
        yield Server(f"{address}/predict", process.pid)


@contextmanager
def peer_server(
    bench: Bench, app: str, variables: Mapping[str, str], interpreter: str = sys.executable
) -> Iterator[Server]:
    """An app of peer_servers/ in uvicorn, with the project's models/ as PEER_MODELS."""
    port = servers.free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        *(interpreter, "-m", "uvicorn", f"{app}:app", "--app-dir", str(PEERS)),
        *("--port", str(port), "--no-access-log"),
    ]
    given = {"PEER_MODELS": str(bench.project / "models"), "HF_HUB_OFFLINE": "1", **variables}
    # Each server has a log of its own.
    folder = bench.folder / app
    folder.mkdir()
    with servers.serving(
        Bench(bench.project, folder, []), command, f"{address}/ready", given
    ) as process:
        yield Server(f"{address}/predict", process.pid)


def compare(
    bench: Bench,
    case: Case,
    posts: Sequence[Post],
    both: tuple[Server, Server],
    rounds: int,
    seconds: int,
) -> int:
    """Measure both in turn, and print medians and the ratios. Returns 1 if the bar is missed."""

    def measure(server: Server, seconds: int) -> Measured:
        before = server.processor_seconds()
        load = load_generators.wrk_posts(
            bench, server.url, posts, connections=case.connections, seconds=seconds
        )
        used = server.processor_seconds() - before
        return Measured(load, load.rate * seconds / used)

    for server in both:
        measure(server, 1)  # a warm-up
    found = [[measure(server, seconds) for server in both] for _ in range(rounds)]
    ratios = [a.load.rate / b.load.rate for a, b in found]
    own = [a.per_processor_second / b.per_processor_second for a, b in found]
    ratio = statistics.median(ratios)
    ours, peer = ([each.load for each in column] for column in zip(*found, strict=True))
    print(
        f"{case.name}, {case.connections} connections: "
        f"{_median(ours, 'rate'):,.0f} against {_median(peer, 'rate'):,.0f} requests/s, "
        f"{ratio:.1f} times ({min(ratios):.1f} to {max(ratios):.1f} over {rounds} rounds; "
        f"bar {case.bar:g}); per second of processor time {statistics.median(own):.1f} times; "
        f"p50 {_median(ours, 'p50'):.1f} against {_median(peer, 'p50'):.1f} ms, "
        f"p99 {_median(ours, 'p99'):.1f} against {_median(peer, 'p99'):.1f} ms",
        flush=True,
    )
    slow = case.below_the_median and _median(ours, "p99") >= _median(peer, "p50")
    if slow:
        print("  its p99 is not below the peer's p50")
    return int(ratio < case.bar or slow)


def _median(loads: Sequence[Load], name: str) -> float:
    return statistics.median(getattr(load, name) for load in loads)
