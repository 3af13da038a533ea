"""The image of a generated project, built and used as its README says.

Skipped where no Docker engine answers. CONTAINER_BUILD replaces the build command where an engine
needs another, for example CONTAINER_BUILD="docker buildx build --load".
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.container

# The host's network, since some engines give a build step none of its own.
BUILD = shlex.split(os.environ.get("CONTAINER_BUILD", "docker build --network host"))
NOT_FOR_SERVING = ("sklearn", "pandas", "mlflow", "shap", "xgboost", "lightgbm", "optuna")


def docker(*arguments: str, check: bool = True) -> str:
    """Run a docker command and return what it printed."""
    process = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert not check or process.returncode == 0, process.stderr
    return process.stdout.strip()


@pytest.fixture(scope="module", autouse=True)
def _engine():
    if shutil.which("docker") is None:
        pytest.skip("no docker command on this machine")
    answer = subprocess.run(
        ["docker", "version"], capture_output=True, text=True, check=False, timeout=30
    )
    if answer.returncode != 0:
        pytest.skip(f"no Docker engine answers: {answer.stderr.strip().splitlines()[-1]}")


def build(project: Path, tag: str) -> subprocess.CompletedProcess[str]:
    """Build the project's image."""
    command = [*BUILD, "--tag", tag, str(project)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)


@pytest.fixture(scope="module")
def image(trained_project):
    tag = "house-prices-test"
    process = build(trained_project, tag)
    assert process.returncode == 0, process.stderr[-4000:]
    yield tag
    docker("image", "rm", "--force", tag)


@pytest.fixture(scope="module")
def container(image):
    """The id of a container without a writable file system or any privilege."""
    name = docker(
        *("run", "--detach", "--read-only", "--cap-drop", "ALL"),
        *("--security-opt", "no-new-privileges", "--publish", "127.0.0.1::8000", image),
    )
    try:
        state = health(name)
        assert state == "healthy", docker("logs", name)
        yield name
    finally:
        docker("rm", "--force", name)


def health(name: str, within_s: float = 60.0) -> str:
    """The container's health once it is known; its state if it is not in time."""
    deadline = time.monotonic() + within_s
    state = ""
    while time.monotonic() < deadline:
        state = docker("inspect", "--format", "{{.State.Status}} {{.State.Health.Status}}", name)
        if state in ("running healthy", "running unhealthy") or not state.startswith("running"):
            return state.rpartition(" ")[2] if state.startswith("running") else state
        time.sleep(0.2)
    return state


def ask(name: str, path: str, body: object = None) -> object:
    """GET, or POST a JSON body, and decode the JSON answer."""
    address = docker("port", name, "8000/tcp").splitlines()[0]
    request = urllib.request.Request(
        f"http://{address}{path}",
        None if body is None else json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def test_the_container_answers_as_the_model_outside_does(container, trained_project):
    house = {"OverallQual": 7, "GrLivArea": 1710, "Neighborhood": "CollgCr"}
    answer = ask(container, "/predict", house)
    script = (
        "import json, sys; from pathlib import Path; from house_prices.api.predictor import "
        "Predictor; p = Predictor.load(Path('models')); house = json.load(sys.stdin); "
        "print(p.predict([p.encode([house.get(n) for n in p.schema.names])])[0].prediction)"
    )
    outside = subprocess.run(
        [sys.executable, "-c", script],
        cwd=trained_project,
        env={**os.environ, "PYTHONPATH": "src"},
        input=json.dumps(house),
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer["prediction"] == pytest.approx(float(outside.stdout), rel=1e-6)
    assert answer["lower"] < answer["prediction"] < answer["upper"]


def test_every_route_works_without_a_writable_file_system(container):
    assert ask(container, "/health/ready")["status"] == "ready"
    assert ask(container, "/model")["name"] == "ridge"
    assert len(ask(container, "/predict/batch", {"rows": [{}, {}]})["predictions"]) == 2
    assert ask(container, "/explain", {"OverallQual": 9})["contributions"]


def test_the_server_is_not_root(container):
    assert docker("exec", container, "id", "-u") == "10001"


def test_the_image_holds_nothing_that_only_training_needs(container):
    found = docker(
        *("exec", container, "python", "-c"),
        f"import importlib.util as u; print([n for n in {NOT_FOR_SERVING!r} if u.find_spec(n)])",
    )
    assert found == "[]"
    assert "joblib" not in docker("exec", container, "ls", "models")


def test_the_container_stops_when_it_is_told_to(image):
    name = docker("run", "--detach", image)
    try:
        assert health(name) == "healthy"
        started = time.monotonic()
        docker("stop", "--time", "30", name)
        assert time.monotonic() - started < 15
        assert docker("inspect", "--format", "{{.State.ExitCode}}", name) in ("0", "143")
    finally:
        docker("rm", "--force", name)


def test_a_project_without_a_model_does_not_build_and_says_why(rendered, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(rendered("house-prices"), project)
    process = build(project, "house-prices-untrained")
    assert process.returncode != 0
    assert "Train a model first" in process.stdout + process.stderr
