"""What goes wrong while a model is trained: one clear line, and nothing is lost."""

import errno
import importlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tracked import aliases, tracked

from {{ cookiecutter.package_name }} import export, train, training
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.artifacts import staging_folder, verify
from {{ cookiecutter.package_name }}.errors import UserError

SOURCE = Path(train.__file__).parents[1]
QUICK = (
    "data.sample_rows=160",
    "train.model=ridge",
    "train.folds=3",
    "tracking.enabled=false",
)
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals and limits")


def run(script: str, *settings: str, **more: Any) -> "subprocess.CompletedProcess[str]":
    """`train` as on the command line, after `script` has broken something."""
    Path("params.yaml").write_text("{}\n")
    chosen = [part for setting in (*QUICK, *settings) for part in ("--set", setting)]
    code = (
        f"{script}\nimport sys\nfrom {{ cookiecutter.package_name }}.cli import app\n"
        f"sys.argv = ['train', 'train', *{chosen!r}]\napp()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
        **more,
    )


def files(*folders: str) -> dict[str, bytes]:
    """Every file of the project, hidden ones too."""
    paths = [path for name in folders for path in Path(name).rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in paths}


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    assert not any("Traceback" in line for line in lines), text
    return lines[-1]


# --- killed ---------------------------------------------------------------------------------------


@posix
def test_a_killed_run_leaves_the_old_model_and_the_next_one_clears_up(project: Path) -> None:
    before = files("models")
    killed = run(
        "import os, signal\n"
        "from {{ cookiecutter.package_name }} import train\n"
        "train.write_manifest = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (left,) = Path("models").glob(".new-*")
    # It was killed when all of the new model was there but its manifest.
    assert (left / "model.onnx").is_file()
    assert {name: files("models")[name] for name in before} == before
    Predictor.load(Path("models"))
    assert run("").returncode == 0
    assert not list(Path("models").glob(".new-*"))
    assert verify(Path("models"), ("model.onnx",)).name == "ridge"


def make_leftover(name: str, age_s: float = 0.0) -> Path:
    path = Path("models") / name
    path.mkdir(parents=True)
    (path / "model.onnx").write_bytes(b"half")
    os.utime(path, (time.time() - age_s,) * 2)
    return path


@posix
def test_only_what_nobody_writes_to_is_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here, dead = socket.gethostname(), subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    hour, days = 3600.0, 2 * 24 * 3600.0
    cleared = [
        make_leftover(f".new-{here}-{dead.pid}-abc"),
        make_leftover(f".new-{here}-{os.getpid()}-old", days),
        make_leftover(".new-elsewhere-1-abc", days),
        make_leftover(".new-abc", days),
    ]
    kept = [
        make_leftover(f".new-{here}-{os.getpid()}-abc", hour),
        # A process of another machine that has the folder too, or of another container.
        make_leftover(f".new-elsewhere-{dead.pid}-abc", hour),
        make_leftover(".new-abcd", hour),
    ]
    with staging_folder(Path("models")) as folder:
        assert folder.is_dir()
        assert not any(path.exists() for path in cleared)
        assert all(path.is_dir() for path in kept)
    assert not folder.exists()


# --- the disk is full -----------------------------------------------------------------------------

# Each place where the new model, its figure or its report is written.
PLACES = ("joblib.dump", "onnx.save_model", "numpy.save", "write_manifest", "copyfile", "json_text")


@pytest.mark.parametrize("place", PLACES)
def test_a_full_disk_leaves_the_old_model_and_report(
    project: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def full(*arguments: Any, **named: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    params = tracked(tracking={"enabled": False})
    module, _, function = place.rpartition(".")
    here = {"json_text": training, "copyfile": shutil}
    owner = importlib.import_module(module) if module else here.get(function, train)
    monkeypatch.setattr(owner, function, full)
    before = files("models", "reports")
    with pytest.raises(UserError) as caught:
        train.train(params)
    assert os.strerror(errno.ENOSPC) in str(caught.value)
    assert "Free some space" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert files("models", "reports") == before
    Predictor.load(Path("models"))


@posix
@pytest.mark.parametrize("setting", ["data.seed=42", "data.seed=5"])
def test_a_file_that_may_grow_no_more_is_a_full_disk_too(project: Path, setting: str) -> None:
    before = files("models", "reports", "data")
    # The kernel itself refuses. With another seed, the data are written first, and are too large.
    result = run(
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))",
        setting,
    )
    assert result.returncode == 2, result.stderr
    assert "unchanged" in last_line(result.stderr)
    assert files("models", "reports", "data") == before


@posix
def test_a_file_system_without_space_leaves_the_old_model(tmp_path: Path, project: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        before = files("models")
        for name, content in before.items():
            if not name.endswith("model.joblib"):
                (disk / Path(name).name).write_bytes(content)
        os.rename("models", "models-before")
        os.symlink(disk, "models")
        old = files("models")
        assert old
        result = run("")
        assert result.returncode == 2, result.stderr
        assert os.strerror(errno.ENOSPC) in last_line(result.stderr)
        assert files("models") == old
        Predictor.load(Path("models"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# --- the tracking server goes away ----------------------------------------------------------------


@pytest.mark.parametrize("moment", ["log_metrics", "log_artifact"])
def test_a_model_is_kept_though_the_server_went_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    import mlflow

    monkeypatch.chdir(tmp_path)
    params = tracked()

    def gone(*arguments: Any, **named: Any) -> None:
        raise mlflow.exceptions.MlflowException("connection refused\nand more about it")

    with monkeypatch.context() as fault:
        fault.setattr(mlflow, moment, gone)
        fault.setattr(mlflow.MlflowClient, "set_terminated", gone)
        with pytest.raises(UserError) as caught:
            train.train(params)
    message = str(caught.value)
    assert "\n" not in message
    manifest = verify(Path("models"), ("model.onnx", "model.joblib"))
    assert f"models/ (version {manifest.version})" in message
    assert "connection refused" in message
    Predictor.load(Path("models"))
    assert aliases() == {}
    # Once the server is back, training again registers it.
    train.train(params)
    assert aliases() == {"champion": "1"}


def test_a_champion_is_not_replaced_by_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.chdir(tmp_path)
    params = tracked()
    train.train(params)

    def gone(*arguments: Any, **named: Any) -> None:
        raise mlflow.exceptions.MlflowException("connection refused")

    monkeypatch.setattr(mlflow.MlflowClient, "log_model_artifacts", gone)
    with pytest.raises(UserError, match="not all of it is in MLflow"):
        train.train(tracked(registry={"promote": "always"}))
    assert aliases() == {"champion": "1"}


def test_an_export_that_fails_leaves_the_old_model(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files("models", "reports")
    monkeypatch.setattr(export, "LARGEST_DIFFERENCE", -1.0)
    with pytest.raises(UserError, match="The old model stays"):
        train.train(tracked(tracking={"enabled": False}))
    assert files("models", "reports") == before
