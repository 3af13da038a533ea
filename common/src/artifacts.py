"""Files that other steps rely on: written whole or not at all, and checked before use."""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import UserError

MANIFEST = "manifest.json"
PICKLES = (".joblib", ".pkl")
STAGING = ".new-"
STALE_SECONDS = 24 * 3600


class Manifest(BaseModel):
    """What `models/` holds, and what it was made from. Stored as `models/manifest.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    created: str
    artifacts: dict[str, str]
    """File name -> SHA-256 of its content, in hexadecimal."""
    libraries: dict[str, str]
    """Distribution name -> version that wrote the artifacts."""
    git_revision: str | None
    data: dict[str, Any]
    metrics: dict[str, Any]
    settings: dict[str, Any]
    """What serving needs beside the artifacts, such as the width of the interval."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder that takes `path`'s name when the block ends well.

    A killed or failing run leaves the old file as it was. The rename is atomic on POSIX and on
    Windows because both names lie in one folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner may read; artifacts are meant to be shared.
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def staging_folder(folder: Path) -> Iterator[Path]:
    """A folder inside `folder` to write new artifacts to, for `publish`; gone after the block.

    Clears first what killed runs left behind. A disk that is full, or any other failure to write,
    is a UserError; nothing outside the new folder has changed by then.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(folder)
        # The name says whose it is, so that a later run knows when nobody's it is.
        prefix = f"{STAGING}{socket.gethostname()}-{os.getpid()}-"
        with tempfile.TemporaryDirectory(prefix=prefix, dir=folder) as name:
            yield Path(name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"{folder}: the new artifacts cannot be written ({reason}). What was there before is "
            "unchanged. Free some space, or check the folder's rights, and run this again."
        ) from None


def _clear_leftovers(folder: Path) -> None:
    """Remove the staging folders of runs that are dead, or of which nothing is known for a day."""
    for path in folder.glob(f"{STAGING}*"):
        host, _, process = path.name.removeprefix(STAGING).rpartition("-")[0].rpartition("-")
        here = host == socket.gethostname() and process.isdecimal()
        try:
            old = time.time() - path.stat().st_mtime > STALE_SECONDS
        except FileNotFoundError:  # its run has ended in this moment
            continue
        if old or (here and not _runs(int(process))):
            shutil.rmtree(path, ignore_errors=True)


def _runs(process: int) -> bool:
    """Whether a process of this machine is alive; yes where that cannot be asked."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: object) -> None:
    """Write a JSON document atomically; NaN and infinity are errors, since JSON has neither."""
    write_text(path, json_text(value))


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write each to a temporary name first, and rename once all are complete."""
    with ExitStack() as stack:
        for path, content in files.items():
            stack.enter_context(atomic_path(path)).write_bytes(content)


def json_text(value: object) -> str:
    """A JSON document as `write_json` writes it."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def library_versions(names: tuple[str, ...]) -> dict[str, str]:
    """The installed version of each named distribution; those not installed are left out."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git_revision() -> str | None:
    """The working folder's commit, with `-dirty` if it has changes; None outside git."""
    try:
        result = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()


def write_manifest(
    folder: Path,
    artifacts: tuple[str, ...],
    *,
    name: str,
    data: Mapping[str, Any],
    metrics: Mapping[str, Any],
    settings: Mapping[str, Any],
    libraries: tuple[str, ...],
) -> Manifest:
    """Hash the named files in `folder` and write its manifest, last, so that it vouches for all.

    The version is the date and the start of the hash over the artifacts but for pickles: two equal
    models have equal endings.
    """
    hashes = {artifact: sha256_of(folder / artifact) for artifact in artifacts}
    # A pickle of the same objects has other bytes each time.
    lasting = sorted(value for file, value in hashes.items() if not file.endswith(PICKLES))
    digest = hashlib.sha256("".join(lasting).encode()).hexdigest()
    now = datetime.now(UTC)
    manifest = Manifest(
        name=name,
        version=f"{now:%Y%m%d}-{digest[:8]}",
        created=now.isoformat(timespec="seconds"),
        artifacts=hashes,
        libraries=library_versions(libraries),
        git_revision=git_revision(),
        data=dict(data),
        metrics=dict(metrics),
        settings=dict(settings),
    )
    write_json(folder / MANIFEST, manifest.model_dump())
    return manifest


def publish(staging: Path, folder: Path) -> None:
    """Move what was written and hashed in `staging` into `folder`, the manifest last.

    Both lie on one file system, so each move is a rename. Whoever reads in between finds hashes
    that do not fit and is told so; nobody finds half a file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for artifact in read_manifest(staging).artifacts:
        (staging / artifact).replace(folder / artifact)
    (staging / MANIFEST).replace(folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of `folder`. Raises UserError if there is none or it does not parse."""
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file. Train a model first: run `train`.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "it"
        raise UserError(
            f"{path}: not a manifest of this version ({field}: {first['msg']}). Run `train` again."
        ) from None


def verify(
    folder: Path,
    needed: tuple[str, ...],
    *,
    same: tuple[str, ...] = (),
    not_older: tuple[str, ...] = (),
) -> Manifest:
    """The manifest of `folder`, once each needed artifact has been found with the right hash.

    same: libraries that must be installed in the version (major and minor) that wrote the model,
    as pickled objects ask for; not_older: those that read what older versions wrote. To be called
    before anything is loaded: unpickling a file runs the code that it holds. Raises UserError that
    names the file and the mend.
    """
    manifest = read_manifest(folder)
    _check_versions(folder, manifest, same, not_older)
    for artifact in needed:
        path = folder / artifact
        if artifact not in manifest.artifacts:
            raise UserError(f"{folder / MANIFEST}: does not list {artifact}. Run `train` again.")
        if not path.is_file():
            raise UserError(f"{path}: missing, though the manifest lists it. Run `train` again.")
        if sha256_of(path) != manifest.artifacts[artifact]:
            raise UserError(
                f"{path}: its SHA-256 is not the manifest's, so it was changed or cut short. "
                "Run `train` again, or restore the file."
            )
    return manifest


def _check_versions(
    folder: Path, manifest: Manifest, same: tuple[str, ...], not_older: tuple[str, ...]
) -> None:
    installed = library_versions((*same, *not_older))
    for name, found in installed.items():
        wrote = manifest.libraries.get(name)
        if wrote is None:
            continue
        older = _release(found) < _release(wrote)
        if older or (name in same and _release(found) != _release(wrote)):
            raise UserError(
                f"{folder / MANIFEST}: the model was made with {name} {wrote}, and {found} is "
                f"installed. Run `train` again, or install {name}=={wrote}."
            )


def _release(version_text: str) -> tuple[int, ...]:
    """Major and minor number of a version."""
    return tuple(int(part) for part in re.findall(r"\d+", version_text)[:2])
