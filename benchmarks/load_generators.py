"""The load of the benchmarks, on a core of its own: wrk, or the open loop of open_loop.py."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
from bench_projects import Bench, Post

CLIENT_CORE = 1

Array = npt.NDArray[np.float64]

WRK = """
local requests = {}
init = function(args)
  local bodies = io.open(args[2], "rb")
  for line in io.lines(args[1]) do
    local path, kind, length = line:match("^(%S+) (%S+) (%d+)$")
    local headers = {["Content-Type"] = kind, ["Host"] = "localhost"}
    requests[#requests + 1] = wrk.format("POST", path, headers, bodies:read(tonumber(length)))
  end
end
local next = 0
request = function()
  next = next % #requests + 1
  return requests[next]
end
"""


@dataclass(frozen=True)
class Load:
    """What wrk found. Latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    refused: int
    """Answers that are no success; 0 unless they were allowed."""
    slowest: float


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
    posts = [Post(urlsplit(url).path, body) for body in bodies]
    return wrk_posts(
        found, url, posts, connections=connections, seconds=seconds, all_succeed=all_succeed
    )


def wrk_posts(
    found: Bench,
    address: str,
    posts: Sequence[Post],
    *,
    connections: int,
    seconds: float,
    all_succeed: bool = True,
) -> Load:
    """The same, each to its own path. Of a conversation only the first message is sent."""
    bodies = [post.content() for post in posts]
    lines = [
        f"{each.path} {each.kind} {len(body)}\n" for each, body in zip(posts, bodies, strict=True)
    ]
    (found.folder / "posts.txt").write_text("".join(lines))
    (found.folder / "bodies.bin").write_bytes(b"".join(bodies))
    (found.folder / "post.lua").write_text(WRK)
    command = [
        *("taskset", "-c", str(CLIENT_CORE), "wrk", "--threads", "1", "--latency"),
        *("--connections", str(connections), "--duration", f"{seconds:g}s", "--timeout", "10s"),
        *("--script", str(found.folder / "post.lua"), address),
        *("--", str(found.folder / "posts.txt"), str(found.folder / "bodies.bin")),
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if "Socket errors" in output or (refused and all_succeed):
        raise SystemExit(f"error: {address} did not answer every request:\n{output}")
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
    address: str,
    posts: Sequence[Post],
    phases: Sequence[tuple[float, float]],
    connections: int,
    *,
    wait: bool,
) -> Callable[[], Requests]:
    """Begin an open loop of (requests per second, seconds); returns what waits for its end.

    wait: whether a request waits if all connections are busy, or is not sent.
    """
    lines, output = found.folder / "open-loop.jsonl", found.folder / "open-loop.npz"
    lines.write_text("".join(json.dumps(_line(post)) + "\n" for post in posts))
    steps = ",".join(f"{rate}:{seconds}" for rate, seconds in phases)
    script = str(Path(__file__).with_name("open_loop.py"))
    full = "wait" if wait else "skip"
    arguments = [address, str(lines), steps, str(connections), full, str(output)]
    process = subprocess.Popen(
        ["taskset", "-c", str(CLIENT_CORE), sys.executable, script, *arguments]
    )

    def finish() -> Requests:
        if process.wait() != 0:
            raise SystemExit("error: the load generator failed")
        with np.load(output) as stored:
            return Requests(**{name: stored[name] for name in stored.files})

    return finish


def _line(post: Post) -> dict[str, object]:
    """A post as open_loop.py reads it."""
    if post.messages:
        return {"path": post.path, "messages": post.messages}
    return {"path": post.path, "body": json.loads(post.body)}


def _milliseconds(text: str) -> float:
    """wrk writes 812.00us, 3.21ms, 1.05s and 1.10m."""
    number = text.rstrip("usm")
    unit = text.removeprefix(number)
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1_000.0, "m": 60_000.0}[unit]
