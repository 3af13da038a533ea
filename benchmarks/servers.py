"""What the benchmarks of serving share: a trained project, bodies from its data, servers, and wrk.

A server has one core and its load another, so that neither takes time from the other.
"""

import argparse
import json
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
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

LIBRARY = Path(__file__).resolve().parents[1]
SERVER_CORE, CLIENT_CORE = 0, 1
BODIES = 100  # different ones, sent in turn
CHAT_EVERY = 4  # in a mixed load one request of so many is a turn of a conversation
START_SECONDS = 90

Array = npt.NDArray[np.float64]

WRK = """
local requests = {}
init = function(args)
  for line in io.lines(args[1]) do
    local path, body = line:match("^(%S+) (.*)$")
    requests[#requests + 1] = wrk.format(
      "POST", path, {["Content-Type"] = "application/json", ["Host"] = "localhost"}, body)
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
rows = rows[names].where(rows[names].notna(), None).to_dict('records')
print(json.dumps(dict(rows=rows, talks=[])))
"""

TEXTS = f"""
import json, pandas as pd, yaml
from pathlib import Path
texts = pd.read_parquet('data/processed/train.parquet')['text'].head({BODIES})
files = sorted(Path('tests/conversations').glob('*.yaml'))
# As text: YAML takes No and 4711 for something else.
talks = [[turn['say'] for turn in yaml.load(file.read_text(), yaml.BaseLoader)] for file in files]
print(json.dumps(dict(rows=[dict(text=text) for text in texts], talks=talks)))
"""


@dataclass(frozen=True)
class Template:
    """What has to be known of a template to put load on its projects."""

    own_file: str
    """In a project's package; those of no other template have it."""
    settings: tuple[str, ...]
    """For training on a file of rows."""
    bodies: str
    """A program that prints `rows`, the bodies for /predict, and `talks`, see Bench."""


TEMPLATES = {
    "house-prices": Template("ames.py", ("data.source=csv", "data.test_size=0"), ROWS),
    "sentiment-bot": Template("chat/machine.py", ("data.source=file",), TEXTS),
}


@dataclass(frozen=True)
class Post:
    """What is sent to a path: a JSON body; or a conversation, of which it is the first message."""

    path: str
    body: str
    messages: tuple[str, ...] = ()
    """All messages of the conversation, which open_loop.py sends one after the other."""


@dataclass(frozen=True)
class Bench:
    """A project with a trained model, and a folder for what a benchmark writes."""

    project: Path
    folder: Path
    rows: list[str]
    """Bodies for /predict and /explain, from the training data: JSON with all that they may have,
    missing values as null."""
    talks: list[list[str]] = field(default_factory=list)
    """Messages of conversations with the bot, where the project has one."""

    def posts(self, path: str) -> list[Post]:
        """What is sent to one path."""
        if path == "/chat":
            first = [json.dumps({"message": talk[0]}) for talk in self.talks]
            pairs = zip(first, self.talks, strict=True)
            return [Post(path, body, tuple(talk)) for body, talk in pairs]
        return [Post(path, row) for row in self.rows]

    def mixed(self) -> list[Post]:
        """Rows for /predict and, where there is a bot, turns of conversations in between."""
        found, chats = [], self.posts("/chat")
        for number, post in enumerate(self.posts("/predict")):
            if chats and number % (CHAT_EVERY - 1) == 0:
                found.append(chats[number // (CHAT_EVERY - 1) % len(chats)])
            found.append(post)
        return found


@dataclass(frozen=True)
class Load:
    """What wrk found. Latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    refused: int
    """Answers that are no success; 0 unless they were allowed."""
    slowest: float


def parser(description: str, *templates: str) -> argparse.ArgumentParser:
    """The options that all of these benchmarks have.

    templates: those that the benchmark is for; house-prices alone if none is named.
    """
    found = argparse.ArgumentParser(description=description)
    found.add_argument("--project", type=Path, help="a generated project with a trained model")
    found.add_argument("--data", type=Path, help="a file to train on, instead of the sample")
    templates = templates or ("house-prices",)
    found.set_defaults(templates=templates, template=templates[0])
    if len(templates) > 1:
        found.add_argument("--template", choices=templates, help="of the project that is generated")
    return found


@contextmanager
def bench(arguments: argparse.Namespace, *tools: str) -> Iterator[Bench]:
    """The project that the options name, or a new one. Ends the program if a tool is missing."""
    check_machine(*tools)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.project:
            project = arguments.project.resolve()
        else:
            project = _trained_project(folder, arguments.template, arguments.data)
        template = template_of(project)
        if template not in arguments.templates:
            wanted = " or ".join(arguments.templates)
            raise SystemExit(f"error: {project} is of {template}; name a project of {wanted}")
        code = TEMPLATES[template].bodies
        printed = python(project, "-c", code, stdout=subprocess.PIPE, text=True, check=True).stdout
        found = json.loads(printed)
        print_conditions()
        yield Bench(project, folder, [json.dumps(row) for row in found["rows"]], found["talks"])


def template_of(project: Path) -> str:
    """The template that a project is of. Ends the program if it is of none."""
    for name, template in TEMPLATES.items():
        if (_source(project) / template.own_file).exists():
            return name
    raise SystemExit(f"error: {project} is of none of {', '.join(TEMPLATES)}")


def _source(project: Path) -> Path:
    """The folder of the project's package. Ends the program if there is none."""
    found = [path.parent for path in project.glob("src/*/__main__.py")]
    if len(found) != 1:
        raise SystemExit(f"error: {project} is no generated project: src/ holds no single package")
    return found[0]


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


def _trained_project(folder: Path, template: str, data: Path | None) -> Path:
    """A new project with a model trained with default settings."""
    from cookiecutter.main import cookiecutter

    source = str(LIBRARY / "templates" / template)
    project = Path(cookiecutter(source, no_input=True, output_dir=str(folder)))
    settings = ["tracking.enabled=false"]
    if data:
        settings += [*TEMPLATES[template].settings, f"data.path={data.resolve()}"]
    chosen = [part for each in settings for part in ("--set", each)]
    python(project, "-m", _source(project).name, "train", *chosen, check=True)
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
    output = server_log(found)
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
    package = _source(found.project).name
    command = [sys.executable, "-m", package, "serve", "--port", str(port)]
    command += ["--workers", str(workers)]
    with serving(found, command, f"{address}/health/ready", variables, cores) as process:
        yield address, process


def server_log(found: Bench) -> Path:
    """What the server that was started last has printed."""
    return found.folder / "server.log"


def complaints(found: Bench) -> list[str]:
    """The lines of the server's log that are no information: warnings, errors, tracebacks."""
    with server_log(found).open(encoding="utf-8", errors="replace") as lines:
        return [line.rstrip() for line in lines if '"level":"info"' not in line]


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
    lines = [f"{post.path} {post.body}\n" for post in posts]
    (found.folder / "posts.txt").write_text("".join(lines))
    (found.folder / "post.lua").write_text(WRK)
    command = [
        *("taskset", "-c", str(CLIENT_CORE), "wrk", "--threads", "1", "--latency"),
        *("--connections", str(connections), "--duration", f"{seconds:g}s", "--timeout", "10s"),
        *("--script", str(found.folder / "post.lua"), address),
        *("--", str(found.folder / "posts.txt")),
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
