"""The project's own state: repository, ports, the tracking server, the model."""

from __future__ import annotations

import errno
import os
import re
import socket
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.error import URLError
from urllib.request import urlopen

from dotenv import dotenv_values

from .api.settings import load_settings
from .artifacts import MANIFEST, git_revision, read_manifest, verify
from .errors import UserError
from .tracking import TrackingSettings, check_reachable, tracking_uri, without_password

COMPOSE = Path("compose.yaml")
# "127.0.0.1:${MLFLOW_PORT:-5000}:5000"
PUBLISHED = re.compile(r"\$\{(?P<variable>\w+):-(?P<default>\d+)\}:\d+")
SQLITE = "sqlite:///"
HEALTH_SECONDS = 3.0

State = Literal["ok", "note", "problem"]


def git() -> tuple[State, str]:
    """A model's manifest names the revision that made it."""
    revision = git_revision()
    if revision is None:
        return "note", "no commit yet, so models do not say which code made them. git init; commit"
    changed = ", with changes that are not committed" if revision.endswith("-dirty") else ""
    return "ok", f"{revision[:12]}{changed}"


def server() -> tuple[State, str]:
    """The settings of `serve`, and its port. Raises UserError for a setting that cannot be used."""
    settings = load_settings()
    host, port = settings.host, settings.port
    if port == 0 or _is_free(host, port):
        return "ok", f"port {port} is free for `serve`"
    if _answers(port):
        return "note", f"a service answers on port {port} already; for another: serve --port 8001"
    return "problem", f"port {port} is in use by something else. Stop it, or: serve --port 8001"


def compose_ports() -> tuple[State, str]:
    """The ports that `make up` publishes."""
    ports = _published()
    if not ports:
        return "ok", f"{COMPOSE} publishes none"
    taken = {name: port for name, port in ports.items() if not _is_free("127.0.0.1", port)}
    if taken:
        listed = ", ".join(f"{port} ({name})" for name, port in taken.items())
        return "note", (
            f"in use: {listed}. If that is not this project's own `make up`, "
            "name another port in .env before it."
        )
    return "ok", f"{', '.join(map(str, ports.values()))} are free for `make up`"


def tracking_server(settings: TrackingSettings) -> tuple[State, str]:
    """Where runs are logged. Raises UserError if that cannot be used."""
    if not settings.enabled:
        return "ok", "off (tracking.enabled)"
    uri = tracking_uri(settings.uri)
    if uri.startswith(SQLITE):
        return _sqlite(Path(uri.removeprefix(SQLITE)))
    check_reachable(uri)
    return "ok", without_password(uri)


def model(runtime: tuple[str, ...]) -> tuple[State, str]:
    """The model in its folder: each file's hash, and the versions of what made it."""
    try:
        folder = load_settings().models
    except UserError:
        return "note", "not checked: a setting of the server is wrong, see Server"
    if not (folder / MANIFEST).is_file():
        return "note", f"none in {folder}/ yet. Run `train`."
    manifest = read_manifest(folder)
    verify(folder, tuple(manifest.artifacts), not_older=runtime)
    text = f"{manifest.name}, version {manifest.version}, files as they were written"
    try:
        verify(folder, (), same=tuple(name for name in manifest.libraries if name not in runtime))
    except UserError as error:
        return "note", f"{text}. It can be served, but not evaluated or explained: {error}"
    return "ok", text


def _sqlite(path: Path) -> tuple[State, str]:
    folder = path.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        fault = "cannot be written to" if folder.is_dir() else "does not exist"
        raise UserError(f"tracking.uri: the folder {folder} {fault}. Make it, or name another.")
    if not path.exists():
        return "ok", f"{path}, made by the first run"
    try:
        # Takes the lock that a run would take, and gives it back.
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=2.0)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            connection.rollback()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise UserError(
            f"tracking.uri: {path} cannot be used ({error}). Move it away, and the next run makes "
            "a new one; or mend its rights."
        ) from None
    return "ok", f"{path} can be written to"


def _published() -> dict[str, int]:
    """Variable -> port, as compose would read them."""
    if not COMPOSE.is_file():
        return {}
    given: Mapping[str, str | None] = {**dotenv_values(".env"), **os.environ}
    found = {}
    for match in PUBLISHED.finditer(COMPOSE.read_text(encoding="utf-8")):
        value = given.get(match["variable"]) or match["default"]
        if not value.isdecimal() or not 0 < int(value) < 65536:
            raise UserError(f"{match['variable']} = {value}: not a port. Correct it in .env.")
        found[match["variable"]] = int(value)
    return found


def _is_free(host: str, port: int) -> bool:
    """Raises UserError for a host that is not this machine."""
    mend = "Set it to 127.0.0.1, or to 0.0.0.0 for every network of this machine."
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UserError(f"APP_HOST = {host!r}: no such host is known. {mend}") from None
    family, kind, _, _, address = found[0]
    with socket.socket(family, kind) as probe:
        if os.name == "posix":
            # A connection that has ended a moment ago does not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                text = f"APP_HOST = {host!r}: not an address of this machine. {mend}"
                raise UserError(text) from None
            return False
    return True


def _answers(port: int) -> bool:
    """Whether a service like this project's is there."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/health/live", timeout=HEALTH_SECONDS) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError, ValueError):
        return False
