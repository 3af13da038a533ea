"""`doctor`: one line per check, and each fault that it is there for, planted."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from conftest import small_params

from {{ cookiecutter.package_name }} import (
    doctor,
    doctor_data,
    doctor_machine,
    doctor_packages,
    doctor_project,
)
from {{ cookiecutter.package_name }}.cli import app
from {{ cookiecutter.package_name }}.config import Params

ROOT = Path(__file__).parents[1]
TRACKED = {"enabled": True, "uri": "sqlite:///mlflow.db"}


@pytest.fixture(autouse=True)
def _healthy(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trained project whose service has a port that nothing listens on."""
    for name in ("pyproject.toml", "compose.yaml"):
        shutil.copy(ROOT / name, name)
    for variable in ("MLFLOW_TRACKING_URI", "MODEL_URI"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("APP_PORT", str(free_port()))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def examine(params: Params | None = None) -> dict[str, doctor.Finding]:
    """Every finding, by its name."""
    settings = params or small_params()
    found = doctor.doctor(
        lambda: settings,
        lambda given: given.tracking,
        doctor_data.checks,
        doctor_data.RUNTIME,
    )
    return {finding.name: finding for finding in found}


def run_command(capsys: pytest.CaptureFixture[str], **sections: Any) -> tuple[int, str]:
    """Exit code and output of the command."""
    settings = small_params(**sections).model_dump(mode="json")
    Path("params.yaml").write_text(yaml.safe_dump(settings))
    with pytest.raises(SystemExit) as stopped:
        app(["doctor"])
    return int(stopped.value.code or 0), capsys.readouterr().out


def test_a_healthy_project_has_a_line_per_check_and_exit_code_0(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, said = run_command(capsys)
    lines = said.splitlines()
    assert code == 0, said
    assert all(re.match(r"(ok     |note   )  \w", line) for line in lines[:-1])
    names = [re.split(r"\s{2,}", line)[1] for line in lines[:-1]]
    assert names == [
        *("Settings", "Python", "Environment", "Packages", "Disk", "Memory", "Cores", "GPU"),
        *("Docker", "Git", "Server", "Ports", "Model", "Tracking", "Raw data", "Data"),
    ]
    assert lines[-1] == "Nothing to mend."
    assert "128 rows to train on, 32 held out" in said


def test_wrong_settings_are_a_problem_and_the_machine_is_checked_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("params.yaml").write_text("train:\n  folds: 1\n")
    with pytest.raises(SystemExit) as stopped:
        app(["doctor"])
    said = capsys.readouterr().out
    assert stopped.value.code == 1
    assert "problem  Settings" in said
    assert "train.folds = 1" in said
    assert "Memory" in said
    assert said.endswith("1 problem to mend.\n")


def test_a_port_that_something_else_uses_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_project, "HEALTH_SECONDS", 0.2)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        monkeypatch.setenv("APP_PORT", str(port))
        monkeypatch.setenv("MLFLOW_PORT", str(port))
        found = examine()
    assert found["Server"].state == "problem"
    assert f"port {port} is in use" in found["Server"].text
    assert found["Ports"].state == "note"
    assert f"{port} (MLFLOW_PORT)" in found["Ports"].text


class _Alive(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[int]:
    """The port of something that answers as this project's service does."""
    server = HTTPServer(("127.0.0.1", 0), _Alive)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_service_that_runs_already_is_no_problem(
    service: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_PORT", str(service))
    assert examine()["Server"].state == "note"


def test_a_setting_of_the_server_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APP_WORKERS", "many")
    found = examine()["Server"]
    assert found.state == "problem"
    assert "APP_WORKERS = 'many'" in found.text


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("sqlite:///missing/mlflow.db", "does not exist"),
        ("sqlite:///damaged.db", "file is not a database"),
        ("http://127.0.0.1:{port}", "cannot be used"),
    ],
)
def test_a_tracking_server_that_cannot_be_used_is_a_problem(uri: str, words: str) -> None:
    Path("damaged.db").write_bytes(b"not a database" * 100)
    uri = uri.format(port=free_port())
    found = examine(small_params(tracking={**TRACKED, "uri": uri}))["Tracking"]
    assert found.state == "problem"
    assert words in found.text


def test_a_tracking_file_is_left_as_it_is() -> None:
    assert examine(small_params(tracking=TRACKED))["Tracking"].state == "ok"
    assert not Path("mlflow.db").exists()


def test_a_raw_file_with_another_checksum_is_a_problem() -> None:
    shutil.copy("data/raw/synthetic-sample.csv", "rows.csv")
    data = {"source": "csv", "path": "rows.csv", "sha256": "0" * 64}
    found = examine(small_params(data=data))["Raw data"]
    assert found.state == "problem"
    assert "not data.sha256" in found.text
    missing = {"source": "csv", "path": "nowhere.csv"}
    assert "no such file" in examine(small_params(data=missing))["Raw data"].text


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_changed_part_of_the_prepared_data_is_a_problem(part: str) -> None:
    path = Path(f"data/processed/{part}.parquet")
    path.write_bytes(path.read_bytes() + b"x")
    found = examine()["Data"]
    assert found.state == "problem"
    assert f"{path}: changed since it was written" in found.text


def test_data_of_other_settings_are_a_problem() -> None:
    found = examine(small_params(data={"seed": 7}))["Data"]
    assert found.state == "problem"
    assert "data.seed" in found.text


def test_a_changed_model_is_a_problem_and_no_model_is_a_note() -> None:
    path = Path("models/model.onnx")
    path.write_bytes(path.read_bytes()[:-1])
    found = examine()["Model"]
    assert found.state == "problem"
    assert "SHA-256" in found.text
    shutil.rmtree("models")
    assert examine()["Model"].state == "note"


def test_a_model_of_other_libraries_can_be_served_and_not_evaluated() -> None:
    path = Path("models/manifest.json")
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'("scikit-learn": ")[^"]+', r"\g<1>0.1.0", text), encoding="utf-8")
    found = examine()["Model"]
    assert found.state == "note"
    assert "made with scikit-learn 0.1.0" in found.text


