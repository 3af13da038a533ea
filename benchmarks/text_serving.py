"""`POST /predict` of sentiment-bot against FastAPI around transformers' pipeline, same model.

Usage: python benchmarks/text_serving.py [--project FOLDER | --model NAME] [--rounds N]

Without --project it generates a project and trains it on its sample: the small transformer, or the
pretrained one that --model names (a hub id or a folder). The interpreter needs the project's
dependencies and its extra `train`. One worker with one thread on one core, wrk (Debian: apt install
wrk) on another. Both servers run all the time, and are measured in turn in each round, so that what
else the machine does meets both alike; requests per second of a server's own processor time, which
are printed too, hardly depend on that. The pipeline serves models/ in 32 bits, as transformers
loads it; sentiment-bot serves models/model.onnx, with metrics, request ids, the access log and the
prediction log on. Before they are measured, the two have to agree on the labels.
"""

import json
import os
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bench_projects
import load_generators
import servers
from bench_projects import Bench
from load_generators import Load

PEERS = Path(__file__).with_name("peer_servers")
BODIES = 100
LONG_TOKENS = 115
AGREEMENT = 0.95  # of the labels; 8 bits, and texts that are not cleaned, may change a few

TEXTS = f"""
import json, pandas as pd
from pathlib import Path
from sentiment_bot.api.predictor import Predictor
predictor = Predictor.load(Path("models"))
texts = pd.read_parquet("data/processed/train.parquet")["text"].tolist()
count = lambda text: len(predictor.reader.read(text).ids)
short = [text for text in texts[:2000] if 10 <= count(text) <= 30][:{BODIES}]
words = " ".join(texts[:2000]).split()
long, at = [], 0
while len(long) < 20 and predictor.max_length > {LONG_TOKENS}:
    end = at + 1
    while count(" ".join(words[at:end])) < {LONG_TOKENS}:
        end += 1
    if count(" ".join(words[at:end])) == {LONG_TOKENS}:
        long.append(" ".join(words[at:end]))
    at += 1
precision = predictor.manifest.settings["precision"]
print(json.dumps(dict(short=short, long=long, model=predictor.manifest.name, precision=precision)))
"""


@dataclass(frozen=True)
class Server:
    """One that runs."""

    url: str
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

    texts: str
    connections: int
    bar: float
    below_the_median: bool = False
    """Whether the slowest hundredth has to be faster than the pipeline's median."""


CASES = [Case("short", 1, 5.0), Case("short", 32, 6.0, True), Case("long", 1, 2.8)]


def main() -> int:
    """Measure, print each case beside its bar, and return 1 if one is missed."""
    parser = bench_projects.parser(__doc__.splitlines()[0])
    parser.add_argument("--model", help="a pretrained model to fine-tune: a hub id or a folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    arguments = parser.parse_args()
    if arguments.data:
        parser.error("--data is for house-prices; train a project, and name it with --project")
    bench_projects.check_machine("wrk")
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = (arguments.project or _trained_project(folder, arguments.model)).resolve()
        run = bench_projects.python(
            project, "-c", TEXTS, capture_output=True, text=True, check=True
        )
        texts: dict[str, Any] = json.loads(run.stdout)
        bench = Bench(project, folder, [])
        bench_projects.print_conditions()
        print(f"model {texts['model']}, served in {texts['precision']}")
        with _ours(bench) as ours, _pipeline(bench) as peer:
            _check_agreement(ours.url, peer.url, texts["short"])
            for case in CASES:
                if not texts[case.texts]:
                    raise SystemExit(f"error: tokens.max_length is not over {LONG_TOKENS}")
                bodies = [json.dumps({"text": text}) for text in texts[case.texts]]
                both = (ours, peer)
                missed += _compare(bench, case, bodies, both, arguments.rounds, arguments.seconds)
    return int(missed > 0)


def _compare(
    bench: Bench,
    case: Case,
    bodies: list[str],
    both: tuple[Server, Server],
    rounds: int,
    seconds: int,
) -> int:
    """Measure both in turn, and print medians and the ratios. Returns 1 if the bar is missed."""

    def measure(server: Server, seconds: int) -> Measured:
        before = server.processor_seconds()
        load = load_generators.wrk(
            bench, server.url, bodies, connections=case.connections, seconds=seconds
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
        f"{case.texts} texts, {case.connections} connections: "
        f"{_median(ours, 'rate'):,.0f} against {_median(peer, 'rate'):,.0f} requests/s, "
        f"{ratio:.1f} times ({min(ratios):.1f} to {max(ratios):.1f} over {rounds} rounds; "
        f"bar {case.bar:g}); per second of processor time {statistics.median(own):.1f} times; "
        f"p50 {_median(ours, 'p50'):.1f} against {_median(peer, 'p50'):.1f} ms, "
        f"p99 {_median(ours, 'p99'):.1f} against {_median(peer, 'p99'):.1f} ms"
    )
    slow = case.below_the_median and _median(ours, "p99") >= _median(peer, "p50")
    if slow:
        print("  its p99 is not below the pipeline's p50")
    return int(ratio < case.bar or slow)


def _median(loads: Sequence[Load], name: str) -> float:
    return statistics.median(getattr(load, name) for load in loads)


def _trained_project(folder: Path, model: str | None) -> Path:
    """A new project, trained with default settings but for the model and the length it reads."""
    from cookiecutter.main import cookiecutter

    template = str(bench_projects.LIBRARY / "templates" / "sentiment-bot")
    project = Path(cookiecutter(template, no_input=True, output_dir=str(folder)))
    settings = ["tracking.enabled=false", "tokens.max_length=128"]
    if model:
        # A folder is named from where the benchmark runs, not from the project.
        settings.append(f"model.name={Path(model).resolve() if Path(model).is_dir() else model}")
    chosen = [part for each in settings for part in ("--set", each)]
    bench_projects.python(project, "-m", "sentiment_bot", "train", *chosen, check=True)
    return project


@contextmanager
def _ours(bench: Bench) -> Iterator[Server]:
    """The project's `serve`."""
    port = servers.free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "sentiment_bot", "serve", "--port", str(port)]
    with servers.serving(bench, command, f"{address}/health/ready") as process:
        yield Server(f"{address}/predict", process.pid)


@contextmanager
def _pipeline(bench: Bench) -> Iterator[Server]:
    """The pipeline's server."""
    port = servers.free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "uvicorn", "text_pipeline:app", "--app-dir", str(PEERS)),
        *("--port", str(port), "--no-access-log"),
    ]
    variables = {"PEER_MODELS": str(bench.project / "models"), "HF_HUB_OFFLINE": "1"}
    # Each server has a log of its own.
    folder = bench.folder / "pipeline"
    folder.mkdir()
    with servers.serving(
        Bench(bench.project, folder, []), command, f"{address}/ready", variables
    ) as process:
        yield Server(f"{address}/predict", process.pid)


def _check_agreement(ours: str, peer: str, texts: list[str]) -> None:
    """End the program unless both give the same label to nearly all of the texts."""
    same = 0
    for text in texts:
        chances = _post(peer, text)
        same += _post(ours, text)["label"] == max(chances, key=lambda name: chances[name])
    print(f"the same label for {same} of {len(texts)} texts")
    if same < AGREEMENT * len(texts):
        raise SystemExit("error: the two do not serve the same model")


def _post(url: str, text: str) -> Any:
    """The answer to one text."""
    body = json.dumps({"text": text}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
