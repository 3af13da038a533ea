"""Files are written whole or not at all, and checked before they are used."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }} import artifacts
from {{ cookiecutter.package_name }}.errors import UserError

DIES_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from {{ cookiecutter.package_name }}.artifacts import atomic_path
with atomic_path(Path(sys.argv[1])) as path:
    path.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def store(folder: Path, content: str = "model") -> artifacts.Manifest:
    folder.mkdir(exist_ok=True)
    (folder / "model.onnx").write_text(content)
    return artifacts.write_manifest(
        folder,
        ("model.onnx",),
        name="ridge",
        data={"name": "sample"},
        metrics={"rmse": 1.0},
        settings={"coverage": 0.9},
        libraries=("numpy", "no-such-distribution"),
    )


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as error:
        artifacts.verify(folder, ("model.onnx",))
    message = str(error.value)
    assert "\n" not in message
    assert "train" in message
    return message


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")

    def fail() -> None:
        with artifacts.atomic_path(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX signal")
def test_a_killed_process_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_text("old")
    died = subprocess.run(
        [sys.executable, "-c", DIES_WHILE_WRITING, str(path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")},
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_json_has_neither_nan_nor_a_half_written_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    with pytest.raises(ValueError, match="JSON"):
        artifacts.write_json(path, {"rmse": float("nan")})
    assert not path.exists()


def test_what_was_stored_is_verified(tmp_path: Path) -> None:
    manifest = store(tmp_path)
    assert artifacts.verify(tmp_path, ("model.onnx",)) == manifest
    assert set(manifest.libraries) == {"numpy"}


def test_equal_models_have_equal_endings_of_their_versions(tmp_path: Path) -> None:
    same, other = store(tmp_path / "a"), store(tmp_path / "b", "another model")
    assert same.version.endswith(store(tmp_path / "c").version[-8:])
    assert same.version != other.version


def test_a_changed_artifact_is_refused(tmp_path: Path) -> None:
    store(tmp_path)
    (tmp_path / "model.onnx").write_text("changed")
    assert "model.onnx: its SHA-256" in refusal(tmp_path)


def test_a_missing_artifact_is_refused(tmp_path: Path) -> None:
    store(tmp_path)
    (tmp_path / "model.onnx").unlink()
    assert "model.onnx: missing" in refusal(tmp_path)


def test_an_artifact_that_the_manifest_does_not_list_is_refused(tmp_path: Path) -> None:
    store(tmp_path)
    with pytest.raises(UserError, match=r"does not list other\.onnx"):
        artifacts.verify(tmp_path, ("other.onnx",))


@pytest.mark.parametrize("text", ["", "{", "{}", '{"name": 3}'])
def test_a_garbled_manifest_is_refused(tmp_path: Path, text: str) -> None:
    store(tmp_path)
    (tmp_path / "manifest.json").write_text(text)
    assert "not a manifest" in refusal(tmp_path)


def test_no_manifest_means_that_nothing_was_trained(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path)


def test_publishing_moves_everything_and_the_manifest(tmp_path: Path) -> None:
    store(tmp_path / "models", "old")
    manifest = store(tmp_path / "staging", "new")
    artifacts.publish(tmp_path / "staging", tmp_path / "models")
    assert artifacts.verify(tmp_path / "models", ("model.onnx",)) == manifest
    assert list((tmp_path / "staging").iterdir()) == []
