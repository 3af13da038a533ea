"""What every test of the library shares: its templates, their answers, and the two engines."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import processes
import pytest
from engines import ENGINES, LIBRARY, Answers, Render
from filelock import FileLock
from small_projects import SMALL

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

# Two tests run side by side, each with processes of its own. PyTorch's threads wait for one another
# in a busy loop: where they outnumber the cores, a training of seconds takes minutes.
os.environ.setdefault("OMP_NUM_THREADS", "1")

TEMPLATES = sorted(path.name for path in (LIBRARY / "templates").iterdir())

# What all templates share is tested with one of them by default, and with all by
# `make test-thorough`: a third of an hour is what a commit can wait.
FIRST = TEMPLATES[0]

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


def thorough_unless(by_default: bool, *values: Any) -> Any:
    """Values of a test, with which only `make test-thorough` runs it unless `by_default`."""
    return pytest.param(*values, marks=() if by_default else pytest.mark.thorough)


ONE_BY_DEFAULT = [thorough_unless(name == FIRST, name) for name in TEMPLATES]
ALL_CASES = [(template, name) for template in TEMPLATES for name in answers_of(template)]
# Licences are shared files: that each arrives is seen with one template.
CASES = [
    thorough_unless(template == FIRST or not name.startswith("licence"), template, name)
    for template, name in ALL_CASES
]


@pytest.fixture(params=TEMPLATES)
def template(request: pytest.FixtureRequest) -> str:
    """The name of each template in turn."""
    return request.param


@pytest.fixture(params=ONE_BY_DEFAULT)
def any_template(request: pytest.FixtureRequest) -> str:
    """The name of a template, for what does not depend on which: one by default, see FIRST."""
    return request.param


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Render:
    """Each engine in turn."""
    return ENGINES[request.param]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory):
    """once(name, fill) -> a folder that fill(folder) has filled, for all of pytest's processes."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def folder_of(name: str, fill: Callable[[Path], None]) -> Path:
        folder = root / "once" / name.replace(" ", "-")
        done = folder.with_name(f"{folder.name}.done")
        folder.parent.mkdir(exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                done.touch()
        return folder

    return folder_of


@pytest.fixture(scope="session")
def rendered(once):
    """render(template, case, engine) -> a project, rendered once. Not to be written to."""

    def render(template: str, case: str = "defaults", engine: str = "cookiecutter") -> Path:
        def fill(folder: Path) -> None:
            ENGINES[engine](template, answers_of(template)[case], folder)

        (project,) = once(f"{template} {case} {engine}", fill).iterdir()
        return project

    return render


@pytest.fixture(scope="session")
def trained(once, rendered):
    """train(template) -> a project with a small model of its sample. Not to be written to."""

    def train(template: str) -> Path:
        def fill(folder: Path) -> None:
            require(template, "src/{{cookiecutter.package_name}}/train.py")
            project = folder / "project"
            shutil.copytree(rendered(template), project)
            processes.train(project, SMALL[template].train)

        return once(f"{template} trained", fill) / "project"

    return train


@pytest.fixture(scope="session")
def trained_project(trained) -> Path:
    """A trained project for what is the same in all of them."""
    return trained("house-prices")


@pytest.fixture(scope="session")
def portfolios(once, rendered):
    """portfolio(template) -> a project after `make portfolio` on its sample. Not to be written to.

    Its params.yaml holds the small settings that all of its commands shared.
    """

    def portfolio(template: str) -> Path:
        def fill(folder: Path) -> None:
            require(template, "README.md", "src/{{cookiecutter.package_name}}/report_story.py")
            project = folder / "project"
            shutil.copytree(rendered(template), project)
            processes.set_params(project, SMALL[template].portfolio)
            run = f"RUN={sys.executable} -m {processes.package_of(project)}"
            found = subprocess.run(
                # But for `setup`: the packages are those of this environment.
                ["make", "--assume-old=setup", "portfolio", run],
                cwd=project,
                env={**os.environ, "PYTHONPATH": "src", "HF_HUB_OFFLINE": "1"},
                capture_output=True,
                text=True,
                check=False,
                timeout=600,
            )
            assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-4000:]

        return once(f"{template} portfolio", fill) / "project"

    return portfolio


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    from browsing import started

    with started() as found:
        yield found


@pytest.fixture(scope="module")
def picture_address(trained, tmp_path_factory) -> Iterator[str]:
    """Where cv-api is served, with a small model."""
    log = tmp_path_factory.mktemp("served") / "log"
    with processes.service(trained("cv-api"), log, APP_PREDICTION_LOG="") as found:
        yield f"http://{found}"


@pytest.fixture
def picture_page(browser, picture_address):
    """cv-api's page in the browser; the test fails if the page logs an error."""
    from browsing import opened

    with opened(browser, picture_address) as found:
        yield found


def require(template: str, *names: str) -> None:
    """Skip for want of a file, or of any file of a pattern, that a template under way lacks.

    One that the README's gallery shows is whole: of it, each has to be there.
    """
    folder = LIBRARY / "templates" / template / "{{cookiecutter.project_slug}}"
    missing = [name for name in names if not any(folder.glob(name))]
    if missing:
        shown = f"docs/gallery/{template}.png" in (LIBRARY / "README.md").read_text()
        assert not shown, f"{template} is in the gallery, and has no {', '.join(missing)}"
        pytest.skip(f"{template} has no {', '.join(missing)} yet")


@dataclass(frozen=True)
class Monitored:
    """A served project and the Prometheus that scrapes it."""

    project: Path
    prometheus: str
    metrics: str
    """What the service's /metrics says."""
    requests: int
    """Of POST /predict, all answered."""


# All have the same rules and dashboard. sentiment-bot counts most: it has a route of its own.
MONITORED = [thorough_unless(bool(SMALL[name].others), name) for name in TEMPLATES]


# Not for the session: what was asked for is to be within the rules' five minutes.
@pytest.fixture(scope="module", params=MONITORED)
def monitored(request, trained, tmp_path_factory) -> Iterator[Monitored]:
    """A service that has answered some requests and found drift, and a real Prometheus."""
    small, project = SMALL[request.param], trained(request.param)
    folder = tmp_path_factory.mktemp("monitored")
    drift = folder / "drift.json"
    drift.write_text(json.dumps(DRIFT_REPORT))
    with (
        processes.service(project, folder / "api.log", APP_DRIFT_REPORT=str(drift)) as api,
        processes.prometheus(project, api, folder) as prometheus,
    ):
        # A counter's first sample is no increase: one request to be seen before the others.
        processes.ask(f"http://{api}/predict", small.request)
        for route, body in small.others.items():
            processes.ask(f"http://{api}{route}", body)
        seen = 'http_requests_total{route="/predict"}'
        processes.eventually(lambda: processes.query(prometheus, seen), "a first scrape")
        for _ in range(10):
            processes.ask(f"http://{api}/predict", small.request)
        for route, body in small.others.items():
            processes.ask(f"http://{api}{route}", body)
        metrics = processes.ask(f"http://{api}/metrics")
        yield Monitored(project, prometheus, metrics, requests=11)
