"""cv-api under damaged pictures: thousands of mutations of real files of every format.

Usage: python benchmarks/malformed.py [--project FOLDER] [--data FILE.parquet] [--mutations N]

Without --project it generates a project and trains it with default settings on its sample. Each
mutation of a file (cut off, bytes changed, moved, repeated or taken out, sizes in its header
replaced, another file grafted on) is sent to one of the three routes, as a form or as base64 in
JSON, over several connections at once. Prints how often each status came, the slowest answers, and
the most memory that the server had; returns 1 if any answer is a 5xx, if the server was lost or
complained, if an answer took too long, or if it had more memory than Kubernetes would give it. The
seed is fixed: two runs send the same.
"""

import base64
import collections
import http.client
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import bench_projects
import numpy as np
import servers
import yaml
from PIL import Image

CONNECTIONS = 8
SLOWEST_S = 3.0
BOUNDARY = "a-boundary-that-no-picture-holds"
ROUTES = ("/predict", "/predict", "/predict/batch", "/explain")
SIDES = {"width": (8, 64, 500, 1600), "height": (8, 64, 400, 1200)}
# What a decoder may take for a size: nothing, one, the limits of 16, 31 and 32 bits.
EXTREMES = (0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


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
    arguments = parser.parse_args()
    with bench_projects.bench(arguments) as bench:
        limit = memory_of_a_pod(bench.project)
        with servers.project_server(bench) as (address, process):
            before = peak_memory(process.pid)
            answers = list(send(address, mutations(arguments.mutations)))
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


def mutations(count: int) -> Iterator[Sent]:
    """So many damaged files, the same each time."""
    random = np.random.default_rng(0)
    files = list(originals(random))
    for number in range(count):
        name, content = files[number % len(files)]
        ways = random.choice(list(WAYS), size=int(random.integers(1, 4)))
        for way in ways:
            content = WAYS[way](content, random) or b"\0"
        if number % 7 == 0:
            content += files[int(random.integers(len(files)))][1]
        path = ROUTES[number % len(ROUTES)]
        kind, body = as_form(content) if random.random() < 0.5 else as_json(path, content)
        yield Sent(path, kind, body, f"{name} to {path}: {', '.join(ways)}")


def originals(random: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Real files of every format: each in its modes, in several sizes."""
    for width, height in zip(SIDES["width"], SIDES["height"], strict=True):
        noise = random.integers(0, 60, (height, width, 4), dtype=np.uint8)
        slope = np.linspace(0, 190, width, dtype=np.uint8)[None, :, None]
        picture = Image.fromarray(noise + slope, "RGBA")
        turned = Image.Exif()
        turned[0x0112] = 6
        for format_, mode, options in (
            ("JPEG", "RGB", {"exif": turned}),
            ("JPEG", "L", {}),
            ("JPEG", "CMYK", {}),
            ("JPEG", "RGB", {"progressive": True}),
            ("PNG", "RGB", {}),
            ("PNG", "RGBA", {}),
            ("PNG", "LA", {}),
            ("PNG", "P", {"transparency": 3}),
            ("PNG", "I;16", {}),
            ("PNG", "1", {}),
            ("WEBP", "RGB", {}),
            ("WEBP", "RGBA", {"lossless": True}),
            ("GIF", "P", {}),
            ("GIF", "P", {"save_all": True, "append_images": [picture.convert("P")] * 3}),
            ("BMP", "RGB", {}),
            ("BMP", "P", {}),
            ("BMP", "1", {}),
        ):
            written = io.BytesIO()
            deep = Image.fromarray(np.asarray(picture)[:, :, 0].astype(np.uint16) * 257)
            (deep if mode == "I;16" else picture.convert(mode)).save(written, format_, **options)
            yield f"{format_} {mode} {width} x {height}", written.getvalue()


def cut(content: bytes, random: np.random.Generator) -> bytes:
    """The beginning alone."""
    return content[: int(random.integers(len(content)))]


def changed(content: bytes, random: np.random.Generator) -> bytes:
    """A few bytes are others."""
    found = bytearray(content)
    for at in random.integers(len(found), size=int(random.integers(1, 30))):
        found[at] = int(random.integers(256))
    return bytes(found)


def header_changed(content: bytes, random: np.random.Generator) -> bytes:
    """A few of the first bytes are others, where formats say what follows."""
    return changed(content[:64], random) + content[64:]


def sizes_changed(content: bytes, random: np.random.Generator) -> bytes:
    """A number in the header is an extreme one, in two or four bytes, of either order."""
    width = int(random.choice((2, 4)))
    value = int(random.choice(EXTREMES)) % 256**width
    at = int(random.integers(min(200, len(content))))
    order = "big" if random.random() < 0.5 else "little"
    return content[:at] + value.to_bytes(width, order) + content[at + width :]


def taken_out(content: bytes, random: np.random.Generator) -> bytes:
    """A piece is missing."""
    start, end = sorted(random.integers(len(content) + 1, size=2))
    return content[:start] + content[end:]


def repeated(content: bytes, random: np.random.Generator) -> bytes:
    """A piece comes several times."""
    start = int(random.integers(len(content)))
    piece = content[start : start + int(random.integers(1, 2000))]
    return content[:start] + piece * int(random.integers(2, 20)) + content[start:]


def inserted(content: bytes, random: np.random.Generator) -> bytes:
    """Some bytes of noise in between."""
    at = int(random.integers(len(content) + 1))
    return content[:at] + random.bytes(int(random.integers(1, 500))) + content[at:]


def blanked(content: bytes, random: np.random.Generator) -> bytes:
    """A piece is all zeros or all ones."""
    start, end = sorted(random.integers(len(content) + 1, size=2))
    fill = b"\0" if random.random() < 0.5 else b"\xff"
    return content[:start] + fill * (end - start) + content[end:]


WAYS: dict[str, Callable[[bytes, np.random.Generator], bytes]] = {
    way.__name__: way
    for way in (
        cut,
        changed,
        header_changed,
        sizes_changed,
        taken_out,
        repeated,
        inserted,
        blanked,
    )
}


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
