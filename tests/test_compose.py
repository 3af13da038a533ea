"""The stack of compose.yaml: what can be read off it, and the stack itself, started and used.

Nothing can be pulled where these tests have to run: PostgreSQL, Prometheus and Redis are built from
Debian's packages (tests/images/), and Grafana, which Debian does not have, is left out.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import containers
import processes
import pytest
import yaml
from conftest import DRIFT_REPORT, TEMPLATES, require
from small_projects import SMALL, Small

IMAGES = Path(__file__).parent / "images"
PROJECT = f"{containers.PREFIX}-stack"
KEY = "a key of the test"
FIVE_MINUTES = 300


@pytest.fixture
def described(rendered, template):
    """compose.yaml as it stands."""
    return yaml.safe_load((rendered(template) / "compose.yaml").read_text())


def test_it_fits_the_schema(rendered, template):
    process = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec",
         rendered(template) / "compose.yaml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr


def test_no_other_machine_can_reach_it(described):
    ports = {name: each.get("ports", []) for name, each in described["services"].items()}
    assert not ports["postgres"]
    for name, published in ports.items():
        for port in published:
            assert port.startswith("127.0.0.1:"), name


def test_images_are_pinned_and_volumes_named(described):
    for name, each in described["services"].items():
        if "image" in each:
            tag = each["image"].partition(":")[2]
            assert tag, name
            assert tag != "latest", name
        for volume in each.get("volumes", []):
            source = volume.split(":")[0]
            assert source.startswith("./") or source in described["volumes"], volume


def test_everything_has_a_health_check_and_waits_for_what_it_needs(described):
    for name, each in described["services"].items():
        # The API's is in its image.
        assert "healthcheck" in each or name == "api", name
        needed = each.get("depends_on", {})
        assert all(need == {"condition": "service_healthy"} for need in needed.values()), name


def test_every_setting_of_the_service_reaches_its_container(rendered, template, described):
    documented = (rendered(template) / ".env.example").read_text()
    settings = set(re.findall(r"^#?((?:APP|MODEL)_[A-Z_]+)=", documented, re.MULTILINE))
    assert len(settings) > 10
    assert settings <= set(described["services"]["api"]["environment"])


def test_prometheus_scrapes_the_api_by_the_name_that_it_has_in_the_stack(rendered, template):
    project = rendered(template)
    settings = yaml.safe_load((project / "deploy/prometheus/prometheus.yml").read_text())
    (job,) = settings["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["api:8000"]}]


SUBNET = f"10.231.{os.getpid() % 250}"
HOSTS = {name: f"{SUBNET}.{10 + number}" for number, name in enumerate(
    ("api", "mlflow", "postgres", "prometheus", "redis")
)}  # fmt: skip


def override(project: Path) -> dict[str, Any]:
    """What differs here: images that are built, and names that an engine without iptables,
    which has no DNS for its networks, finds in each container's hosts file.
    """
    described = yaml.safe_load((project / "compose.yaml").read_text())["services"]
    services: dict[str, Any] = {}
    for name, each in described.items():
        if name == "grafana":
            services[name] = {"profiles": ["only where it can be pulled"]}
            continue
        own = {"build": {"network": "host"}} if "build" in each else stand_in(name)
        network = {"default": {"ipv4_address": HOSTS[name]}}
        services[name] = {**own, "networks": network, "extra_hosts": HOSTS}
    network = {"ipam": {"config": [{"subnet": f"{SUBNET}.0/24"}]}}
    return {"services": services, "networks": {"default": network}}


def stand_in(name: str) -> dict[str, Any]:
    build = {"context": str(IMAGES / name), "network": "host"}
    return {"image": f"{PROJECT}-{name}", "build": build}


class Stack:
    """The running stack of a project."""

    def __init__(self, project: Path, small: Small) -> None:
        self.project = project
        self.small = small
        names = ("API", "MLFLOW", "PROMETHEUS", "GRAFANA")
        self.ports = {f"{name}_PORT": str(processes.free_port()) for name in names}
        # Docker's bare engine has its plugins elsewhere than HOME; a stray .env is not in here.
        self.environment = {
            **os.environ, **self.ports, "APP_API_KEY": KEY, "POSTGRES_PASSWORD": "p/w @:?#"
        }  # fmt: skip

    def compose(self, *arguments: str, check: bool = True) -> str:
        """Run `docker compose` on the project and return what it printed."""
        process = subprocess.run(
            ["docker", "compose", "--project-name", PROJECT, "--file", "compose.yaml",
             "--file", "override.yaml", *arguments],
            cwd=self.project, env=self.environment, capture_output=True, text=True, check=False,
            timeout=4 * FIVE_MINUTES,
        )  # fmt: skip
        assert not check or process.returncode == 0, process.stderr[-6000:]
        return process.stdout

    def start(self) -> None:
        """Build, start, and wait until everything is healthy."""
        wait = ("--wait", f"--wait-timeout={FIVE_MINUTES}")
        try:
            self.compose("up", "--build", "--detach", *wait)
        except AssertionError as error:
            logs = self.compose("logs", "--no-color", "--tail=30", check=False)
            raise AssertionError(f"{error}\n{logs[-6000:]}") from None

    def address(self, name: str) -> str:
        """Where a service is on this machine."""
        return f"127.0.0.1:{self.ports[f'{name.upper()}_PORT']}"

    def ask(self, path: str, body: object = None) -> Any:
        """The API's answer, decoded."""
        url = f"http://{self.address('api')}{path}"
        return json.loads(processes.ask(url, body, {"X-API-Key": KEY}))


