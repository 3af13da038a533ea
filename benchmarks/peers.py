"""`POST /predict` of house-prices against other ways to serve the same model.

Usage: python benchmarks/peers.py --peers PYTHON [--data TRAIN.csv | --project FOLDER] [--rounds N]

PYTHON is an interpreter with the project's dependencies and the peers, for example from

    uv venv peers
    uv pip install --python peers/bin/python -r PROJECT/pyproject.toml --extra train \\
        bentoml litserve

One worker on one core, wrk with 32 connections on another, bodies with all of the table's fields.
Every server is started and measured once in each round, one after the other. With scikit-learn a
peer answers with the pipeline in models/model.joblib; with ONNX it answers with the project's own
encoder and graph, so that only the serving differs. Before it is measured, a peer has to give the
same price as house-prices for each row. house-prices runs with metrics, request ids, the access
log and the prediction log on; the peers run as they do by default.
"""

import json
import math
import shutil
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bench_projects
import load_generators
import servers
from bench_projects import Bench

PEERS = Path(__file__).with_name("peer_servers")
CONNECTIONS = 32
CHECKED = 20  # rows of which the prices are compared

SAVE = """
import sys, joblib, mlflow.sklearn, pandas as pd, json
from mlflow.models import infer_signature
names = [column['name'] for column in json.load(open('models/schema.json'))['table']['columns']]
rows = pd.read_parquet('data/processed/train.parquet')[names]
model = joblib.load('models/model.joblib')
mlflow.sklearn.save_model(
    model, sys.argv[1], signature=infer_signature(rows, model.predict(rows.head(1))),
    pip_requirements=['scikit-learn'], code_paths=['src/house_prices'],
    serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE)
"""


@dataclass(frozen=True)
class Peer:
    """Another server."""

    name: str
    bar: float
    """How many times faster house-prices has to be."""
    command: Callable[[int], list[str]]
    ready: str
    path: str
    wrap: Callable[[Any], Any]
    """Row -> body."""
    price: Callable[[Any], float]
    """Answer -> price."""
    variables: dict[str, str]


