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
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from conftest import TEMPLATES, require, thorough_unless
from engines import LIBRARY
from processes import set_params
from small_projects import SMALL

DOCUMENT = "docs/extending.md"
BLOCK = re.compile(r"<!-- example: (\S+) -->\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Those that every template has; it may have more.
EXAMPLES = ("own-data", "another-model", "another-metric", "another-deployment")


def text_of(template: str) -> str:
    """The document as the template has it; empty if it has none yet."""
    path = LIBRARY / "templates" / template / "{{cookiecutter.project_slug}}" / DOCUMENT
    return path.read_text(encoding="utf-8") if path.exists() else ""


def own_examples(template: str) -> list[str]:
    """Those that stand in the document itself; the others are included from common/docs/."""
    return list(dict.fromkeys(found[0] for found in BLOCK.findall(text_of(template))))


def is_usual(template: str, name: str) -> bool:
    """Whether the example runs by default: each with one template, those that all have in turn."""
    if name not in EXAMPLES:
        return True
    return template == TEMPLATES[EXAMPLES.index(name) % len(TEMPLATES)]


CASES = [
    thorough_unless(is_usual(template, name), template, name)
    for template in TEMPLATES
    for name in dict.fromkeys([*EXAMPLES, *own_examples(template)])
]


@pytest.fixture
def worked(rendered, tmp_path):
    """work(template, name) -> a project in which that example has been worked through."""

    def work(template: str, name: str) -> Path:
        project = tmp_path / "project"
        shutil.copytree(rendered(template), project)
        set_params(project, SMALL[template].train)
        blocks = BLOCK.findall((project / DOCUMENT).read_text())
        own = [(kind, code) for example, kind, code in blocks if example == name]
        assert {kind for kind, _ in own} == {"sh", "diff"}
        for kind, code in own:
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
        timeout=600,
    )
    assert process.returncode == 0, f"{code}\n{process.stdout}\n{process.stderr}"


def lint(project: Path) -> None:
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "src"]
        process = subprocess.run(ruff, cwd=project, capture_output=True, text=True, check=False)
        assert process.returncode == 0, process.stdout + process.stderr


def metrics(project: Path) -> dict:
    return json.loads((project / "reports/metrics.json").read_text())


@pytest.mark.parametrize(("template", "name"), CASES)
def test_an_example_works_as_it_stands(worked, template, name):
    require(template, DOCUMENT)
    project = worked(template, name)
    lint(project)
    for check in (CHECKS.get(name), CHECKS.get(f"{template} {name}")):
        if check:
            check(project)


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_each_example_edits_is_there_in_the_right_style(rendered, template, tmp_path):
    require(template, DOCUMENT)
    blocks = BLOCK.findall((rendered(template) / DOCUMENT).read_text())
    for name in dict.fromkeys(name for name, _, _ in blocks):
        project = tmp_path / name
        shutil.copytree(rendered(template), project)
        for example, kind, code in blocks:
            if example == name and kind == "diff":
                run(project, kind, code)
        lint(project)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_block_that_could_be_run_belongs_to_an_example(rendered, template):
    require(template, DOCUMENT)
    text = (rendered(template) / DOCUMENT).read_text()
    assert {name for name, _, _ in BLOCK.findall(text)} >= set(EXAMPLES)
    assert text.count("\n```") == 2 * len(BLOCK.findall(text))


def check_own_data(project):
    assert not metrics(project)["data"]["synthetic"]


def check_own_houses(project):
    found = metrics(project)
    assert found["data"]["name"] == "flats.csv"
    scores = found["cross_validation"]["models"]
    assert scores["ridge"]["lift"]["mean"] > 0.5
    schema = json.loads((project / "models/schema.json").read_text())
    assert schema["table"]["identifier"] == "flat_id"
    # The scale's order, worst first, and not that of the rows.
    assert schema["vocabularies"]["condition"] == {"poor": 1, "fair": 2, "good": 3}
    graph = (project / "src/house_prices/ames.py").read_text()
    assert "outside_m2" in graph