@pytest.fixture(scope="module", params=TEMPLATES)
def stack(request, trained, tmp_path_factory):
    """The stack of each template in turn."""
    containers.require_engine()
    require(request.param, "compose.yaml")
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        pytest.skip("docker has no compose plugin on this machine")
    project = tmp_path_factory.mktemp("stack") / "project"
    shutil.copytree(trained(request.param), project)
    (project / "override.yaml").write_text(yaml.safe_dump(override(project)))
    running = Stack(project, SMALL[request.param])
    running.compose("config", "--quiet")
    try:
        running.start()
        yield running
    finally:
        running.compose("down", "--volumes", "--rmi=all", "--timeout=20", check=False)


@pytest.mark.container
def test_a_request_is_served_and_prometheus_sees_it(stack):
    assert stack.ask("/explain", stack.small.request)
    (sample,) = processes.eventually(
        lambda: processes.query(
            stack.address("prometheus"), 'http_requests_total{route="/explain", status="200"}'
        ),
        "the request",
    )
    assert sample["metric"]["instance"] == "api:8000"


@pytest.mark.container
def test_prometheus_has_loaded_the_rules(stack):
    answer = json.loads(processes.ask(f"http://{stack.address('prometheus')}/api/v1/rules"))
    rules = [rule["name"] for group in answer["data"]["groups"] for rule in group["rules"]]
    assert "DriftDetected" in rules


@pytest.mark.container
def test_mlflow_keeps_runs_in_postgresql_and_files_in_its_volume(stack):
    api = f"http://{stack.address('mlflow')}/api/2.0"
    created = json.loads(processes.ask(f"{api}/mlflow/experiments/create", {"name": "of the test"}))
    names = stack.compose(
        *("exec", "--no-TTY", "--env", "PGPASSWORD=p/w @:?#", "postgres"),
        *("psql", "--host=127.0.0.1", "--username=mlflow", "--dbname=mlflow", "--tuples-only"),
        "--command=select name from experiments",
    )
    assert "of the test" in names
    experiment = json.loads(
        processes.ask(f"{api}/mlflow/experiments/get?experiment_id={created['experiment_id']}")
    )
    # Clients send files to the server instead of writing to a folder that they do not have.
    assert experiment["experiment"]["artifact_location"].startswith("mlflow-artifacts:")


