"""Two workers, each in a folder of its own, share one tuning study in a real PostgreSQL."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers

psycopg2 = pytest.importorskip("psycopg2", reason="psycopg2 is not installed")

TRIALS = 12
FEW_SECONDS = 60

pytestmark = pytest.mark.skipif(
    not servers.POSTGRES, reason="no initdb under /usr/lib/postgresql: apt-get install postgresql"
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of an empty PostgreSQL on a free port, stopped at the end."""
    with servers.postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def projects(rendered, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two copies of the generated project, as on two machines."""
    source = rendered("house-prices")
    folders = [tmp_path_factory.mktemp(name) / "project" for name in ("first", "second")]
    for folder in folders:
        shutil.copytree(source, folder)
    return folders


def test_two_workers_share_one_study(server: str, projects: list[Path]) -> None:
    workers = [_tune(project, server, "shared", TRIALS) for project in projects]
    for worker in workers:
        output, errors = worker.communicate(timeout=10 * FEW_SECONDS)
        assert worker.returncode == 0, errors[-4000:]
        assert f"postgresql+psycopg2://ada@{server.split('@')[1]}" in "".join(output.split())

    trials = _query(
        server,
        "select number, state::text from trials natural join studies where study_name = 'shared'",
    )
    assert sorted(number for number, _ in trials) == list(range(len(trials)))
    # A worker looks before it begins: at most one of each may have begun at the same moment.
    assert TRIALS <= len(trials) < TRIALS + len(workers)
    assert {state for _, state in trials} <= {"COMPLETE", "PRUNED"}

    drawn = _query(
        server, "select param_value from trial_params where param_name = 'learning_rate'"
    )
    assert len(set(drawn)) == len(drawn), "no trial repeats another one's hyperparameters"

    ran = _query(server, "select value_json from trial_user_attributes where key = 'worker'")
    assert len(ran) == len(trials)
    assert len(set(ran)) == len(workers), "each worker ran some of the trials"


@pytest.mark.thorough
def test_a_worker_that_is_killed_costs_its_trial_only(server: str, projects: list[Path]) -> None:
    begun = (
        "select count(*) from trials natural join studies "
        "where study_name = 'killed' and state in ('COMPLETE', 'PRUNED')"
    )
    worker = _tune(projects[0], server, "killed", 1000)
    deadline = time.monotonic() + FEW_SECONDS
    while _count(server, begun) < 2:
        assert worker.poll() is None, worker.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    worker.kill()
    worker.communicate()
    finished = _count(server, begun)

    again = _tune(projects[1], server, "killed", finished + 1)
    _, errors = again.communicate(timeout=4 * FEW_SECONDS)
    assert again.returncode == 0, errors[-4000:]
    assert finished + 1 <= _count(server, begun) <= finished + 2


def _tune(project: Path, server: str, study: str, trials: int) -> "subprocess.Popen[str]":
    settings = {
        "tune.storage": server,
        "tune.study": study,
        "tune.model": "lightgbm",
        "tune.trials": trials,
        "train.n_jobs": 1,
        "tracking.enabled": "false",
    }
    command = [sys.executable, "-m", "house_prices", "tune"]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    return subprocess.Popen(
        command,
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project / "src"), "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _query(server: str, query: str) -> list[tuple]:
    connection = psycopg2.connect(server)
    try:
        with connection.cursor() as cursor:
            try:
                cursor.execute(query)
            except psycopg2.errors.UndefinedTable:  # the study's tables are not there yet
                return []
            return cursor.fetchall()
    finally:
        connection.close()


def _count(server: str, query: str) -> int:
    return _query(server, query)[0][0]
