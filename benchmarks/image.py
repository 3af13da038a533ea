"""The image of a project: what it adds to its base, how soon it answers, and what it holds.

Usage: python benchmarks/image.py [--project FOLDER | --template NAME] [--data FILE] [--rounds N]

Needs a Docker engine. Without --project it generates a project and trains it with default settings:
on its sample, or on the rows of --data. A start is timed from `docker run` to the first answer of
/health/ready, in a container without a writable file system; memory is what its processes hold,
without what is only cached of files, after the start and after 200 requests.
"""

import json
import statistics
import subprocess
import sys
import time
import urllib.request

import bench_projects

sys.path.append(str(bench_projects.LIBRARY / "tests"))

from containers import build, docker, megabytes_over_base

TAG = "image-benchmark"
REQUESTS = 200
BARS = {"house-prices": (260, 4), "sentiment-bot": (260, 4), "cv-api": (240, 3)}
"""Template -> megabytes over the base, and seconds from the start to the first ready answer."""


def main() -> int:
    """Measure, and print each figure beside its bar."""
    options = bench_projects.parser(__doc__.splitlines()[0], *BARS)
    options.add_argument("--rounds", type=int, default=5)
    arguments = options.parse_args()
    if subprocess.run(["docker", "version"], capture_output=True).returncode:
        print("error: no Docker engine answers", file=sys.stderr)
        return 2
    with bench_projects.bench(arguments, "docker") as bench:
        process = build(bench.project, TAG)
        if process.returncode:
            print(process.stderr[-4000:], file=sys.stderr)
            return 1
        try:
            # The first is a warm-up: it reads the image from the disk.
            starts = [start(bench.rows) for _ in range(arguments.rounds + 1)][1:]
            print(f"{bench.project.name}:")
            bars = BARS[bench_projects.template_of(bench.project)]
            report(megabytes_over_base(TAG), starts, bars)
        finally:
            docker("image", "rm", "--force", TAG)
    return 0


def report(
    megabytes: float, starts: list[tuple[float, float, float]], bars: tuple[float, float]
) -> None:
    """Print the size, and medians of the starts."""
    seconds, after_start, after_requests = zip(*starts, strict=True)
    print(f"added to the base: {megabytes:.0f} MB (bar: under {bars[0]})")
    print(
        f"start to ready: {statistics.median(seconds):.2f} s "
        f"({min(seconds):.2f} to {max(seconds):.2f} over {len(seconds)} rounds; "
        f"bar: under {bars[1]})"
    )
    print(f"memory after the start: {statistics.median(after_start):.0f} MB")
    print(f"memory after {REQUESTS} requests: {statistics.median(after_requests):.0f} MB")


def start(rows: list[str]) -> tuple[float, float, float]:
    """Seconds to the first ready answer, and megabytes before and after the requests.

    rows: bodies of requests, sent in turn.
    """
    began = time.perf_counter()
    name = docker("run", "--detach", "--read-only", "--publish", "127.0.0.1::8000", TAG)
    try:
        address = docker("port", name, "8000/tcp").splitlines()[0]
        while not answers(f"http://{address}/health/ready"):
            if time.perf_counter() - began > 60:
                raise SystemExit(f"error: not ready within 60 s\n{docker('logs', name)}")
            time.sleep(0.02)
        seconds = time.perf_counter() - began
        before = memory(name)
        for number in range(REQUESTS):
            predict(address, rows[number % len(rows)])
        return seconds, before, memory(name)
    finally:
        docker("rm", "--force", name)


def answers(url: str) -> bool:
    """Whether the address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def predict(address: str, row: str) -> None:
    """Ask for one prediction."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{address}/predict", row.encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        json.load(response)


def memory(name: str) -> float:
    """Megabytes that the server holds, without what is only cached of files."""
    script = "awk '/^Pss_Anon/ {print $2}' /proc/1/smaps_rollup"
    return int(docker("exec", name, "sh", "-c", script)) * 1024 / 1e6


if __name__ == "__main__":
    sys.exit(main())
