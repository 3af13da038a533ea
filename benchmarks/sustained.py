"""Ten minutes of load at 70 % of the peak: errors, latency, and the growth of memory.

Usage: python benchmarks/sustained.py [--template NAME] [--data TRAIN.csv] [--seconds 600]
       python benchmarks/sustained.py --project FOLDER [--seconds 600]

The load is `POST /predict` with rows of the training data; of a project with a bot every fourth
request is a turn of a conversation with `POST /chat`, from the project's own test conversations.
The peak is what wrk finds with 32 connections on the same server and the same mix, where each turn
opens a conversation. One worker on one core, the load on another, in an open loop (open_loop.py)
over 32 connections, with metrics, the access log and the prediction log on. A latency counts from
the moment at which the request was due. An error is any answer that is no success, a conversation
that was forgotten, and any line of the server's log above the level of information.
Memory is the server's resident set, from the end of the first tenth, when every path has been
walked and the prediction log's first batches are written, to the end.
"""

import sys
import time
from collections import Counter
from pathlib import Path

import bench_projects
import load_generators
import numpy as np
import servers

SHARE = 0.7
MOST_GROWTH = 0.05
CONNECTIONS = 32
SHOWN = 5  # lines of the log


def main() -> int:
    """Measure and print. Returns 1 for any error, or for too much growth."""
    parser = bench_projects.parser(__doc__.splitlines()[0], *bench_projects.TEMPLATES)
    parser.add_argument("--seconds", type=float, default=600.0)
    arguments = parser.parse_args()
    with (
        bench_projects.bench(arguments, "wrk") as bench,
        servers.project_server(bench) as (address, process),
    ):
        posts = bench.mixed()
        load_generators.wrk_posts(bench, address, posts, connections=CONNECTIONS, seconds=2)
        peak = load_generators.wrk_posts(
            bench, address, posts, connections=CONNECTIONS, seconds=10
        ).rate
        rate = SHARE * peak
        print(f"peak {peak:,.0f} requests/s; offered {rate:,.0f} for {arguments.seconds:g} s")
        finish = load_generators.start_open_loop(
            bench, address, posts, [(rate, arguments.seconds)], CONNECTIONS, wait=True
        )
        memory = watch(process.pid, arguments.seconds)
        requests = finish()
        alive = process.poll() is None
        complaints = servers.complaints(bench)
    paths = np.resize([post.path for post in posts], len(requests.status))
    missed = report_requests(requests, paths, rate)
    missed += report_server(alive, complaints) + report_memory(memory)
    return int(missed > 0)


def watch(pid: int, seconds: float) -> list[float]:
    """The resident set in megabytes, sampled a hundred times over so many seconds."""
    memory, start = [], time.monotonic()
    for number in range(1, 101):
        time.sleep(max(0.0, start + seconds * number / 100 - time.monotonic()))
        memory.append(resident_megabytes(pid))
    return memory


def resident_megabytes(pid: int) -> float:
    """The resident set of a process, as Linux counts it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"error: process {pid} has no VmRSS")


def report_requests(requests: load_generators.Requests, paths: np.ndarray, rate: float) -> int:
    """Print what came of the requests. Returns 1 if one failed. paths: where each was sent."""
    span = requests.due[-1] + 1 / rate
    print(f"requests {len(requests.status):,} ({len(requests.status) / span:,.0f}/s)")
    fine = requests.status == 200
    failed = Counter(requests.status[~fine].tolist())
    print(f"errors {failed.total()}{f', by status: {dict(failed)}' if failed else ''}")
    latency = (requests.late + requests.seconds) * 1000
    for path in dict.fromkeys(paths.tolist()):
        chosen = fine & (paths == path)
        p50, p99, slowest = np.percentile(latency[chosen], [50, 99, 100])
        print(
            f"{path}: {chosen.sum():,} answered, latency p50 {p50:.2f} ms, p99 {p99:.2f} ms, "
            f"max {slowest:.0f} ms"
        )
    return int(failed.total() > 0)


def report_server(alive: bool, complaints: list[str]) -> int:
    """Print how the server is. Returns 1 if it ended or complained."""
    print(f"server alive: {alive}; lines of its log that are no information: {len(complaints)}")
    for line in complaints[:SHOWN]:
        print(f"  {line}")
    return int(not alive or len(complaints) > 0)


def report_memory(memory: list[float]) -> int:
    """Print how memory grew. Returns 1 if it grew too much."""
    first, last = memory[9], memory[-1]
    growth = last / first - 1
    print(
        f"memory {first:.1f} MB after a tenth, {last:.1f} MB at the end, {max(memory):.1f} MB at "
        f"most: growth {growth:.1%} (bar {MOST_GROWTH:.0%})"
    )
    return int(growth >= MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
