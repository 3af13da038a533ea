"""`POST /predict` of house-prices against constant answers from the same app to the same body.

Usage: python benchmarks/serving.py [--data TRAIN.csv | --project FOLDER] [--rounds N]

Without --project it generates a project and trains it with default settings: on its sample, or on
the rows of --data. One worker on one core; wrk (Debian: apt install wrk) on another. Every body has
all of the table's fields. The three endpoints are measured in turn in each round:

    predict    POST /predict, as it is served
    pydantic   validates the body with a pydantic model in a FastAPI route, answers a constant
    msgspec    validates the body with the decoder of /predict, answers a constant
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1]
ENDPOINTS = {
    "predict": "/predict",
    "pydantic": "/constant/pydantic",
    "msgspec": "/constant/msgspec",
}
BODIES = 100  # different rows, sent in turn
PORT = 8741
SERVER_CORE, CLIENT_CORE = 0, 1

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


def main() -> int:
    """Measure, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, help="a generated project with a trained model")
    parser.add_argument("--data", type=Path, help="a CSV file to train on")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    arguments = parser.parse_args()
    if shutil.which("wrk") is None or (os.cpu_count() or 1) < 2:
        print("error: this needs wrk (Debian: apt install wrk) and two cores", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = arguments.project or trained_project(folder, arguments.data)
        prepare(project.resolve(), folder)
        server = start(project.resolve(), folder)
        try:
            for connections in (1, 32):
                compare(folder, connections, arguments.rounds, arguments.seconds)
        finally:
            server.terminate()
            server.wait(timeout=20)
    return 0


def trained_project(folder: Path, data: Path | None) -> Path:
    """A new project with a model trained with default settings."""
    from cookiecutter.main import cookiecutter

    template = str(LIBRARY / "templates" / "house-prices")
    project = Path(cookiecutter(template, no_input=True, output_dir=str(folder)))
    settings = ["tracking.enabled=false"]
    if data:
        settings += ["data.source=csv", f"data.path={data.resolve()}", "data.test_size=0"]
    chosen = [part for each in settings for part in ("--set", each)]
    run(project, "-m", "house_prices", "train", *chosen, check=True)
    return project


def run(project: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run Python in the project."""
    environment = {**os.environ, "PYTHONPATH": "src"}
    return subprocess.run([sys.executable, *arguments], cwd=project, env=environment, **options)


def prepare(project: Path, folder: Path) -> None:
    """Write what wrk sends, and its script: training rows as JSON, missing values as null."""
    script = (
        "import json, pandas as pd\n"
        f"rows = pd.read_parquet('data/processed/train.parquet').head({BODIES}).astype(object)\n"
        "schema = json.load(open('models/schema.json'))['table']\n"
        "names = [column['name'] for column in schema['columns']]\n"
        "rows = rows[names].where(rows[names].notna(), None)\n"
        "for row in rows.to_dict('records'): print(json.dumps(row))"
    )
    rows = run(project, "-c", script, capture_output=True, text=True, check=True).stdout
    (folder / "bodies.jsonl").write_text(rows)
    (folder / "post.lua").write_text(WRK)


def start(project: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Start the app with the constant endpoints, pinned to one core; return once it is ready."""
    command = [*("taskset", "-c", str(SERVER_CORE)), sys.executable, __file__]
    environment = {**os.environ, "PYTHONPATH": "src", "SERVING_BENCHMARK": "server"}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=project, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health/ready", timeout=2).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
            continue
        return server
    raise SystemExit(f"error: the server did not start:\n{(folder / 'server.log').read_text()}")


def compare(folder: Path, connections: int, rounds: int, seconds: int) -> None:
    """Measure the endpoints in turn, and print each one's median and the ratios' medians."""
    rates: dict[str, list[float]] = {name: [] for name in ENDPOINTS}
    for name in ENDPOINTS:
        measure(folder, ENDPOINTS[name], connections, 1)  # a warm-up
    for _ in range(rounds):
        for name, path in ENDPOINTS.items():
            rates[name].append(measure(folder, path, connections, seconds))
    shown = ", ".join(f"{name} {statistics.median(rates[name]):,.0f}" for name in ENDPOINTS)
    print(f"{connections:2} connections, requests/s: {shown}")
    for name in ("pydantic", "msgspec"):
        ratios = [a / b for a, b in zip(rates["predict"], rates[name], strict=True)]
        print(
            f"{connections:2} connections, predict / {name} constant: "
            f"{statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f} over {rounds} rounds)"
        )


def measure(folder: Path, path: str, connections: int, seconds: int) -> float:
    """Requests per second; every answer has to be a success."""
    command = [
        *("taskset", "-c", str(CLIENT_CORE), "wrk", "--threads", "1"),
        *("--connections", str(connections), "--duration", f"{seconds}s"),
        *("--script", str(folder / "post.lua"), f"http://127.0.0.1:{PORT}{path}"),
        *("--", str(folder / "bodies.jsonl")),
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"error: {path} did not answer every request:\n{output}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert found is not None, output
    return float(found[1])


def serve() -> None:
    """The project's own application with the two constant endpoints beside its routes."""
    import uvicorn
    from house_prices.api import logs
    from house_prices.api.app import create_app, load_predictor
    from house_prices.api.requests import Decoder
    from house_prices.api.settings import load_settings
    from pydantic import ConfigDict, Field, create_model

    settings = load_settings()
    logs.configure(settings.log_level)
    predictor = load_predictor(settings)
    shell = create_app(settings, predictor)
    constant = {"prediction": 1.0, "lower": 0.5, "upper": 2.0, "coverage": 0.9}
    kinds = {"number": float | None, "category": str | int | float | bool | None}
    fields = {
        f"column_{position}": (kinds[column.kind], Field(None, alias=column.name))
        for position, column in enumerate(predictor.schema.columns)
    }
    row = create_model("Row", __config__=ConfigDict(extra="forbid"), **fields)
    decoder = Decoder(predictor.schema, settings.max_batch_rows)
    encoded = json.dumps(constant).encode()

    @shell.app.post(ENDPOINTS["pydantic"])
    async def by_pydantic(body: row) -> dict[str, float]:
        return constant

    async def by_msgspec(body: bytes) -> bytes:
        decoder.row(body)
        return encoded

    shell.direct[ENDPOINTS["msgspec"]] = by_msgspec
    uvicorn.run(
        shell, host="127.0.0.1", port=PORT, access_log=False, log_config=None, server_header=False
    )


if __name__ == "__main__":
    sys.exit(serve() if os.environ.get("SERVING_BENCHMARK") == "server" else main())
