"""What the benchmarks of serving share: a trained project, its rows as bodies, servers, and wrk.

A server has one core and its load another, so that neither takes time from the other.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

LIBRARY = Path(__file__).resolve().parents[1]
SERVER_CORE, CLIENT_CORE = 0, 1
BODIES = 100  # different rows, sent in turn
START_SECONDS = 90

Array = npt.NDArray[np.float64]

WRK = """
local requests = {}
init = function(args)
  for line in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format(
      "POST", nil, {["Content-Type"] = "application/json", ["Host"] = "localhost"}, line)
  end
end
local next = 0
request = function()
  next = next % #requests + 1
  return requests[next]
end
"""

ROWS = f"""
import json, pandas as pd
rows = pd.read_parquet('data/processed/train.parquet').head({BODIES}).astype(object)
schema = json.load(open('models/schema.json'))['table']
names = [column['name'] for column in schema['columns']]
rows = rows[names].where(rows[names].notna(), None)
for row in rows.to_dict('records'): print(json.dumps(row))
"""


@dataclass(frozen=True)
class Bench:
    """A project with a trained model, and a folder for what a benchmark writes."""

    project: Path
    folder: Path
    rows: list[str]
    """Training rows as JSON with all of the table's fields, missing values as null."""


@dataclass(frozen=True)
class Load:
    """What wrk found. Latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    refused: int
    """Answers that are no success; 0 unless they were allowed."""
    slowest: float


def parser(description: str) -> argparse.ArgumentParser:
    """The options that all of these benchmarks have."""
    found = argparse.ArgumentParser(description=description)
    found.add_argument("--project", type=Path, help="a generated project with a trained model")
    found.add_argument("--data", type=Path, help="a CSV file to train on, instead of the sample")
    return found


@contextmanager
def bench(arguments: argparse.Namespace, *tools: str) -> Iterator[Bench]:
    """The project that the options name, or a new one. Ends the program if a tool is missing."""
    check_machine(*tools)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = (arguments.project or _trained_project(folder, arguments.data)).resolve()
        rows = python(project, "-c", ROWS, capture_output=True, text=True, check=True).stdout
        print_conditions()
        yield Bench(project, folder, rows.splitlines())


def check_machine(*tools: str) -> None:
    """End the program if a tool or a second core is missing."""
    missing = [tool for tool in ("taskset", *tools) if shutil.which(tool) is None]
    if (os.cpu_count() or 1) < 2:
        missing.append("a second core")
    if missing:
        print(f"error: not found: {', '.join(missing)}. Debian has the tools.", file=sys.stderr)
        raise SystemExit(2)


def print_conditions() -> None:
    """Print what the figures depend on beside the code."""
    load = os.getloadavg()[0]
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load before: {load:.2f}")


def _trained_project(folder: Path, data: Path | None) -> Path:
    """A new project with a model trained with default settings."""
    from cookiecutter.main import cookiecutter

    template = str(LIBRARY / "templates" / "house-prices")
    project = Path(cookiecutter(template, no_input=True, output_dir=str(folder)))
    settings = ["tracking.enabled=false"]
    if data:
        settings += ["data.source=csv", f"data.path={data.resolve()}", "data.test_size=0"]
    chosen = [part for each in settings for part in ("--set", each)]
    python(project, "-m", "house_prices", "train", *chosen, check=True)
    return project


def python(project: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run Python in the project."""
    environment = {**os.environ, "PYTHONPATH": "src"}
    return subprocess.run([sys.executable, *arguments], cwd=project, env=environment, **options)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    found: Bench,
    command: Sequence[str],
    ready: str,
    variables: Mapping[str, str] | None = None,
    cores: str = str(SERVER_CORE),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server on its core; it answers at the address `ready` when the block begins."""
    output = found.folder / "server.log"
    with output.open("wb") as log:
        server = subprocess.Popen(
            ["taskset", "-c", cores, *command],
            cwd=found.project,
            env={**os.environ, "PYTHONPATH": "src", "OMP_NUM_THREADS": "1", **(variables or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(ready):
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"error: no server at {ready}:\n{output.read_text()[-3000:]}")
            time.sleep(0.1)
        yield server
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        finally:
            # Some servers leave processes behind; all are in one group.
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@contextmanager
def project_server(
    found: Bench, *, cores: str = str(SERVER_CORE), workers: int = 1, **variables: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The project's `serve`: its address, and the process."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "house_prices", "serve", "--port", str(port)]
    command += ["--workers", str(workers)]
    with serving(found, command, f"{address}/health/ready", variables, cores) as process:
        yield address, process


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    return True


def wrk(
    found: Bench,
    url: str,
    bodies: Sequence[str],
    *,
    connections: int,
    seconds: float,
    all_succeed: bool = True,
) -> Load:
    """POST the bodies in turn over so many connections."""
    (found.folder / "bodies.jsonl").write_text("\n".join(bodies) + "\n")
    (found.folder / "post.lua").write_text(WRK)
    command = [
        *("taskset", "-c", str(CLIENT_CORE), "wrk", "--threads", "1", "--latency"),
        *("--connections", str(connections), "--duration", f"{seconds:g}s", "--timeout", "10s"),
        *("--script", str(found.folder / "post.lua"), url),
        *("--", str(found.folder / "bodies.jsonl")),
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if "Socket errors" in output or (refused and all_succeed):
        raise SystemExit(f"error: {url} did not answer every request:\n{output}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    slowest = re.search(r"Latency\s+\S+\s+\S+\s+(\S+)", output)
    assert rate is not None, output
    assert slowest is not None, output
    shares = dict(re.findall(r"^\s+(50|99)%\s+(\S+)\s*$", output, flags=re.MULTILINE))
    assert len(shares) == 2, output
    return Load(
        float(rate[1]),
        _milliseconds(shares["50"]),
        _milliseconds(shares["99"]),
        int(refused[1]) if refused else 0,
        _milliseconds(slowest[1]),
    )


@dataclass(frozen=True)
class Requests:
    """What came of each request of an open loop; see open_loop.py. Arrays of one length."""

    due: Array
    late: Array
    seconds: Array
    status: npt.NDArray[np.int64]

    def between(self, start: float, end: float) -> "Requests":
        """Those that were due in this time."""
        chosen = (self.due >= start) & (self.due < end)
        return Requests(
            self.due[chosen], self.late[chosen], self.seconds[chosen], self.status[chosen]
        )

    def answered(self, status: int) -> Array:
        """The latencies, in milliseconds, of the answers with this status."""
        return self.seconds[self.status == status] * 1000


def start_open_loop(
    found: Bench,
    url: str,
    phases: Sequence[tuple[float, float]],
    connections: int,
    *,
    wait: bool,
) -> Callable[[], Requests]:
    """Begin an open loop of (requests per second, seconds); returns what waits for its end.

    wait: whether a request waits if all connections are busy, or is not sent.
    """
    bodies, output = found.folder / "open-loop.jsonl", found.folder / "open-loop.npz"
    bodies.write_text("\n".join(found.rows) + "\n")
    steps = ",".join(f"{rate}:{seconds}" for rate, seconds in phases)
    script = str(Path(__file__).with_name("open_loop.py"))
    full = "wait" if wait else "skip"
    arguments = [url, str(bodies), steps, str(connections), full, str(output)]
    process = subprocess.Popen(
        ["taskset", "-c", str(CLIENT_CORE), sys.executable, script, *arguments],
        cwd=found.project,
        env={**os.environ, "PYTHONPATH": "src"},
    )

    def finish() -> Requests:
        if process.wait() != 0:
            raise SystemExit("error: the load generator failed")
        with np.load(output) as stored:
            return Requests(**{name: stored[name] for name in stored.files})

    return finish


def _milliseconds(text: str) -> float:
    """wrk writes 812.00us, 3.21ms, 1.05s and 1.10m."""
    number = text.rstrip("usm")
    unit = text.removeprefix(number)
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1_000.0, "m": 60_000.0}[unit]
