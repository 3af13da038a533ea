"""The workflows of a generated project: their schema, their security, and what they run."""

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

# Actions of GitHub itself by their version, as its own documentation has it; others by their hash.
POLICY = {
    "rules": {"unpinned-uses": {"config": {"policies": {"actions/*": "ref-pin", "*": "hash-pin"}}}}
}


def workflows(project):
    return sorted((project / ".github/workflows").glob("*.yml"))


def run(*command):
    process = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr


def steps(project):
    """Of every job of every workflow: (file and job, step)."""
    for path in workflows(project):
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            for step in job["steps"]:
                yield f"{path.name} {name}", step


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [("vendor.github-workflows", "workflows/*.yml"), ("vendor.dependabot", "dependabot.yml")],
)
def test_they_are_valid(rendered, template, schema, pattern):
    paths = list((rendered(template) / ".github").glob(pattern))
    assert paths
    run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *paths)


def test_zizmor_finds_nothing(rendered, template, tmp_path):
    policy = tmp_path / "zizmor.yml"
    policy.write_text(yaml.safe_dump(POLICY))
    zizmor = Path(sysconfig.get_path("scripts"), "zizmor")
    run(zizmor, "--offline", "--no-progress", "--config", policy, rendered(template) / ".github")


def test_they_may_only_read_unless_a_job_says_so(rendered, template):
    for path in workflows(rendered(template)):
        assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}, path.name


def test_ci_does_all_that_it_is_for(rendered, template):
    commands = [step.get("run", "") for where, step in steps(rendered(template)) if "ci" in where]
    for part in (
        "make lint",
        "make test",
        "train --set data.source=sample",
        "docker build",
        "/health/ready",
        "/predict",
        "docker compose config",
        "pip-audit",
    ):
        assert any(part in command for command in commands), part


def test_what_they_run_is_there(rendered, template):
    """Targets of the Makefile, and shell that bash can read."""
    project = rendered(template)
    targets = re.findall(r"^([a-z-]+):", (project / "Makefile").read_text(), re.MULTILINE)
    for where, step in steps(project):
        script = step.get("run", "")
        for target in re.findall(r"\bmake ([a-z-]+)", script):
            assert target in targets, f"{where}: make {target}"
        shell = re.sub(r"\$\{\{.*?\}\}", "x", script)
        process = subprocess.run(["bash", "-n"], input=shell, capture_output=True, text=True)
        assert process.returncode == 0, f"{where}: {process.stderr}"
