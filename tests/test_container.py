"""The image of each generated project, built and used as its documents say.

Skipped where no Docker engine answers.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import containers
import processes
import pytest
import yaml
from conftest import TEMPLATES, require
from containers import docker
from small_projects import SMALL

pytestmark = pytest.mark.container

NOT_FOR_SERVING = ("sklearn", "pandas", "mlflow", "optuna", "matplotlib", "huggingface_hub", "pip")
LARGEST_MB = {"cv-api": 240}  # over the base
LARGEST_OTHER_MB = 260


@pytest.fixture(scope="module", autouse=True)
def _engine():
    containers.require_engine()


def built(project, tag, *options) -> Iterator[str]:
    process = containers.build(project, tag, *options)
    assert process.returncode == 0, process.stderr[-4000:]
    yield tag
    docker("image", "rm", "--force", tag)


@pytest.fixture(scope="module", params=TEMPLATES)
def template(request):
    """The tests go through the templates one by one: each has its images while it is their turn."""
    require(request.param, "README.md", "src/{{cookiecutter.package_name}}/train.py")
    return request.param


@pytest.fixture(scope="module")
def small(template):
    """What the service of the template is asked."""
    return SMALL[template]


@pytest.fixture(scope="module")
def project(template, trained):
    """The trained project whose image it is."""
    return trained(template)


@pytest.fixture(scope="module")
def image(template, project):
    yield from built(project, f"{containers.PREFIX}-{template}")


@pytest.fixture(scope="module")
def server_image(template, project):
    """Without a model inside."""
    yield from built(project, f"{containers.PREFIX}-{template}-server", "--target", "server")


@contextmanager
def running(image: str, *options: str, port: int = 8000) -> Iterator[str]:
    """The id of a container that has become healthy."""
    name = docker("run", "--detach", "--publish", f"127.0.0.1::{port}", *options, image)
    try:
        state = containers.health(name)
        assert state == "healthy", docker("logs", name)
        yield name
    finally:
        docker("rm", "--force", "--volumes", name)


@pytest.fixture(scope="module")
def container(image):
    """The id of a container without a writable file system or any privilege."""
    without_privileges = ("--cap-drop", "ALL", "--security-opt", "no-new-privileges")
    with running(image, "--read-only", *without_privileges) as name:
        yield name


def ask(name: str, path: str, body: object = None, port: int = 8000) -> object:
    """GET, or POST a JSON body, and decode the JSON answer."""
    return json.loads(processes.ask(f"http://{containers.address(name, port)}{path}", body))


def test_the_container_answers_as_the_model_outside_does(container, project, small, tmp_path):
    answer = ask(container, "/predict", small.request)
    with processes.service(project, tmp_path / "log", APP_PREDICTION_LOG="") as outside:
        expected = json.loads(processes.ask(f"http://{outside}/predict", small.request))
    assert answer.keys() == expected.keys()
    for name, value in expected.items():
        assert answer[name] == (pytest.approx(value, rel=1e-6) if is_figure(value) else value)


def is_figure(value: object) -> bool:
    """A number, or several by name."""
    held = value.values() if isinstance(value, dict) else [value]
    return all(isinstance(each, float) for each in held)


def test_every_route_works_without_a_writable_file_system(container, project, small):
    manifest = json.loads((project / "models/manifest.json").read_text())
    assert ask(container, "/health/ready")["status"] == "ready"
    assert ask(container, "/model")["name"] == manifest["name"]
    assert len(ask(container, "/predict/batch", small.batch)["predictions"]) == 2
    assert ask(container, "/explain", small.request)
    metrics = processes.ask(f"http://{containers.address(container)}/metrics")
    assert 'http_requests_total{method="POST",route="/explain",status="200"} 1.0' in metrics


def test_the_server_is_not_root(container):
    assert docker("exec", container, "id", "-u") == "10001"


def test_the_image_holds_nothing_that_only_training_needs(container, small):
    names = NOT_FOR_SERVING + small.not_for_serving
    found = docker(
        *("exec", container, "python", "-c"),
        f"import importlib.util as u; print([n for n in {names!r} if u.find_spec(n)])",
    )
    assert found == "[]"
    models = docker("exec", container, "ls", "models")
    assert "onnx" in models
    for name in ("joblib", "safetensors", "parquet", "training-rows"):
        assert name not in models


def test_the_image_adds_little_to_its_base(template, image):
    most = LARGEST_MB.get(template, LARGEST_OTHER_MB)
    assert containers.megabytes_over_base(image) < most


def test_every_line_of_the_log_can_be_read_by_a_machine(container, small):
    ask(container, "/predict", small.request)
    said = subprocess.run(["docker", "logs", container], capture_output=True, text=True, check=True)
    lines = (said.stdout + said.stderr).splitlines()
    assert lines
    for line in lines:
        assert "event" in json.loads(line), line


def test_the_image_says_what_it_is(template, image):
    labels = json.loads(docker("inspect", "--format", "{{json .Config.Labels}}", image))
    found = {name.removeprefix("org.opencontainers.image."): text for name, text in labels.items()}
    assert found == {
        "title": template,
        "licenses": "MIT",
        "version": "0.1.0",
        "revision": "unknown",
    }


def test_the_container_stops_when_it_is_told_to(image):
    with running(image) as name:
        started = time.monotonic()
        docker("stop", "--time", "30", name)
        assert time.monotonic() - started < 15
        assert docker("inspect", "--format", "{{.State.ExitCode}}", name) == "0"


def test_the_port_and_its_health_check_are_a_setting(image):
    with running(image, "--env", "APP_PORT=9123", port=9123) as name:
        assert ask(name, "/health/ready", port=9123)["status"] == "ready"


def test_several_workers_share_their_metrics_in_a_read_only_container(image, small):
    options = ("--read-only", "--tmpfs", "/tmp", "--env", "APP_WORKERS=2")
    with running(image, *options) as name:
        for _ in range(20):
            ask(name, "/predict", small.request)
        metrics = processes.ask(f"http://{containers.address(name)}/metrics")
    assert 'route="/predict",status="200"} 20.0' in metrics


def test_the_prediction_log_goes_to_a_volume(image, small):
    place = "/app/logs/predictions"
    options = ("--read-only", "--env", f"APP_PREDICTION_LOG={place}", "--volume", place)
    with running(image, *options) as name:
        ask(name, "/predict", small.request)
        processes.eventually(
            lambda: (
                '{outcome="written"} 1.0'
                in processes.ask(f"http://{containers.address(name)}/metrics")
            ),
            "the row",
        )
        assert docker("exec", name, "ls", place)


def test_the_model_can_be_mounted_and_reloaded(server_image, project, tmp_path):
    models = tmp_path / "models"
    shutil.copytree(project / "models", models)
    options = ("--read-only", "--volume", f"{models}:/app/models:ro", "--env", "APP_API_KEY=open")
    with running(server_image, *options) as name:
        manifest = models / "manifest.json"
        other = json.loads(manifest.read_text()) | {"version": "another"}
        manifest.write_text(json.dumps(other))
        docker("exec", name, "python", "-c", POST_RELOAD)
        assert ask(name, "/model")["version"] == "another"


POST_RELOAD = """
import urllib.request as r
r.urlopen(r.Request("http://127.0.0.1:8000/model/reload", b"", {"X-API-Key": "open"}))
"""


def test_an_image_without_a_model_says_so(server_image):
    name = docker("run", "--detach", server_image)
    try:
        assert docker("wait", name) == "2"
        said = subprocess.run(["docker", "logs", name], capture_output=True, text=True, check=True)
        assert "train" in said.stdout + said.stderr
        assert "Traceback" not in said.stdout + said.stderr
    finally:
        docker("rm", "--force", name)


def test_it_runs_as_the_user_of_a_hugging_face_space(image, project):
    readme = (project / "deploy/huggingface/README.md").read_text()
    space = yaml.safe_load(readme.split("---")[1])
    assert space["sdk"] == "docker"
    ancestors = "APP_FRAME_ANCESTORS=https://huggingface.co"
    with running(image, "--user", "1000", "--env", ancestors, port=space["app_port"]) as name:
        assert docker("exec", name, "id", "-u") == "1000"
        where = f"http://{containers.address(name, space['app_port'])}/"
        assert "<html" in processes.ask(where)
        headers = processes.headers(where)
    assert "frame-ancestors https://huggingface.co" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers


def test_it_serves_within_the_memory_that_kubernetes_gives_it(image, project, small):
    manifest = project / "deploy/kubernetes/deployment.yaml"
    pod = yaml.safe_load(manifest.read_text())["spec"]["template"]["spec"]
    limit = pod["containers"][0]["resources"]["limits"]["memory"].removesuffix("i").lower()
    with running(image, "--memory", limit, "--memory-swap", limit) as name:
        ((field, two),) = small.batch.items()
        for _ in range(10):
            answer = ask(name, "/predict/batch", {field: two * 500})
            assert len(answer["predictions"]) == 1000
        state = docker("inspect", "--format", "{{.State.Status}} {{.State.OOMKilled}}", name)
    assert state == "running false"


def test_a_container_without_enough_memory_is_killed_and_that_shows(image):
    name = docker("run", "--detach", "--memory", "24m", "--memory-swap", "24m", image)
    try:
        assert docker("wait", name) == "137"
    finally:
        docker("rm", "--force", name)


def test_a_project_without_a_model_does_not_build_and_says_why(rendered, template, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(rendered(template), project)
    process = containers.build(project, f"{containers.PREFIX}-{template}-untrained")
    assert process.returncode != 0
    assert "Train a model first" in process.stdout + process.stderr


def test_serving_code_that_imports_what_only_training_has_does_not_build(
    project, template, tmp_path
):
    wrong = tmp_path / "project"
    shutil.copytree(project, wrong)
    routes = wrong / "src" / processes.package_of(wrong) / "api/routes.py"
    routes.write_text(routes.read_text() + "\nimport sklearn\n")
    process = containers.build(wrong, f"{containers.PREFIX}-{template}-wrong", "--target", "server")
    assert process.returncode != 0
    said = process.stdout + process.stderr
    assert "No module named 'sklearn'" in said
    assert "error: serving imports what is not installed here" in said
