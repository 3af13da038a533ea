"""Downloads: kept and checked, and a failed one leaves nothing behind."""

import hashlib
import json
import socket
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flats import flats, settings

from {{ cookiecutter.package_name }} import data, sources
from {{ cookiecutter.package_name }}.errors import UserError

pytestmark = pytest.mark.usefixtures("folder")


class Stub(BaseHTTPRequestHandler):
    """Answers with `pages[path]`: bytes, or a status code; counts the requests."""

    pages: dict[str, bytes | int]
    requests: list[str]
    cut = False

    def do_GET(self) -> None:
        self.requests.append(self.path)
        page = self.pages.get(self.path, 404)
        if isinstance(page, int):
            self.send_error(page)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page[: len(page) // 2] if self.cut else page)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Stub]]]:
    handler = type("Handler", (Stub,), {"pages": {}, "requests": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}", handler
        http.shutdown()
        thread.join()


def as_csv(rows: list[list[str]]) -> bytes:
    return "".join(",".join(row) + "\n" for row in rows).encode()


def test_a_url_is_downloaded_once_and_checked_ever_after(server: tuple[str, type[Stub]]) -> None:
    address, handler = server
    handler.pages["/flats.csv?v=1"] = as_csv(flats())
    params = settings(source="csv", path=f"{address}/flats.csv?v=1", target="price")
    first, second = data.prepare(params), data.prepare(params)
    assert first.files == second.files
    assert handler.requests == ["/flats.csv?v=1"]
    cached = sources.raw_file(params.data)
    assert cached.with_name(f"{cached.name}.sha256").read_text().split()[0] == first.meta.sha256
    cached.write_bytes(cached.read_bytes() + b"X,1,Ghent,true,5\n")
    with pytest.raises(UserError, match="changed since it was downloaded"):
        data.prepare(params)


@pytest.mark.parametrize("fault", ["status", "cut", "refused"])
def test_a_failed_download_is_one_line_and_leaves_nothing_behind(
    server: tuple[str, type[Stub]], fault: str
) -> None:
    address, handler = server
    handler.pages["/flats.csv"] = 503 if fault == "status" else as_csv(flats())
    handler.cut = fault == "cut"
    if fault == "refused":
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(UserError, match=r"answered 503|stopped after|refused") as caught:
        data.prepare(settings(source="csv", path=f"{address}/flats.csv", target="price"))
    assert "\n" not in str(caught.value)
    assert list(Path("data/raw").iterdir()) == []


def openml_pages(rows: list[list[str]]) -> dict[str, bytes | int]:
    """What OpenML's API answers for data set 42165, with other rows."""
    kinds = ["string", "numeric", "nominal", "nominal", "numeric"]
    features = [
        {
            "index": str(i),
            "name": name,
            "data_type": kind,
            "is_target": "true" if name == "price" else "false",
            "is_ignore": "false",
            "is_row_identifier": "false",
            "number_of_missing_values": "0",
        }
        for i, (name, kind) in enumerate(zip(rows[0], kinds, strict=True))
    ]
    types = ["STRING", "REAL", "{Ghent,Bruges,Ypres}", "{true,false}", "REAL"]
    declared = "".join(f"@ATTRIBUTE {n} {t}\n" for n, t in zip(rows[0], types, strict=True))
    arff = f"@RELATION flats\n{declared}@DATA\n".encode() + as_csv(rows[1:])
    description = {
        "id": "42165",
        "name": "house_prices",
        "version": "1",
        "description": "a stub",
        "format": "ARFF",
        "status": "active",
        "url": "https://www.openml.org/data/v1/download/1/flats.arff",
        "file_id": "1",
        "md5_checksum": hashlib.md5(arff, usedforsecurity=False).hexdigest(),
    }
    quality = [{"name": "NumberOfInstances", "value": str(len(rows) - 1)}]
    api = "/api/v1/json/data"
    return {
        f"{api}/42165": json.dumps({"data_set_description": description}).encode(),
        f"{api}/features/42165": json.dumps({"data_features": {"feature": features}}).encode(),
        f"{api}/qualities/42165": json.dumps({"data_qualities": {"quality": quality}}).encode(),
        "/data/v1/download/1/flats.arff": arff,
    }


@pytest.fixture
def openml(server: tuple[str, type[Stub]], monkeypatch: pytest.MonkeyPatch) -> type[Stub]:
    """scikit-learn's own OpenML loader, led to the stub instead of www.openml.org."""
    address, handler = server

    def urlopen(request: urllib.request.Request) -> Any:
        url = request.full_url.replace("https://www.openml.org", address)
        return urllib.request.urlopen(urllib.request.Request(url, headers=request.headers))

    monkeypatch.setattr("sklearn.datasets._openml.urlopen", urlopen)
    return handler


def test_openml_is_downloaded_once_and_read_like_any_csv(openml: type[Stub]) -> None:
    rows = flats()
    rows[4][2] = "?"
    openml.pages.update(openml_pages(rows))
    params = settings(source="openml", target="price")
    dataset = data.prepare(params)
    asked = len(openml.requests)
    assert data.prepare(params).files == dataset.files
    assert len(openml.requests) == asked
    assert dataset.meta.rows == 60
    assert dataset.missing == {"town": 1}
    assert dataset.table.categories == ("town", "lift")
    assert "OpenML 42165" in dataset.meta.name
    assert not dataset.meta.synthetic
    cached = Path("data/raw/openml-42165.csv")
    assert cached.read_text().splitlines()[1] == "F0,40,Ghent,False,100000"
    assert Path("data/raw/openml-42165.csv.sha256").is_file()


@pytest.mark.parametrize("fault", ["status", "unknown", "garbled"])
def test_openml_out_of_reach_is_one_line_and_leaves_nothing_behind(
    openml: type[Stub], fault: str
) -> None:
    openml.pages.update(openml_pages(flats()))
    if fault == "status":
        openml.pages["/api/v1/json/data/42165"] = 503
    elif fault == "unknown":
        openml.pages["/api/v1/json/data/42165"] = 412
    else:
        openml.pages["/data/v1/download/1/flats.arff"] = b"not what the checksum says"
    with pytest.raises(UserError, match="OpenML data set 42165") as caught:
        data.prepare(settings(source="openml", target="price"))
    assert "\n" not in str(caught.value)
    assert list(Path("data/raw").iterdir()) == []