def check_another_model_of_houses(project):
    found = metrics(project)
    assert found["model"] == "bayesian_ridge"
    assert found["cross_validation"]["models"]["bayesian_ridge"]["lift"]["mean"] > 0.3
    assert found["held_out"]["rows"] > 0


def check_another_metric_of_houses(project):
    found = metrics(project)
    for scores in found["cross_validation"]["models"].values():
        assert 0 <= scores["within_10"]["overall"] <= 1
    share = found["held_out"]["metrics"]["within_10"]
    assert share["low"] <= share["value"] <= share["high"]
    assert share["value"] > found["held_out"]["baselines"]["mean"]["within_10"]["value"]


def check_own_texts(project):
    data = metrics(project)["data"]
    assert data["name"] == "gaeste.csv"
    assert set(data["classes"]) == {"gut", "schlecht", "geht so"}
    # The bot takes these classes only as its rules have been told.
    code = """
from pathlib import Path
from sentiment_bot.api.predictor import Predictor
from sentiment_bot.chat.rules import load
from sentiment_bot.chat.rules_check import check, check_model
rules = load(Path("dialog.yaml"))
check(rules)
print(check_model(rules, Predictor.load(Path("models")).classes)["schlecht"])
"""
    process = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=project,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout == "negative\n", process.stderr


def check_another_transformer(project):
    config = json.loads((project / "models/config.json").read_text())
    assert config["model_type"] == "albert"
    assert metrics(project)["held_out"]["rows"] > 0


def check_another_metric_of_classes(project):
    found = metrics(project)
    for scores in found["validation"]["models"].values():
        assert 0 <= scores["average_recall"]["overall"] <= 1
    # That of a model that always says the same class.
    majority = found["validation"]["models"]["majority"]["average_recall"]["overall"]
    assert majority == pytest.approx(1 / len(found["data"]["classes"]))
    share = found["held_out"]["metrics"]["average_recall"]
    assert share["low"] <= share["value"] <= share["high"]


def check_another_store(project):
    assert "Ada" in (project / "goodbye.txt").read_text()
    own = (project / "src/sentiment_bot/api/own_settings.py").read_text()
    assert "chat_file" in own


def check_own_pictures(project):
    data = metrics(project)["data"]
    assert data["name"] == "digits.csv"
    assert data["rows"] <= 400
    assert data["classes"] == [str(digit) for digit in range(10)]
    # What the first block drew was all read, and is still there.
    assert len(list((project / "data/raw/parts").rglob("*.jpg"))) == 240


def check_another_augmentation(project):
    assert metrics(project)["training"]["augmentation"]["grey"] == 0.3
    assert metrics(project)["held_out"]["rows"] > 0


def check_another_network(project):
    code = """
from pathlib import Path
from cv_api import fitting
found = fitting.load(Path("models"))
print(any(getattr(each, "groups", 1) > 1 for each in found.model.modules()))
"""
    process = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=project,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout == "True\n", process.stderr
    assert metrics(project)["held_out"]["rows"] > 0


def check_another_deployment(project):
    folder = project / "deploy/kubernetes"
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


# By the example's name: of every template, or of one.
CHECKS: dict[str, Callable[[Path], None]] = {
    "own-data": check_own_data,
    "another-deployment": check_another_deployment,
    "cv-api own-data": check_own_pictures,
    "cv-api another-augmentation": check_another_augmentation,
    "cv-api another-model": check_another_network,
    "cv-api another-metric": check_another_metric_of_classes,
    "house-prices own-data": check_own_houses,
    "house-prices another-model": check_another_model_of_houses,
    "house-prices another-metric": check_another_metric_of_houses,
    "sentiment-bot own-data": check_own_texts,
    "sentiment-bot another-model": check_another_transformer,
    "sentiment-bot another-metric": check_another_metric_of_classes,
    "sentiment-bot another-store": check_another_store,
}