def main() -> int:
    """Measure, print a table, and fail if a bar is missed."""
    parser = bench_projects.parser(__doc__.splitlines()[0])
    parser.add_argument("--peers", required=True, help="an interpreter with the peers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    arguments = parser.parse_args()
    interpreter = shutil.which(arguments.peers)
    if interpreter is None:
        parser.error(f"--peers {arguments.peers}: no such interpreter")
    with bench_projects.bench(arguments, "wrk") as bench:
        logged = bench.folder / "mlflow-model"
        bench_projects.python(
            bench.project, "-c", SAVE, str(logged), check=True, capture_output=True
        )
        found = peers(Path(interpreter), bench.project, logged)
        rates: dict[str, list[float]] = {name: [] for name in ("house-prices", *found)}
        for number in range(arguments.rounds):
            prices = measure_ours(bench, rates["house-prices"], arguments.seconds)
            for peer in found.values():
                measure_peer(bench, peer, prices, rates[peer.name], arguments.seconds)
            print(f"round {number + 1} of {arguments.rounds} done", file=sys.stderr)
    print(versions(interpreter))
    return report(found, rates)


def peers(interpreter: Path, project: Path, logged: Path) -> dict[str, Peer]:
    """The peers by name."""
    same = {"wrap": lambda row: row, "price": lambda answer: answer["prediction"]}

    def variables(model: str) -> dict[str, str]:
        # `mlflow` and `bentoml` start further programs of their own environment.
        path = f"{interpreter.parent}:/usr/local/bin:/usr/bin:/bin"
        return {
            "PEER_MODEL": model,
            # In full: BentoML changes the current folder.
            "PEER_MODELS": str(project / "models"),
            "PYTHONPATH": f"{project / 'src'}:{PEERS}",
            "PATH": path,
        }

    python = str(interpreter)
    plain = Peer(
        name="FastAPI, scikit-learn",
        bar=25.0,
        command=lambda port: [
            *(python, "-m", "uvicorn", "plain_fastapi:app", "--app-dir", str(PEERS)),
            *("--port", str(port), "--no-access-log"),
        ],
        ready="/ready",
        path="/predict",
        variables=variables("sklearn"),
        **same,
    )
    mlflow = Peer(
        name="mlflow models serve, scikit-learn",
        bar=25.0,
        command=lambda port: [
            *(python, "-m", "mlflow", "models", "serve", "--model-uri", str(logged)),
            *("--env-manager", "local", "--port", str(port), "--workers", "1"),
        ],
        ready="/ping",
        path="/invocations",
        wrap=lambda row: {"dataframe_records": [row]},
        price=lambda answer: math.exp(answer["predictions"][0]),
        variables={**variables("sklearn"), "MLFLOW_DISABLE_TELEMETRY": "true"},
    )
    found = [plain, mlflow]
    for model, bar, text in (("sklearn", 25.0, "scikit-learn"), ("onnx", 3.0, "ONNX")):
        found.append(
            Peer(
                name=f"BentoML, {text}",
                bar=bar,
                command=lambda port: [
                    *(python, "-m", "bentoml", "serve", "with_bentoml:Prices"),
                    *("--working-dir", str(PEERS), "--host", "127.0.0.1", "--port", str(port)),
                ],
                ready="/readyz",
                path="/predict",
                wrap=lambda row: {"row": row},
                price=lambda answer: answer["prediction"],
                variables={**variables(model), "BENTOML_DO_NOT_TRACK": "true"},
            )
        )
        found.append(
            Peer(
                name=f"LitServe, {text}",
                bar=bar,
                command=lambda port: [python, str(PEERS / "with_litserve.py"), str(port)],
                ready="/health",
                path="/predict",
                variables=variables(model),
                **same,
            )
        )
    return {peer.name: peer for peer in found}


def measure_ours(bench: Bench, rates: list[float], seconds: int) -> list[float]:
    """Add the project's own rate; returns its prices of the first rows."""
    with servers.project_server(bench) as (address, _):
        url = f"{address}/predict"
        prices = [post(url, row)["prediction"] for row in bench.rows[:CHECKED]]
        rates.append(rate(bench, url, bench.rows, seconds))
    return prices


def measure_peer(
    bench: Bench, peer: Peer, prices: list[float], rates: list[float], seconds: int
) -> None:
    """Add a peer's rate, once it has been found to give the same prices."""
    with running(bench, peer) as url:
        bodies = [json.dumps(peer.wrap(json.loads(row))) for row in bench.rows]
        for body, expected in zip(bodies, prices, strict=False):
            found = peer.price(post(url, body))
            if not math.isclose(found, expected, rel_tol=1e-4):
                raise SystemExit(f"error: {peer.name} answers {found}, house-prices {expected}")
        rates.append(rate(bench, url, bodies, seconds))


@contextmanager
def running(bench: Bench, peer: Peer) -> Iterator[str]:
    """A peer that runs; gives the address that predicts."""
    port = servers.free_port()
    address = f"http://127.0.0.1:{port}"
    with servers.serving(bench, peer.command(port), address + peer.ready, peer.variables):
        yield address + peer.path


def rate(bench: Bench, url: str, bodies: list[str], seconds: int) -> float:
    """Requests per second after a warm-up."""
    load_generators.wrk(bench, url, bodies, connections=CONNECTIONS, seconds=1)
    return load_generators.wrk(bench, url, bodies, connections=CONNECTIONS, seconds=seconds).rate


def post(url: str, body: str) -> Any:
    """The answer to one body."""
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def versions(interpreter: str) -> str:
    """What the peers' environment has installed, in one line."""
    script = (
        "from importlib.metadata import version\n"
        "names = 'fastapi mlflow bentoml litserve scikit-learn onnxruntime'.split()\n"
        "print(', '.join(f'{name} {version(name)}' for name in names))"
    )
    command = [interpreter, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def report(found: dict[str, Peer], rates: dict[str, list[float]]) -> int:
    """Print the medians and the ratios. Returns 1 if a bar is missed."""
    ours = rates["house-prices"]
    print(f"{'':36}requests/s   house-prices is so many times faster (range)   bar")
    print(f"{'house-prices':36}{statistics.median(ours):10,.0f}")
    missed = 0
    for name, peer in found.items():
        ratios = [a / b for a, b in zip(ours, rates[name], strict=True)]
        ratio = statistics.median(ratios)
        missed += ratio < peer.bar
        spread = f"{ratio:.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
        print(f"{name:36}{statistics.median(rates[name]):10,.0f}   {spread:45}{peer.bar:.0f}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
