"""The checks of `doctor` that every project has: each fault that they are there for, planted."""

import re
import shutil
import socket
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from serve_process import free_port

from {{ cookiecutter.package_name }} import (
    doctor,
    doctor_machine,
    doctor_packages,
    doctor_project,
)
from {{ cookiecutter.package_name }}.sections import TrackingParams

ROOT = Path(__file__).parents[1]
RUNTIME = ("numpy", "onnxruntime")


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project without data or a model, and a service whose port nothing listens on."""
    monkeypatch.chdir(tmp_path)
    for name in ("pyproject.toml", "compose.yaml"):
        shutil.copy(ROOT / name, name)
    for variable in ("MLFLOW_TRACKING_URI", "MODEL_URI"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("APP_PORT", str(free_port()))


def examine(tracking: TrackingParams | None = None) -> dict[str, doctor.Finding]:
    """Every finding, by its name, with these settings and no checks of a template's own."""
    settings = tracking or TrackingParams(enabled=False)
    found = doctor.doctor(lambda: settings, lambda given: given, lambda _: (), RUNTIME)
    return {finding.name: finding for finding in found}


@contextmanager
def taken_port() -> Iterator[int]:
    """A port that something listens on which never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_a_port_that_something_else_uses_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_project, "HEALTH_SECONDS", 0.2)
    with taken_port() as port:
        monkeypatch.setenv("APP_PORT", str(port))
        found = examine()["Server"]
    assert found.state == "problem"
    assert found.text.startswith(f"port {port} is in use by something else.")


def test_of_the_ports_of_make_up_those_in_use_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = re.findall(r"\$\{(\w+_PORT)\b", Path("compose.yaml").read_text())
    assert len(set(variables)) > 2
    for name in variables:
        monkeypatch.setenv(name, str(free_port()))
    assert examine()["Ports"].state == "ok"
    with taken_port() as port:
        monkeypatch.setenv("MLFLOW_PORT", str(port))
        found = examine()["Ports"]
    assert found.state == "note"
    assert found.text.startswith(f"in use: {port} (MLFLOW_PORT). ")


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
    found = examine(TrackingParams(enabled=True, uri=uri))["Tracking"]
    assert found.state == "problem"
    assert words in found.text


def test_a_tracking_file_is_left_as_it_is() -> None:
    tracking = TrackingParams(enabled=True, uri="sqlite:///mlflow.db")
    assert examine(tracking)["Tracking"].state == "ok"
    assert not Path("mlflow.db").exists()


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


def test_the_packages_of_the_project_itself_can_be_judged() -> None:
    assert doctor_packages.python()[0] == "ok"
    assert doctor_packages.installed()[0] in ("ok", "note")
