"""Registry, serving and retraining against a real MLflow server with PostgreSQL behind it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers

mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
pytestmark = pytest.mark.skipif(
    not servers.POSTGRES, reason="no initdb under /usr/lib/postgresql: apt-get install postgresql"
)

NAME = "house-prices"
QUICK = ("data.sample_rows=300", "train.model=ridge", "train.folds=3")
WEAK = ("models.ridge.alpha=10000000",)
MINUTES = 300


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with servers.postgresql() as url:
        yield url.replace("postgresql:", "postgresql+psycopg2:")


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on that database."""
    with servers.mlflow_server(database, tmp_path_factory.mktemp("server")) as found:
        yield found.url


@pytest.fixture(scope="module")
def project(rendered, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registered") / "project"
    shutil.copytree(rendered("house-prices"), folder)
    return folder


def environment(project: Path, server: str, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(project / "src"),
        "MLFLOW_TRACKING_URI": server,
        "COLUMNS": "500",
        **more,
    }


def run(project: Path, server: str, command: str, *settings: str) -> str:
    """What a command of the project prints."""
    chosen = [part for setting in (*QUICK, *settings) for part in ("--set", setting)]
    result = subprocess.run(
        [sys.executable, "-m", "house_prices", command, *chosen],
        cwd=project,
        env=environment(project, server),
        capture_output=True,
        text=True,
        check=False,
        timeout=MINUTES,
    )
    assert result.returncode == 0, result.stderr[-4000:]
    return result.stdout


def python(code: str, folder: Path, env: dict[str, str]) -> str:
    """What a program prints."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=MINUTES,
    ).stdout


def alias(server: str, name: str) -> str | None:
    """The number of the version with this alias."""
    client = mlflow.MlflowClient(tracking_uri=server)
    return client.get_registered_model(NAME).aliases.get(name)


def manifest(project: Path) -> dict:
    return json.loads((project / "models/manifest.json").read_bytes())


def test_the_better_of_two_models_is_champion_and_served_and_new_rows_improve_it(
    server: str, project: Path, tmp_path: Path
) -> None:
    # A weak model, since it is the first.
    assert "version 1 as champion" in run(project, server, "train", *WEAK)
    # A better one takes the alias, a worse one does not.
    assert "version 2 as champion" in run(project, server, "train")
    champion = manifest(project)["version"]
    assert "version 3 as challenger" in run(project, server, "train", *WEAK)
    assert (alias(server, "champion"), alias(server, "challenger")) == ("2", "3")

    # MLflow loads it anywhere, with the code that came with it.
    elsewhere = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    elsewhere |= {"MLFLOW_TRACKING_URI": server}
    code = (
        "import mlflow, pandas\n"
        f"model = mlflow.pyfunc.load_model('models:/{NAME}@champion')\n"
        "print(len(model.predict(model.input_example)))"
    )
    assert python(code, tmp_path, elsewhere).split()[-1] == "3"

    # Serving reads the same version with no more than ONNX Runtime.
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from house_prices.api.model_source import model_folder\n"
        "from house_prices.api.predictor import Predictor\n"
        f"with model_folder(Path('models'), 'models:/{NAME}@champion') as folder:\n"
        "    print(Predictor.load(folder).manifest.version)\n"
        "print(folder.exists(), 'sklearn' in sys.modules)"
    )
    printed = python(code, project, environment(project, server)).split()
    assert printed == [champion, "False", "False"]

    # New rows: trained on, compared, and noted. models/ is the champion's again, or the new one's.
    code = (
        "from pathlib import Path\n"
        "from house_prices.csv_table import to_csv\n"
        "from house_prices.sample import make_sample\n"
        "Path('data/new').mkdir(parents=True)\n"
        "Path('data/new/sold.csv').write_text(to_csv(make_sample(500, 7)))"
    )
    python(code, project, environment(project, server))
    output = run(project, server, "retrain")
    assert "500 new rows beside 300" in output
    promoted = "version 4 as champion" in output
    assert promoted or "version 4 as challenger" in output
    assert alias(server, "champion") == ("4" if promoted else "2")
    version = mlflow.MlflowClient(tracking_uri=server).get_model_version_by_alias(NAME, "champion")
    assert version.tags["version"] == manifest(project)["version"]
    report = (project / "reports/retraining.md").read_text().splitlines()[-1]
    assert "| 300 | 500 |" in report
    assert "no new rows" in run(project, server, "retrain")


@pytest.mark.thorough
def test_a_server_that_is_killed_while_a_model_is_trained_costs_no_model(
    database: str, project: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("models", "reports", "data"))
    with servers.mlflow_server(database, tmp_path) as server:
        command = [sys.executable, "-m", "house_prices", "train", "--set", "train.model=stack"]
        command += ["--set", "tracking.experiment=killed", "--set", "train.n_jobs=1"]
        training = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(folder, server.url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            # Its settings are logged: it is busy with the folds now.
            wait_for_params(server.url, training)
            server.kill()
            _, errors = training.communicate(timeout=MINUTES)
        finally:
            training.kill()
    assert training.returncode == 2, errors
    line = errors.strip().splitlines()[-1]
    version = manifest(folder)["version"]
    assert line.startswith(f"error: The new model is in models/ (version {version})")
    assert server.url in line
    assert "Traceback" not in errors
    code = (
        "from pathlib import Path\n"
        "from house_prices.api.predictor import Predictor\n"
        "print(Predictor.load(Path('models')).manifest.version)"
    )
    assert python(code, folder, environment(folder, "")).split() == [version]


def wait_for_params(server: str, training: "subprocess.Popen[str]") -> None:
    client = mlflow.MlflowClient(tracking_uri=server)
    deadline = time.monotonic() + MINUTES
    while time.monotonic() < deadline:
        assert training.poll() is None, training.communicate()
        experiment = client.get_experiment_by_name("killed")
        runs = client.search_runs([experiment.experiment_id]) if experiment else []
        if runs and "train.model" in runs[0].data.params:
            return
        time.sleep(0.1)
    raise AssertionError("no run with its settings was logged")