def pyproject(dependencies: str, train: str = "", python: str = ">=3.11") -> None:
    Path("pyproject.toml").write_text(
        f'[project]\nrequires-python = "{python}"\ndependencies = [{dependencies}]\n'
        f"[project.optional-dependencies]\ntrain = [{train}]\n"
    )


@pytest.mark.parametrize(
    ("dependencies", "train", "state", "words"),
    [
        ('"not-on-this-machine>=1"', "", "problem", "not-on-this-machine is missing"),
        ('"pydantic<1"', "", "problem", "not <1"),
        ('"pydantic"', '"pandas<1"', "problem", "pandas is"),
        ('"pydantic"', '"not-on-this-machine"', "note", "extra train (not-on-this-machine)"),
        ("\"not-here; sys_platform == 'plan9'\"", "", "ok", "all in the versions"),
    ],
)
def test_packages_that_are_missing_or_unfit_are_named(
    dependencies: str, train: str, state: str, words: str
) -> None:
    pyproject(dependencies, train)
    found = examine()["Packages"]
    assert found.state == state
    assert words in found.text


def test_a_python_that_the_project_does_not_know_is_a_problem() -> None:
    pyproject('"pydantic"', python=">=3.99")
    assert examine()["Python"].state == "problem"


@pytest.mark.parametrize(
    ("free", "state"), [(100_000_000, "problem"), (2 * 2**30, "note"), (50 * 2**30, "ok")]
)
def test_little_room_on_the_disk_is_told(
    free: int, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor_machine.shutil, "disk_usage", lambda _: usage(0, 0, free))
    assert examine()["Disk"].state == state


@pytest.mark.parametrize(
    ("free", "state"), [(2**28, "problem"), (2**30, "note"), (2**33, "ok"), (None, "note")]
)
def test_little_memory_is_told(
    free: int | None, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_machine, "_free_memory", lambda: free)
    assert examine()["Memory"].state == state


@pytest.mark.parametrize(
    ("script", "gpu", "docker"),
    [
        (None, "none found", "not installed"),
        ("echo 'NVIDIA H200, 143771 MiB'", "NVIDIA H200, 143771 MiB", "the engine answers"),
        ("echo broken >&2; exit 9", "nvidia-smi fails (broken)", "no engine answers (broken)"),
        ("sleep 3", "no answer within", "no answer within"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell script as a command")
def test_a_gpu_and_an_engine_are_found_absent_broken_or_hanging(
    script: str | None, gpu: str, docker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "commands"
    folder.mkdir()
    for name in ("nvidia-smi", "docker") if script else ():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin" if script else str(folder))
    monkeypatch.setattr(doctor_machine, "COMMAND_SECONDS", 0.5)
    assert gpu in doctor_machine.gpu()[1]
    assert docker in doctor_machine.docker()[1]


def test_a_check_that_hangs_or_falls_ill_is_a_line_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "SECONDS", 0.3)
    monkeypatch.setattr(doctor_machine, "cores", lambda: time.sleep(5))
    monkeypatch.setattr(doctor_machine, "memory", lambda: 1 / 0)
    found = examine()
    assert found["Cores"].state == "problem"
    assert "no answer within" in found["Cores"].text
    assert "ZeroDivisionError" in found["Memory"].text


def test_checks_that_hang_are_waited_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SECONDS", 0.4)
    for name in ("disk", "memory", "cores", "gpu", "docker"):
        monkeypatch.setattr(doctor_machine, name, lambda: time.sleep(3))
    start = time.monotonic()
    found = examine()
    assert time.monotonic() - start < 1.6  # one after the other: 2
    assert all("no answer within" in found[name].text for name in ("Disk", "Docker"))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70, "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_named(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_HOST", host)
    found = examine()["Server"]
    assert found.state == "problem"
    assert found.text.startswith(f"APP_HOST = '{host}'")
    assert "Set it to 127.0.0.1" in found.text


def test_a_wrong_setting_of_the_server_is_one_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_PORT", "abc")
    found = examine()
    assert "APP_PORT = 'abc'" in found["Server"].text
    assert found["Model"].state == "note"
    assert "see Server" in found["Model"].text


@pytest.mark.parametrize("content", [b"[project\n", b"\xff\xfe"])
def test_a_damaged_project_file_is_one_problem_that_names_it(content: bytes) -> None:
    Path("pyproject.toml").write_bytes(content)
    found = examine()
    assert found["Python"].state == "problem"
    assert found["Python"].text.startswith("pyproject.toml: cannot be read")
    assert found["Packages"].state == "note"
    assert "see Python" in found["Packages"].text


WITHOUT_TRAINING = """
import sys
for name in ("pandas", "sklearn", "scipy", "mlflow", "matplotlib", "xgboost", "lightgbm"):
    sys.modules[name] = None
from {{ cookiecutter.package_name }}.cli import app
app(["doctor"])
"""


def test_it_works_with_what_serving_needs_alone() -> None:
    Path("params.yaml").write_text("tracking:\n  enabled: false\n")
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_TRAINING],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**doctor_project.os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert re.search(r"note +Data +not checked: pandas is missing", found.stdout)
    assert "Traceback" not in found.stderr


def test_the_packages_of_the_project_itself_can_be_judged() -> None:
    assert doctor_packages.python()[0] == "ok"
    assert doctor_packages.installed()[0] in ("ok", "note")
