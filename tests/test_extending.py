"""docs/extending.md of a generated project: every example is run as it stands there.

A block of code under `<!-- example: NAME -->` belongs to that example. Its blocks are run in their
order in a fresh copy of the project: `sh` by bash, `diff` by git.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

BLOCK = re.compile(r"<!-- example: (\S+) -->\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SMALL = {
    "data": {"sample_rows": 200},
    "train": {"folds": 3, "model": "ridge"},
    "evaluate": {"bootstrap": 100},
    "tracking": {"enabled": False},
}


def blocks(project: Path, name: str) -> list[tuple[str, str]]:
    """(language, code) of each block of one example."""
    text = (project / "docs/extending.md").read_text()
    return [(kind, code) for example, kind, code in BLOCK.findall(text) if example == name]


@pytest.fixture
def worked(rendered, tmp_path):
    """work(name) -> a project in which that example has been worked through."""

    def work(name: str) -> Path:
        project = tmp_path / "project"
        shutil.copytree(rendered("house-prices"), project)
        path = project / "params.yaml"
        settings = yaml.safe_load(path.read_text())
        for section, values in SMALL.items():
            settings[section] |= values
        path.write_text(yaml.safe_dump(settings))
        found = blocks(project, name)
        assert {kind for kind, _ in found} == {"sh", "diff"}
        for kind, code in found:
            run(project, kind, code)
        return project

    return work


def run(project: Path, kind: str, code: str) -> None:
    if "kubectl" in code and shutil.which("kubectl") is None:
        return  # the manifests are checked without it, too
    # One line of context: the examples must survive edits nearby.
    command = ["bash", "-euo", "pipefail"] if kind == "sh" else ["git", "apply", "-C1", "-"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.run(
        command,
        input=code,
        cwd=project,
        env={
            **os.environ,
            "PATH": path,
            "PYTHONPATH": "src",
            "GIT_CEILING_DIRECTORIES": str(project.parent),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert process.returncode == 0, f"{code}\n{process.stdout}\n{process.stderr}"


def lint(project: Path) -> None:
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "src"]
        process = subprocess.run(ruff, cwd=project, capture_output=True, text=True, check=False)
        assert process.returncode == 0, process.stdout + process.stderr


def metrics(project: Path) -> dict:
    return json.loads((project / "reports/metrics.json").read_text())


def test_every_block_that_could_be_run_belongs_to_an_example(rendered):
    text = (rendered("house-prices") / "docs/extending.md").read_text()
    marked = {name for name, _, _ in BLOCK.findall(text)}
    assert marked == {"own-data", "another-model", "another-metric", "another-deployment"}
    assert text.count("\n```") == 2 * len(BLOCK.findall(text))


def test_own_data(worked):
    project = worked("own-data")
    found = metrics(project)
    assert found["data"]["name"] == "flats.csv"
    assert not found["data"]["synthetic"]
    scores = found["cross_validation"]["models"]
    assert scores["ridge"]["lift"]["mean"] > 0.5
    schema = json.loads((project / "models/schema.json").read_text())
    assert schema["table"]["identifier"] == "flat_id"
    # The scale's order, worst first, and not that of the rows.
    assert schema["vocabularies"]["condition"] == {"poor": 1, "fair": 2, "good": 3}
    graph = (project / "src/house_prices/ames.py").read_text()
    assert "outside_m2" in graph
    lint(project)


def test_another_model(worked):
    project = worked("another-model")
    found = metrics(project)
    assert found["model"] == "bayesian_ridge"
    assert found["cross_validation"]["models"]["bayesian_ridge"]["lift"]["mean"] > 0.3
    assert found["held_out"]["rows"] > 0
    lint(project)


def test_another_metric(worked):
    project = worked("another-metric")
    found = metrics(project)
    for scores in found["cross_validation"]["models"].values():
        assert 0 <= scores["within_10"]["overall"] <= 1
    share = found["held_out"]["metrics"]["within_10"]
    assert share["low"] <= share["value"] <= share["high"]
    assert share["value"] > found["held_out"]["baselines"]["mean"]["within_10"]["value"]
    lint(project)


def test_another_deployment(worked):
    folder = worked("another-deployment") / "deploy/kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    assert "ingress.yaml" in listed
    validate = Path(sysconfig.get_path("scripts"), "kubernetes-validate")
    process = subprocess.run(
        [validate, "--strict", *(folder / name for name in listed)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    ingress = yaml.safe_load((folder / "ingress.yaml").read_text())
    service = yaml.safe_load((folder / "service.yaml").read_text())
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"]["name"] == service["metadata"]["name"]
    assert path["backend"]["service"]["port"]["name"] in {
        port["name"] for port in service["spec"]["ports"]
    }
