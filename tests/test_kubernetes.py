"""The manifests against Kubernetes' own schemas, each other, and what the service does."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml

# The oldest that is still in use somewhere, and the newest that the validator knows.
VERSIONS = [["--kubernetes-version", "1.29"], []]


def manifests(project):
    folder = project / "deploy/kubernetes"
    return [path for path in sorted(folder.glob("*.yaml")) if path.name != "kustomization.yaml"]


def loaded(project):
    """(kind, name) -> the object."""
    found = [each for path in manifests(project) for each in yaml.safe_load_all(path.read_text())]
    named = {(each["kind"], each["metadata"]["name"]): each for each in found}
    assert len(named) == len(found)
    return named


@pytest.fixture
def objects(rendered, template):
    """Kind -> the object, of those of the service itself."""
    found = loaded(rendered(template))
    return {kind: each for (kind, name), each in found.items() if name == template}


@pytest.fixture
def pod(objects):
    return objects["Deployment"]["spec"]["template"]


@pytest.fixture
def container(pod):
    (found,) = pod["spec"]["containers"]
    return found


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version[-1] if version else "new")
def test_they_fit_the_schemas(rendered, template, version):
    validate = Path(sysconfig.get_path("scripts"), "kubernetes-validate")
    process = subprocess.run(
        [validate, "--strict", *version, *manifests(rendered(template))],
        capture_output=True,
        text=True,
        check=False,
    )
    said = process.stdout + process.stderr
    assert process.returncode == 0, said
    # A kind that it does not know is a warning only.
    assert "WARN" not in said, said
    assert said.count("passed") == len(loaded(rendered(template)))


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl on this machine")
def test_kustomize_builds_all_of_them(rendered, template):
    process = subprocess.run(
        ["kubectl", "kustomize", rendered(template) / "deploy/kubernetes"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    found = list(yaml.safe_load_all(process.stdout))
    built = {(each["kind"], each["metadata"]["name"]): each for each in found}
    assert built.keys() == loaded(rendered(template)).keys()
    kinds = {"Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Service"}
    assert {kind for kind, name in built if name == template} == kinds
    pod = built["Deployment", template]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"].startswith("registry.example.com/")
    assert not container["image"].endswith(":latest")


def test_they_name_each_other(objects, pod):
    labels = pod["metadata"]["labels"]
    assert objects["Service"]["spec"]["selector"].items() <= labels.items()
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert objects[kind]["spec"]["selector"]["matchLabels"].items() <= labels.items(), kind
    scaled = objects["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert scaled["kind"] == "Deployment"
    assert scaled["name"] == objects["Deployment"]["metadata"]["name"]
    assert objects["HorizontalPodAutoscaler"]["spec"]["minReplicas"] >= 2


def test_a_pod_can_do_no_more_than_it_has_to(pod, container):
    assert pod["spec"]["automountServiceAccountToken"] is False
    security = pod["spec"]["securityContext"]
    assert security["runAsNonRoot"]
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "memory" in container["resources"]["limits"]
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])


def test_ports_and_probes_are_those_of_the_service(objects, pod, container):
    variables = {each["name"]: each.get("value") for each in container["env"]}
    (port,) = container["ports"]
    assert str(port["containerPort"]) == variables["APP_PORT"]
    assert pod["metadata"]["annotations"]["prometheus.io/port"] == variables["APP_PORT"]
    (of_service,) = objects["Service"]["spec"]["ports"]
    assert of_service["targetPort"] == port["name"]
    probes = {
        name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")
    }
    assert {probe["port"] for probe in probes.values()} == {port["name"]}
    # A model that is slow must not be killed for it: only the process is asked.
    assert probes["liveness"]["path"] == "/health/live"
    assert probes["readiness"]["path"] == probes["startup"]["path"] == "/health/ready"


def test_a_pod_has_the_time_to_stop_gracefully(pod, container):
    variables = {each["name"]: each.get("value") for each in container["env"]}
    _, pause = container["lifecycle"]["preStop"]["exec"]["command"]
    needed = int(pause) + int(variables["APP_GRACE_S"])
    assert pod["spec"]["terminationGracePeriodSeconds"] > needed


def test_the_key_is_a_secret_and_optional(container):
    (key,) = [each for each in container["env"] if each["name"] == "APP_API_KEY"]
    assert "value" not in key
    assert key["valueFrom"]["secretKeyRef"]["optional"] is True


def test_what_is_written_has_a_place_with_a_bound(pod, container):
    variables = {each["name"]: each.get("value") for each in container["env"]}
    volumes = {each["name"]: each["emptyDir"]["sizeLimit"] for each in pod["spec"]["volumes"]}
    mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    assert set(mounts.values()) == set(volumes)
    log = volumes[mounts[variables["APP_PREDICTION_LOG"]]]
    # A pod whose volume is over its limit is evicted.
    assert int(log.removesuffix("Mi")) > int(variables["APP_PREDICTION_LOG_MB"])
    assert "/tmp" in mounts


REDIS = "redis.yaml"


@pytest.fixture
def redis(rendered, template):
    """Kind -> the object, of the Redis that the replicas share."""
    if not (rendered(template) / "dialog.yaml").exists():
        pytest.skip("a template without conversations")
    path = rendered(template) / "deploy/kubernetes" / REDIS
    return {each["kind"]: each for each in yaml.safe_load_all(path.read_text())}


def test_a_stack_with_redis_has_one_in_the_cluster_too(rendered, template):
    project = rendered(template)
    services = yaml.safe_load((project / "compose.yaml").read_text())["services"]
    assert ("redis" in services) == (project / "deploy/kubernetes" / REDIS).exists()


def test_all_replicas_ask_the_one_redis(redis, container, template):
    service = redis["Service"]
    (port,) = service["spec"]["ports"]
    variables = {each["name"]: each.get("value") for each in container["env"]}
    host = f"{service['metadata']['name']}:{port['port']}"
    assert variables["APP_REDIS_URL"] == f"redis://{host}/0"
    pod = redis["Deployment"]["spec"]["template"]
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    (found,) = pod["spec"]["containers"]
    assert port["targetPort"] in {each["name"] for each in found["ports"]}
    assert redis["Deployment"]["spec"]["replicas"] == 1
    # Neither the service nor its budget may count Redis among the API's own.
    assert template not in pod["metadata"]["labels"].values()


def test_redis_is_run_as_in_the_stack(rendered, template, redis):
    (found,) = redis["Deployment"]["spec"]["template"]["spec"]["containers"]
    services = yaml.safe_load((rendered(template) / "compose.yaml").read_text())["services"]
    assert found["image"] == services["redis"]["image"]
    assert found["args"] == services["redis"]["command"]
    assert (
        found["readinessProbe"]["exec"]["command"] == services["redis"]["healthcheck"]["test"][1:]
    )


def test_redis_holds_its_data_within_its_memory(redis):
    (found,) = redis["Deployment"]["spec"]["template"]["spec"]["containers"]
    data = found["args"][found["args"].index("--maxmemory") + 1]
    limit = found["resources"]["limits"]["memory"]
    assert int(data.removesuffix("mb")) <= int(limit.removesuffix("Mi")) * 0.75


def test_redis_can_do_no_more_than_it_has_to_and_answers_the_service_alone(redis, pod):
    deployment = redis["Deployment"]["spec"]["template"]
    assert deployment["spec"]["automountServiceAccountToken"] is False
    assert deployment["spec"]["securityContext"]["runAsNonRoot"]
    (found,) = deployment["spec"]["containers"]
    assert found["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    policy = redis["NetworkPolicy"]["spec"]
    labels = deployment["metadata"]["labels"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    (rule,) = policy["ingress"]
    (peer,) = rule["from"]
    assert peer["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