@pytest.mark.container
def test_mlflow_answers_by_the_name_that_it_has_in_the_stack_and_by_no_other(stack):
    script = (
        "import urllib.request as r, urllib.error as e\n"
        "url = 'http://mlflow:5000/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default'\n"
        "for host in ('mlflow:5000', 'evil.example.com'):\n"
        "    request = r.Request(url, headers={'Host': host})\n"
        "    try: print(r.urlopen(request).status)\n"
        "    except e.HTTPError as error: print(error.code)\n"
    )
    said = stack.compose("exec", "--no-TTY", "api", "python", "-c", script)
    assert said.split() == ["200", "403"]


@pytest.mark.container
def test_predictions_are_logged_into_a_volume_that_can_be_copied_out(stack):
    stack.ask("/predict", stack.small.request)
    processes.eventually(
        lambda: processes.query(
            stack.address("prometheus"), 'prediction_log_rows_total{outcome="written"} > 0'
        ),
        "the row",
    )
    stack.compose("cp", "api:/app/logs/predictions", str(stack.project / "copied"))
    script = (
        "import json, sys; from pathlib import Path; "
        f"from {processes.package_of(stack.project)}.prediction_log import read; "
        "print(json.dumps([row.inputs for row in read(Path(sys.argv[1]))]))"
    )
    read = subprocess.run(
        [sys.executable, "-c", script, str(stack.project / "copied")],
        env={**os.environ, "PYTHONPATH": str(stack.project / "src")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    logged = json.loads(read.stdout)
    assert any(stack.small.request.items() <= inputs.items() for inputs in logged), logged


@pytest.mark.container
def test_a_new_model_is_taken_without_a_pause(stack):
    manifest = stack.project / "models/manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": "the next"}))
    with pytest.raises(OSError, match="401"):
        processes.ask(f"http://{stack.address('api')}/model/reload", {})
    assert stack.ask("/model/reload", {})["version"] == "the next"
    assert stack.ask("/model")["version"] == "the next"


@pytest.mark.container
def test_a_drift_report_of_the_host_becomes_a_metric(stack):
    (stack.project / "reports/drift.json").write_text(json.dumps(DRIFT_REPORT))
    metrics = processes.ask(f"http://{stack.address('api')}/metrics")
    assert "drift_detected 1.0" in metrics


@pytest.mark.container
def test_a_conversation_outlives_the_service_that_held_it(stack):
    if not (stack.project / "dialog.yaml").exists():
        pytest.skip("a template without conversations")
    first = stack.ask("/chat", {"message": "Hello"})
    assert first["new"]
    stack.compose("restart", "api")
    stack.compose("up", "--detach", "--no-recreate", "--wait", f"--wait-timeout={FIVE_MINUTES}")
    second = stack.ask("/chat", {"message": "It was lovely", "session": first["session"]})
    assert second["session"] == first["session"]
    assert not second["new"]


@pytest.mark.container
def test_the_champion_of_the_stacks_registry_can_be_served(stack):
    """Trained on the host, registered in the stack's MLflow, fetched by the API's container."""
    address = f"http://{stack.address('mlflow')}"
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("MLFLOW_TRACKING_URI", address)
        processes.train(stack.project, stack.small.train | {"tracking": {"enabled": True}})
    trained = json.loads((stack.project / "models/manifest.json").read_text())
    # What is served has to come from the registry, not from the folder.
    shutil.rmtree(stack.project / "models")
    (stack.project / "models").mkdir()
    name = yaml.safe_load((stack.project / "compose.yaml").read_text())["name"]
    stack.environment |= {"EXTRAS": "registry", "MODEL_URI": f"models:/{name}@champion"}
    stack.start()
    assert stack.ask("/model")["version"] == trained["version"]
    assert stack.ask("/predict", stack.small.request)
