"""What every test of the library shares: its templates, their answers, and the two engines."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import processes
import pytest
import yaml
from engines import ENGINES, LIBRARY, Answers, Render

# What `drift` writes of one column that has moved.
DRIFT_REPORT = {
    "checked": "2026-01-01T00:00:00+00:00",
    "model": "1",
    "reference_rows": 300,
    "logged_rows": 200,
    "drifted": True,
    "domain": {"auc": 0.9, "p_value": 0.001, "drifted": True, "importance": {"Area": 1.0}},
    "columns": [
        {
            "name": "Area",
            "kind": "number",
            "test": "Kolmogorov-Smirnov",
            "statistic": 0.5,
            "p_value": 0.001,
            "q_value": 0.002,
            "distance": 0.5,
            "drifted": True,
        }
    ],
}

TEMPLATES = sorted(path.name for path in (LIBRARY / "templates").iterdir())

# A portfolio in seconds: few rows, two small models, short explanations. Over the template's own.
SMALL_SETTINGS = {
    "data": {"sample_rows": 300},
    "train": {"candidates": ["ridge", "xgboost"], "folds": 3},
    "models": {"xgboost": {"n_estimators": 60}},
    "evaluate": {"bootstrap": 200},
    "explain": {"rows": 12, "background": 10},
    "ablate": {"bootstrap": 500},
    "tracking": {"enabled": False},
}

HOSTILE = 'Zoë "Q" O\'Neil \\ {x} %s $HOME <b>&amp; `id` # é 🏠'


def answers_of(template: str) -> dict[str, Answers]:
    """Sets of answers by name: the defaults, each licence, the longest names, hostile text."""
    long = "a" + "b" * 39
    asked = json.loads((LIBRARY / "templates" / template / "cookiecutter.json").read_text())
    return {
        "defaults": {},
        **{f"licence {name}": {"license": name} for name in asked["license"]},
        "longest": {
            "project_name": "P" * 80,
            "project_slug": long,
            "package_name": long,
            "description": "d" * 300,
            "author": "é" * 100,
        },
        "hostile": {"author": HOSTILE, "description": HOSTILE, "project_name": HOSTILE},
        # The last source of each template is a file of one's own.
        "own data": {"data_source": asked["data_source"][-1], "email": "ada+x@mail.example.org"},
    }


CASES = [(template, name) for template in TEMPLATES for name in answers_of(template)]


@pytest.fixture(params=TEMPLATES)
def template(request: pytest.FixtureRequest) -> str:
    """The name of each template in turn."""
    return request.param


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Render:
    """Each engine in turn."""
    return ENGINES[request.param]


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory):
    """render(template, case, engine) -> the project's folder, rendered once per session."""
    done: dict[tuple[str, str, str], Path] = {}

    def render(template: str, case: str = "defaults", engine: str = "cookiecutter") -> Path:
        key = (template, case, engine)
        if key not in done:
            folder = tmp_path_factory.mktemp("rendered")
            done[key] = ENGINES[engine](template, answers_of(template)[case], folder)
        return done[key]

    return render


@pytest.fixture(scope="session")
def trained_project(rendered, tmp_path_factory) -> Path:
    """A generated house-prices project with a small model trained on its sample."""
    folder = tmp_path_factory.mktemp("trained") / "project"
    shutil.copytree(rendered("house-prices"), folder)
    processes.train(folder, "data.sample_rows=300", "train.model=ridge", "tracking.enabled=false")
    return folder


@pytest.fixture(scope="session")
def portfolio(rendered, tmp_path_factory) -> Path:
    """A generated house-prices project after `make portfolio` on its sample. Not to be written to.

    Its params.yaml holds the small settings that all of its commands shared.
    """
    folder = tmp_path_factory.mktemp("portfolio") / "project"
    shutil.copytree(rendered("house-prices"), folder)
    path = folder / "params.yaml"
    settings = yaml.safe_load(path.read_text())
    for section, values in SMALL_SETTINGS.items():
        settings[section] = {**settings.get(section, {}), **values}
    path.write_text(yaml.safe_dump(settings, sort_keys=False))
    subprocess.run(
        # But for `setup`: the packages are those of this environment.
        ["make", "--assume-old=setup", "portfolio", f"RUN={sys.executable} -m house_prices"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "src"},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return folder


@dataclass(frozen=True)
class Monitored:
    """A served project and the Prometheus that scrapes it."""

    project: Path
    prometheus: str
    metrics: str
    """What the service's /metrics says."""
    requests: int
    """Of POST /predict, all answered."""


# Not for the session: what was asked for is to be within the rules' five minutes.
@pytest.fixture(scope="module")
def monitored(trained_project, tmp_path_factory) -> Iterator[Monitored]:
    """A service that has answered some requests and found drift, and a real Prometheus."""
    folder = tmp_path_factory.mktemp("monitored")
    drift = folder / "drift.json"
    drift.write_text(json.dumps(DRIFT_REPORT))
    with (
        processes.service(trained_project, folder / "api.log", APP_DRIFT_REPORT=str(drift)) as api,
        processes.prometheus(trained_project, api, folder) as prometheus,
    ):
        # A counter's first sample is no increase: one request to be seen before the others.
        processes.ask(f"http://{api}/predict", {})
        seen = 'http_requests_total{route="/predict"}'
        processes.eventually(lambda: processes.query(prometheus, seen), "a first scrape")
        for quality in range(1, 11):
            processes.ask(f"http://{api}/predict", {"OverallQual": quality})
        metrics = processes.ask(f"http://{api}/metrics")
        yield Monitored(trained_project, prometheus, metrics, requests=11)
