"""Ten minutes of `POST /predict` at 70 % of the peak: errors, latency, and the growth of memory.

Usage: python benchmarks/sustained.py [--data TRAIN.csv | --project FOLDER] [--seconds 600]

The peak is what wrk finds with 32 connections on the same server. One worker on one core, the load
on another, in an open loop (open_loop.py) over 32 connections, with metrics, the access log and
the prediction log on. A latency counts from the moment at which the request was due.
Memory is the server's resident set, from the end of the first tenth, when every path has been
walked and the prediction log's first batches are written, to the end.
"""

import sys
import time
from pathlib import Path

import numpy as np
import servers

SHARE = 0.7
MOST_GROWTH = 0.05
CONNECTIONS = 32


def main() -> int:
    """Measure and print. Returns 1 for any error, or for too much growth."""
    parser = servers.parser(__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    arguments = parser.parse_args()
    with (
        servers.bench(arguments, "wrk") as bench,
        servers.project_server(bench) as (address, process),
    ):
        url = f"{address}/predict"
        servers.wrk(bench, url, bench.rows, connections=CONNECTIONS, seconds=2)
        peak = servers.wrk(bench, url, bench.rows, connections=CONNECTIONS, seconds=10).rate
        rate = SHARE * peak
        print(f"peak {peak:,.0f} requests/s; offered {rate:,.0f} for {arguments.seconds:g} s")
        finish = servers.start_open_loop(
            bench, url, [(rate, arguments.seconds)], CONNECTIONS, wait=True
        )
        memory = watch(process.pid, arguments.seconds)
        requests = finish()
        alive = process.poll() is None
    return report(requests, memory, rate, alive)


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


def report(requests: servers.Requests, memory: list[float], rate: float, alive: bool) -> int:
    """Print what was found. Returns 1 if a bar is missed."""
    fine = requests.status == 200
    latency = (requests.late + requests.seconds)[fine] * 1000
    failed = int((~fine).sum())
    p50, p99, slowest = np.percentile(latency, [50, 99, 100])
    first, last = memory[9], memory[-1]
    growth = last / first - 1
    span = requests.due[-1] + 1 / rate
    print(f"requests {len(requests.status):,} ({len(requests.status) / span:,.0f}/s)")
    print(f"errors {failed}; server alive: {alive}")
    print(f"latency p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {slowest:.0f} ms")
    print(
        f"memory {first:.1f} MB after a tenth, {last:.1f} MB at the end, {max(memory):.1f} MB at "
        f"most: growth {growth:.1%} (bar {MOST_GROWTH:.0%})"
    )
    return int(failed > 0 or growth >= MOST_GROWTH or not alive)


if __name__ == "__main__":
    sys.exit(main())
