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


@pytest.fixture
def objects(rendered, template):
    """Kind -> the object."""
    loaded = [yaml.safe_load(path.read_text()) for path in manifests(rendered(template))]
    return {each["kind"]: each for each in loaded}


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
    assert said.count("passed") == len(manifests(rendered(template)))


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl on this machine")
def test_kustomize_builds_all_of_them(rendered, template):
    process = subprocess.run(
        ["kubectl", "kustomize", rendered(template) / "deploy/kubernetes"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    built = {each["kind"]: each for each in yaml.safe_load_all(process.stdout)}
    assert set(built) == {
        "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Service"
    }  # fmt: skip
    (container,) = built["Deployment"]["spec"]["template"]["spec"]["containers"]
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
