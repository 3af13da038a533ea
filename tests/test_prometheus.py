"""A real Prometheus finds what the service did; the alerts fire when they should."""

import json
import shutil
import subprocess

import processes
import pytest
import yaml

NEEDS_PROMTOOL = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool: apt-get install prometheus"
)


def promtool(folder, *command):
    process = subprocess.run(
        ["promtool", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stdout + process.stderr


def alerts_of(project):
    groups = yaml.safe_load((project / "deploy/prometheus/rules.yml").read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


@NEEDS_PROMTOOL
def test_promtool_finds_nothing(rendered, template):
    folder = rendered(template) / "deploy/prometheus"
    promtool(folder, "check", "config", "prometheus.yml")
    promtool(folder, "check", "rules", "rules.yml")


@NEEDS_PROMTOOL
def test_alerts_fire_when_they_should_and_else_are_quiet(rendered, template):
    promtool(rendered(template) / "deploy/prometheus", "test", "rules", "rules_test.yml")


def test_every_alert_says_what_to_do_and_is_tested(rendered, template):
    project = rendered(template)
    tests = (project / "deploy/prometheus/rules_test.yml").read_text()
    alerts = alerts_of(project)
    assert len(alerts) >= 7
    for name, rule in alerts.items():
        assert set(rule["annotations"]) == {"summary", "description", "action"}, name
        assert rule["labels"]["severity"] in {"page", "ticket"}, name
        assert name in tests, name


def test_prometheus_finds_the_served_request(monitored):
    served = f'http_requests_total{{route="/predict", status="200"}} == {monitored.requests}'
    (sample,) = processes.eventually(
        lambda: processes.query(monitored.prometheus, served), "the requests"
    )
    assert sample["metric"]["job"] == "api"
    assert sample["metric"]["method"] == "POST"


def test_prometheus_sees_the_model_and_the_drift(monitored):
    def samples(name):
        return processes.eventually(lambda: processes.query(monitored.prometheus, name), name)

    (model,) = samples("model_info")
    manifest = json.loads((monitored.project / "models/manifest.json").read_text())
    assert model["metric"]["name"] == manifest["name"]
    (drifted,) = samples("drift_detected")
    assert float(drifted["value"][1]) == 1
    assert {sample["metric"]["column"] for sample in samples("drift_column_distance")} == {"Area"}


def test_the_drift_alert_fires_in_a_running_prometheus(monitored):
    (alert,) = processes.eventually(
        lambda: processes.query(monitored.prometheus, 'ALERTS{alertname="DriftDetected"}'),
        "the alert",
    )
    assert alert["metric"]["alertstate"] == "firing"
