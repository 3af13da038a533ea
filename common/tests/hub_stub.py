"""A hub of one data set on loopback: as much of its API as the real loader asks for."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

COMMIT = "a" * 40


class Hub(BaseHTTPRequestHandler):
    """Answers with the files of `folder`, or with `fault`; notes what was asked."""

    folder: Path
    fault: int | None = None
    asked: list[str]

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        self.asked.append(path)
        if self.fault is not None:
            unknown = {"X-Error-Code": "RepoNotFound"} if self.fault == 404 else {}
            self._answer(b"", unknown, self.fault)
        elif "/resolve/" in path:
            self._file(self.folder / path.split("/resolve/")[1].split("/", 1)[1])
        elif "/tree/" in path:
            self._tree(path.split("/tree/")[1].partition("/")[2])
        elif path.startswith("/api/datasets/"):
            files = [{"rfilename": self._name(file)} for file in self._below(self.folder)]
            self._json({"id": "any", "sha": COMMIT, "private": False, "siblings": files})
        else:
            self.send_error(404)

    def _tree(self, name: str) -> None:
        entries = [
            {
                "type": "file" if path.is_file() else "directory",
                "path": self._name(path),
                "size": path.stat().st_size,
                "oid": "b" * 40,
            }
            for path in sorted((self.folder / name).glob("*"))
        ]
        self._json(entries)

    def _file(self, path: Path) -> None:
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        etag = hashlib.sha256(content).hexdigest()
        self._answer(content, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT})

    def _json(self, value: Any) -> None:
        self._answer(json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _answer(self, content: bytes, headers: dict[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    @staticmethod
    def _below(folder: Path) -> list[Path]:
        return [path for path in sorted(folder.rglob("*")) if path.is_file()]

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(folder: Path, fault: int | None = None) -> Iterator[tuple[str, list[str]]]:
    """The address of a hub with these files, and the paths that it was asked for."""
    asked: list[str] = []
    handler = type("Handler", (Hub,), {"folder": folder, "fault": fault, "asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()
        thread.join()
