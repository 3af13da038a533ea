"""Servers under load and with other models, for the tests of what goes wrong around them."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from serve_process import Server, wait_for

KEY = "a key of the tests"
HOUSE = {"OverallQual": 7, "GrLivArea": 1710}
WORKERS = pytest.mark.parametrize("workers", [1, 2], ids=["one worker", "two workers"])


def version(models: Path) -> str:
    found = json.loads((models / "manifest.json").read_text())["version"]
    assert isinstance(found, str)
    return found


def corrupt(path: Path) -> None:
    """Change one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def log_is_whole(server: Server, rows: int) -> bool:
    return server.metric("prediction_log_rows_total", outcome="written") >= rows


def answered(server: Server) -> float:
    return server.metric("http_requests_total", route="/predict", status="200")


@contextmanager
def asked_all_the_time(server: Server, threads: int = 4) -> Iterator[Counter[Any]]:
    """Send predictions over kept connections during the block.

    Gives status -> answers, and what a client raised -> times; filled once the block has ended.
    """
    outcomes: Counter[Any] = Counter()
    stop, lock = threading.Event(), threading.Lock()

    def ask() -> Counter[Any]:
        found: Counter[Any] = Counter()
        with server.client(headers={"X-API-Key": KEY}) as client:
            while not stop.is_set():
                try:
                    answer = client.post("/predict", json=HOUSE)
                except httpx.TransportError as error:
                    found[type(error).__name__] += 1
                    break
                found[answer.status_code] += 1
                found[answer.json().get("version")] += 1
        with lock:
            outcomes.update(found)
        return found

    with ThreadPoolExecutor(threads) as pool:
        asking = [pool.submit(ask) for _ in range(threads)]
        wait_for(lambda: answered(server) > threads, "asked")
        try:
            yield outcomes
        finally:
            stop.set()
    for each in asking:
        each.result()
