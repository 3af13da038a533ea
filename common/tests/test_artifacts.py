"""Files that other steps rely on: written whole or not at all, and checked before use."""

import json
import os
from pathlib import Path

import pytest
from killed import KILL, needs_sigkill, run_until_killed

from {{ cookiecutter.package_name }} import artifacts
from {{ cookiecutter.package_name }}.artifacts import (
    MANIFEST,
    Manifest,
    atomic_path,
    publish,
    read_manifest,
    sha256_of,
    verify,
    write_all,
    write_json,
    write_manifest,
    write_text,
)
from {{ cookiecutter.package_name }}.errors import UserError


def make(folder: Path, **files: str) -> Manifest:
    """A folder of artifacts, one per name, with its manifest."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return write_manifest(
        folder,
        tuple(files),
        name="test",
        data={"rows": 3},
        metrics={"rmse": 1.5},
        settings={"target": "price"},
        libraries=("pydantic", "no-such-distribution"),
    )


def test_equal_models_have_equal_versions_whatever_bytes_their_pickles_have(tmp_path: Path) -> None:
    first = make(tmp_path / "a", **{"model.onnx": "graph", "model.joblib": "one"})
    second = make(tmp_path / "b", **{"model.onnx": "graph", "model.joblib": "two"})
    other = make(tmp_path / "c", **{"model.onnx": "other", "model.joblib": "one"})
    assert first.version.split("-")[1] == second.version.split("-")[1]
    assert first.version.split("-")[1] != other.version.split("-")[1]


def refusal(folder: Path, *needed: str) -> str:
    with pytest.raises(UserError) as caught:
        verify(folder, needed)
    message = str(caught.value)
    assert "\n" not in message
    assert "train" in message
    return message


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- one file -------------------------------------------------------------------------------------


def test_a_file_takes_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "model.bin"
    with atomic_path(path) as temporary:
        temporary.write_bytes(b"new")
        assert temporary.parent == path.parent
        assert temporary.suffix == path.suffix
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["model.bin"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"old")

    def fail_half_way() -> None:
        with atomic_path(path) as temporary:
            temporary.write_bytes(b"ne")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["model.bin"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_others_may_read_what_was_written(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "a")
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o644


def test_json_that_other_programs_could_not_read_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_json(path, {"price": "1 €"})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"price": float("nan")})
    assert json.loads(path.read_text(encoding="utf-8")) == {"price": "1 €"}
    assert names(tmp_path) == ["metrics.json"]


@needs_sigkill
def test_a_run_killed_while_it_writes_leaves_the_old_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = make(tmp_path, model="old")
    run_until_killed(
        "from pathlib import Path\n"
        "from {{ cookiecutter.package_name }}.artifacts import atomic_path\n"
        "with atomic_path(Path('model')) as temporary:\n"
        "    temporary.write_text('half of the new')\n"
        f"    {KILL}\n"
    )
    assert verify(tmp_path, ("model",)) == before
    assert (tmp_path / "model").read_text() == "old"
    # The next run writes as if nothing had been.
    assert make(tmp_path, model="new").artifacts != before.artifacts
    verify(tmp_path, ("model",))


# --- the manifest ---------------------------------------------------------------------------------


def test_the_manifest_vouches_for_each_artifact(tmp_path: Path) -> None:
    written = make(tmp_path, a="1", b="2")
    assert verify(tmp_path, ("a", "b")) == written == read_manifest(tmp_path)
    assert written.artifacts == {name: sha256_of(tmp_path / name) for name in ("a", "b")}
    assert list(written.libraries) == ["pydantic"]


def test_equal_models_have_versions_with_equal_endings(tmp_path: Path) -> None:
    endings = [
        make(tmp_path / folder, a=text).version.partition("-")[2]
        for folder, text in [("x", "1"), ("y", "1"), ("z", "2")]
    ]
    assert endings[0] == endings[1] != endings[2]


def test_a_changed_artifact_is_refused(tmp_path: Path) -> None:
    make(tmp_path, a="1", b="2")
    (tmp_path / "a").write_text("3")
    assert f"{tmp_path / 'a'}: its SHA-256" in refusal(tmp_path, "a")
    verify(tmp_path, ("b",))


def test_an_artifact_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    make(tmp_path, a="123456")
    with (tmp_path / "a").open("r+") as file:
        file.truncate(3)
    assert "cut short" in refusal(tmp_path, "a")


def test_a_missing_artifact_is_refused(tmp_path: Path) -> None:
    make(tmp_path, a="1")
    (tmp_path / "a").unlink()
    assert f"{tmp_path / 'a'}: missing" in refusal(tmp_path, "a")


def test_an_artifact_that_the_manifest_does_not_list_is_refused(tmp_path: Path) -> None:
    make(tmp_path, a="1")
    (tmp_path / "b").write_text("2")
    assert "does not list b" in refusal(tmp_path, "a", "b")


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    assert f"{tmp_path / MANIFEST}: no such file" in refusal(tmp_path, "a")
    assert "no such file" in refusal(tmp_path / "nowhere", "a")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b"{}", b'{"name": 3}', b"null", b'"\\n"'],
)
def test_a_garbled_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    make(tmp_path, a="1")
    (tmp_path / MANIFEST).write_bytes(content)
    assert f"{tmp_path / MANIFEST}: not a manifest" in refusal(tmp_path, "a")


def test_a_manifest_of_another_version_is_refused(tmp_path: Path) -> None:
    held = make(tmp_path, a="1").model_dump()
    write_json(tmp_path / MANIFEST, {**held, "licence": "none"})
    assert "licence" in refusal(tmp_path, "a")


# --- a folder -------------------------------------------------------------------------------------


def test_published_artifacts_replace_the_old_ones_and_leave_other_files(tmp_path: Path) -> None:
    make(tmp_path / "models", a="old")
    (tmp_path / "models" / "README.md").write_text("kept")
    new = make(tmp_path / "staging", a="new", b="more")
    publish(tmp_path / "staging", tmp_path / "models")
    assert verify(tmp_path / "models", ("a", "b")) == new
    assert names(tmp_path / "models") == ["README.md", "a", "b", MANIFEST]
    assert names(tmp_path / "staging") == []


def test_an_incomplete_folder_is_not_published(tmp_path: Path) -> None:
    old = make(tmp_path / "models", a="old")
    (tmp_path / "staging").mkdir()
    (tmp_path / "staging" / "a").write_text("new")
    with pytest.raises(UserError, match="no such file"):
        publish(tmp_path / "staging", tmp_path / "models")
    assert verify(tmp_path / "models", ("a",)) == old


def test_a_publication_cut_off_half_way_is_noticed_by_whoever_loads(tmp_path: Path) -> None:
    make(tmp_path / "models", a="old", b="old")
    make(tmp_path / "staging", a="new", b="new")
    (tmp_path / "staging" / "a").replace(tmp_path / "models" / "a")
    assert "SHA-256" in refusal(tmp_path / "models", "a", "b")


def test_a_library_that_is_older_than_the_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, model="x")
    monkeypatch.setattr(artifacts, "version", lambda name: "1.2.3")
    with pytest.raises(UserError, match=r"pydantic 2.*1\.2\.3 is installed.*train"):
        verify(tmp_path, ("model",), not_older=("pydantic",))


@pytest.mark.parametrize("installed", ["99.0.1", "98.7"])
def test_pickled_objects_ask_for_the_version_that_wrote_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: str
) -> None:
    monkeypatch.setattr(artifacts, "version", lambda name: "98.6.1")
    make(tmp_path, model="x")
    assert verify(tmp_path, ("model",), same=("pydantic",))
    monkeypatch.setattr(artifacts, "version", lambda name: installed)
    assert verify(tmp_path, ("model",), not_older=("pydantic",))
    with pytest.raises(UserError, match=r"98\.6\.1"):
        verify(tmp_path, ("model",), same=("pydantic",))


def test_of_several_files_all_are_written_or_none(tmp_path: Path) -> None:
    first, second = tmp_path / "first.png", tmp_path / "second.json"
    write_all({first: b"old", second: b"old"})
    with pytest.raises(FileExistsError):
        write_all({first: b"new", second / "not a folder.json": b"new"})
    assert first.read_bytes() == second.read_bytes() == b"old"
    assert names(tmp_path) == ["first.png", "second.json"]
