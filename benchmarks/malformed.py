"""cv-api under damaged pictures: thousands of mutations of real files of every format.

Usage: python benchmarks/malformed.py [--project FOLDER] [--data FILE.parquet] [--mutations N]
           [--seed N]

Without --project it generates a project and trains it with default settings on its sample. The
damaged files are those of the project's own tests (tests/mutations.py), and others for another
seed. Each is sent to one of the three routes, as a form or as base64 in JSON, over several
connections at once. Prints how often each status came, the slowest answers, and the most memory
that the server had; returns 1 if any answer is a 5xx or none, if the server complained, if an
answer took too long, or if it had more memory than Kubernetes would give it. Linux alone says how
much that was.
"""

import base64
import collections
import http.client
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import bench_projects
import servers
import yaml

CONNECTIONS = 8
SLOWEST_S = 3.0
BOUNDARY = "a-boundary-that-no-picture-holds"
ROUTES = ("/predict", "/predict/batch", "/explain")


@dataclass(frozen=True)
class Sent:
    """A damaged picture, and how it is sent."""

    path: str
    kind: str
    body: bytes
    said: str
    """Of which file it is made, and how."""


@dataclass(frozen=True)
class Answer:
    """What became of one."""

    sent: Sent
    status: int
    seconds: float


def main() -> int:
    """Send them, and print what came back."""
    parser = bench_projects.parser(__doc__.splitlines()[0], "cv-api")
    parser.add_argument("--mutations", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with bench_projects.bench(arguments) as bench:
        limit = memory_of_a_pod(bench.project)
        with servers.project_server(bench) as (address, process):
            before = peak_memory(process.pid)
            sent = damaged(bench.project, arguments.mutations, arguments.seed)
            answers = list(send(address, sent))
            alive, peak = process.poll() is None, peak_memory(process.pid)
        complaints = [line for line in servers.complaints(bench) if '"level":"warning"' not in line]
    counts = collections.Counter(answer.status for answer in answers)
    print(f"{len(answers):,} mutations: " + ", ".join(f"{n:,} x {s}" for s, n in counts.items()))
    for answer in sorted(answers, key=lambda each: -each.seconds)[:3]:
        print(f"  {answer.seconds * 1000:,.0f} ms, {answer.status}: {answer.sent.said}")
    print(f"most memory: {before:.0f} MB before, {peak:.0f} MB after (a pod has {limit:.0f} MB)")
    failed = [answer for answer in answers if answer.status >= 500 or answer.status == 0]
    for answer in failed[:10]:
        print(f"error: {answer.status}: {answer.sent.said}", file=sys.stderr)
    for line in complaints[:10]:
        print(f"error: the server said: {line}", file=sys.stderr)
    slow = max(answer.seconds for answer in answers) > SLOWEST_S
    return int(bool(failed) or bool(complaints) or not alive or slow or peak > limit)


def damaged(project: Path, count: int, seed: int) -> Iterator[Sent]:
    """So many damaged files, as the project's own tests make them."""
    sys.path.insert(0, str(project / "tests"))
    from mutations import mutations

    for number, (how, content) in enumerate(mutations(count, seed)):
        path = ROUTES[number % len(ROUTES)]
        kind, body = as_form(content) if number % 2 else as_json(path, content)
        yield Sent(path, kind, body, f"{how} to {path}")


def as_form(content: bytes) -> tuple[str, bytes]:
    """The type and the body of a form with one file."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    return f"multipart/form-data; boundary={BOUNDARY}", body


def as_json(path: str, content: bytes) -> tuple[str, bytes]:
    """The type and the body of the same as JSON."""
    image = base64.b64encode(content).decode()
    body = {"images": [image]} if path == "/predict/batch" else {"image": image}
    return "application/json", json.dumps(body).encode()


def send(address: str, found: Iterator[Sent]) -> Iterator[Answer]:
    """Each answer, over CONNECTIONS connections."""
    host = address.removeprefix("http://")

    def ask(sent: Sent) -> Answer:
        started = time.perf_counter()
        connection = http.client.HTTPConnection(host, timeout=60)
        try:
            connection.request("POST", sent.path, sent.body, {"Content-Type": sent.kind})
            response = connection.getresponse()
            response.read()
            status = response.status
        except (OSError, http.client.HTTPException):
            status = 0  # no answer at all
        finally:
            connection.close()
        return Answer(sent, status, time.perf_counter() - started)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        yield from pool.map(ask, found)


def peak_memory(pid: int) -> float:
    """Megabytes of memory that a process has had at most, as Linux counts it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def memory_of_a_pod(project: Path) -> float:
    """Megabytes that the project's Kubernetes deployment gives to one."""
    manifest = yaml.safe_load((project / "deploy/kubernetes/deployment.yaml").read_text())
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    return int(container["resources"]["limits"]["memory"].removesuffix("Mi")) * 2**20 / 1e6


if __name__ == "__main__":
    sys.exit(main())
