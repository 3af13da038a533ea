"""Processes that tests talk to: each on a free loopback port, stopped by its own id."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import yaml

STARTED_WITHIN_S = 60
SCRAPED_EVERY = "1s"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url: str, body: object = None, headers: Mapping[str, str] | None = None) -> str:
    """GET, or POST a JSON body; the answer's text. Raises OSError on any failure."""
    data = None if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **(headers or {})}
    with urllib.request.urlopen(urllib.request.Request(url, data, sent), timeout=30) as response:
        return response.read().decode()


def headers(url: str) -> Message:
    """The headers of the answer to GET."""
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.headers


def eventually(condition: Any, what: str, within_s: float = STARTED_WITHIN_S) -> Any:
    """The first true value of condition(); an OSError of it counts as not yet."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            if found := condition():
                return found
        except OSError:
            pass
        assert time.monotonic() < deadline, f"{what} did not come within {within_s:g} s"
        time.sleep(0.1)


@contextmanager
def process(command: list[str], folder: Path, log: Path, **variables: str) -> Iterator[None]:
    """Run a command until the block ends. What it prints goes to `log`."""
    with log.open("wb") as output:
        started = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **variables}, stdout=output, stderr=output
        )
    try:
        yield
    finally:
        started.terminate()
        started.wait(timeout=20)


def package_of(project: Path) -> str:
    """The name of a generated project's package."""
    (path,) = project.glob("src/*/cli.py")
    return path.parent.name


def set_params(project: Path, settings: dict[str, dict[str, Any]]) -> None:
    """Change settings in a project's params.yaml."""
    path = project / "params.yaml"
    written = yaml.safe_load(path.read_text())
    for section, values in settings.items():
        written[section] = {**written.get(section, {}), **values}
    path.write_text(yaml.safe_dump(written, sort_keys=False))


def train(project: Path, settings: dict[str, dict[str, Any]]) -> None:
    """`train` in a generated project, with these settings over its own."""
    overrides = [
        f"--set={section}.{key}={json.dumps(value)}"
        for section, values in settings.items()
        for key, value in values.items()
    ]
    found = subprocess.run(
        [sys.executable, "-m", package_of(project), "train", *overrides],
        cwd=project,
        env={**os.environ, "PYTHONPATH": "src", "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-4000:]


@contextmanager
def service(project: Path, log: Path, **variables: str) -> Iterator[str]:
    """The address of the API of a trained project, ready."""
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", package_of(project), "serve", "--port", address.split(":")[1]]
    with process(command, project, log, PYTHONPATH="src", **variables):
        eventually(lambda: ask(f"http://{address}/health/ready"), "a ready service")
        yield address


@contextmanager
def prometheus(project: Path, scraped: str, folder: Path) -> Iterator[str]:
    """The address of a Prometheus with the project's configuration, pointed at `scraped`.

    Only the target and the pace differ from what the project brings.
    """
    if shutil.which("prometheus") is None:
        pytest.skip("no prometheus on this machine: apt-get install prometheus")
    shutil.copytree(project / "deploy/prometheus", folder / "configuration")
    path = folder / "configuration/prometheus.yml"
    settings = yaml.safe_load(path.read_text())
    settings["global"] = {"scrape_interval": SCRAPED_EVERY, "evaluation_interval": SCRAPED_EVERY}
    (job,) = settings["scrape_configs"]
    job["static_configs"] = [{"targets": [scraped]}]
    path.write_text(yaml.safe_dump(settings))
    address = f"127.0.0.1:{free_port()}"
    command = [
        "prometheus",
        f"--config.file={path}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    with process(command, folder, folder / "log"):
        eventually(lambda: ask(f"http://{address}/-/ready"), "a ready Prometheus")
        yield address


def query(address: str, expression: str) -> list[dict[str, Any]]:
    """The samples of a PromQL expression now. Raises OSError for one that is no PromQL."""
    parameters = urllib.parse.urlencode({"query": expression})
    answer = json.loads(ask(f"http://{address}/api/v1/query?{parameters}"))
    result = answer["data"]["result"]
    return result if answer["data"]["resultType"] == "vector" else [{"value": result}]
