"""The workflows, of each project and of the library: schema, security, and what they run."""

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml
from conftest import TEMPLATES
from engines import LIBRARY

# Actions of GitHub itself by their version, as its own documentation has it; others by their hash.
POLICY = {
    "rules": {"unpinned-uses": {"config": {"policies": {"actions/*": "ref-pin", "*": "hash-pin"}}}}
}


@pytest.fixture(params=[*TEMPLATES, "the library"])
def place(request, rendered):
    """Each folder with workflows: the projects', and the library's own."""
    return LIBRARY if request.param == "the library" else rendered(request.param)


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


def check_schema(schema, *paths):
    assert paths
    run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *paths)


def test_they_are_valid(place):
    check_schema("vendor.github-workflows", *workflows(place))


def test_updates_of_what_is_pinned_are_valid(rendered, template):
    for place in (LIBRARY, rendered(template)):
        check_schema("vendor.dependabot", place / ".github/dependabot.yml")


def test_projects_use_the_librarys_versions_of_actions(rendered, template):
    pinned = dict(step["uses"].split("@") for _, step in steps(LIBRARY) if "uses" in step)
    used = dict(step["uses"].split("@") for _, step in steps(rendered(template)) if "uses" in step)
    shared = pinned.keys() & used.keys()
    assert "actions/checkout" in shared
    # Pull requests for new versions come for the library's own workflows only.
    assert {name: used[name] for name in shared} == {name: pinned[name] for name in shared}


def test_zizmor_finds_nothing(place, tmp_path):
    policy = tmp_path / "zizmor.yml"
    policy.write_text(yaml.safe_dump(POLICY))
    zizmor = Path(sysconfig.get_path("scripts"), "zizmor")
    run(zizmor, "--offline", "--no-progress", "--config", policy, place / ".github")


def test_they_may_only_read_unless_a_job_says_so(place):
    for path in workflows(place):
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


def test_what_they_run_is_there(place):
    """Targets of the Makefile, scripts, and shell that bash can read."""
    targets = re.findall(r"^([a-z-]+):", (place / "Makefile").read_text(), re.MULTILINE)
    for where, step in steps(place):
        script = step.get("run", "")
        for target in re.findall(r"\bmake ([a-z][a-z-]*)", script):
            assert target in targets, f"{where}: make {target}"
        for path in re.findall(r"(?<![\w/])(?:tools|\.ci)/[\w.]+", script):
            assert (place / path).is_file(), f"{where}: {path}"
        shell = re.sub(r"\$\{\{.*?\}\}", "x", script)
        process = subprocess.run(["bash", "-n"], input=shell, capture_output=True, text=True)
        assert process.returncode == 0, f"{where}: {process.stderr}"


def test_what_may_write_installs_nothing():
    """A release that was tampered with must not find a token that may do more than read."""
    writing = []
    for path in workflows(LIBRARY):
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            if "write" in job.get("permissions", {}).values():
                writing.append(f"{path.name} {name}")
                scripts = [step["run"] for step in job["steps"] if "run" in step]
                assert scripts == ["python3 tools/report_breakage.py breakages"]
    assert writing == ["nightly.yml report"]


def test_the_librarys_own_runs_cover_every_template():
    ci = yaml.safe_load((LIBRARY / ".github/workflows/ci.yml").read_text())
    assert ci["jobs"]["project"]["strategy"]["matrix"]["template"] == TEMPLATES
    nightly = yaml.safe_load((LIBRARY / ".github/workflows/nightly.yml").read_text())["jobs"]
    (listing,) = [step for step in nightly["templates"]["steps"] if step.get("id") == "list"]
    # jq, which the runners have, makes JSON of the names; here only what it is given is checked.
    names = subprocess.run(
        ["bash", "-c", listing["run"].split("|")[0].replace('echo "names=$(', "")],
        cwd=LIBRARY, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert names == TEMPLATES


def test_a_broken_night_leaves_what_the_report_reads():
    text = (LIBRARY / ".github/workflows/nightly.yml").read_text()
    report = (LIBRARY / "tools/report_breakage.py").read_text()
    for name in re.findall(r'"(\S+\.txt)"', report):
        assert f"$FOUND/{name}" in text, name
    assert "pattern: breakage-*" in text
    assert 'PREFIX = "breakage-"' in report
    assert 'JOB = " with the newest releases"' in report
    assert "name: ${{ matrix.template }} with the newest ${{ matrix.versions }}" in text
    assert "versions: [releases, pre-releases]" in text


def test_the_nights_run_what_the_commits_leave_out_and_report_it():
    jobs = yaml.safe_load((LIBRARY / ".github/workflows/nightly.yml").read_text())["jobs"]
    assert any("make test-thorough" in step.get("run", "") for step in jobs["thorough"]["steps"])
    assert jobs["thorough"]["name"] == "library with the newest releases"
    (kept,) = [step for step in jobs["thorough"]["steps"] if "upload" in step.get("uses", "")]
    assert kept["with"]["name"] == "breakage-library"
    assert set(jobs["report"]["needs"]) == {"newest", "thorough"}


@pytest.mark.parametrize(("job", "steps"), [("newest", 3), ("thorough", 2)])
def test_a_night_that_hangs_fails_instead_of_being_cancelled(job, steps):
    """A job over its limit is cancelled, which keeps no log; a step over its own has failed."""
    path = LIBRARY / ".github/workflows/nightly.yml"
    job = yaml.safe_load(path.read_text())["jobs"][job]
    limits = {
        step["name"]: step.get("timeout-minutes")
        for step in job["steps"]
        if re.search(r"(?:\$FOUND|found)/log\.txt", step.get("run", ""))
    }
    assert len(limits) == steps
    assert None not in limits.values()
    assert sum(limits.values()) < job["timeout-minutes"]
