"""How much load a running service bears: answers per second, and latencies, by concurrency.

A closed loop: each connection sends its next request when it has the answer to the last one. So it
finds what the service can do, not how it behaves when more is asked of it than that.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import socket
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from .artifacts import git_revision, library_versions, write_json
from .errors import UserError
from .load_client import Address, Connection
from .loadtest_figures import load_figure
from .plotting import save_figure
from .prediction_log import LOAD_TEST
from .progress import steps

REPORT = Path("reports/loadtest.json")
FIGURE = Path("reports/figures/loadtest.png")
ROUTE = "/predict"

MOST_CONNECTIONS = 1_000
WARM_UP_SECONDS = 0.5
PATIENCE_SECONDS = 10.0  # for answers that are outstanding when the time is up
PAUSE_SECONDS = 0.05  # before a connection that failed is opened anew
SHED = 503  # what the service answers when it has no room


@dataclass
class Tally:
    """What the requests of one concurrency came to."""

    seconds: list[float] = field(default_factory=list)
    """Latencies of the successes."""
    shed_seconds: list[float] = field(default_factory=list)
    """Latencies of the refusals for want of room."""
    errors: Counter[str] = field(default_factory=Counter)
    """Status, or what else went wrong -> requests."""

    def add(self, outcome: int | str, seconds: float) -> None:
        """Count one request. outcome: the answer's status, or what came instead of one."""
        if isinstance(outcome, int) and 200 <= outcome < 300:
            self.seconds.append(seconds)
        elif outcome == SHED:
            self.shed_seconds.append(seconds)
        else:
            self.errors[str(outcome)] += 1


def loadtest(url: str, concurrency: str, seconds: float, api_key: str | None) -> dict[str, Any]:
    """Measure the service at `url`; writes reports/loadtest.json and a figure.

    concurrency: numbers of connections with commas between them. Returns the report. Raises
    UserError if the service does not answer, or does not predict its own example.
    """
    levels = parse_levels(concurrency)
    try:
        address = Address.of(url)
    except ValueError as error:
        raise UserError(f"--url {url}: {error}. For example: http://127.0.0.1:8000.") from None
    # Under this id they are not noted as questions that somebody asked.
    headers = {**_key_header(api_key), "X-Request-ID": f"{LOAD_TEST}{os.getpid()}"}
    about = _model(url)
    _check_answers(url, about["example"], headers)
    request = address.post(ROUTE, about["example"], headers)
    found = []
    with steps("Load", len(levels)) as bar:
        for level in levels:
            tally, taken = asyncio.run(_measure(address, request, level, seconds))
            found.append(summary(level, taken, tally))
            bar.advance(f"{level} connections")
    report = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "url": url,
        "route": f"POST {ROUTE}",
        "model": {"name": about["name"], "version": about["version"]},
        "seconds_each": seconds,
        "cpus": os.cpu_count(),
        # On one machine the client takes time from the service that it measures.
        "client_and_server_share_the_machine": _is_this_machine(address.host),
        "client": {"python": platform.python_version(), **_client_versions()},
        "git_revision": git_revision(),
        "levels": found,
    }
    write_json(REPORT, report)
    save_figure(load_figure(report), FIGURE)
    return report


def parse_levels(text: str) -> list[int]:
    """Numbers of connections. Raises UserError."""
    try:
        levels = [int(part) for part in text.split(",")]
    except ValueError:
        levels = []
    if not levels or min(levels) < 1 or max(levels) > MOST_CONNECTIONS:
        raise UserError(
            f"--concurrency {text}: not whole numbers from 1 to {MOST_CONNECTIONS:,} with commas "
            "between them. For example: --concurrency 1,8,32."
        )
    return levels


def summary(connections: int, seconds: float, tally: Tally) -> dict[str, Any]:
    """One concurrency's figures. Latencies are those of successes, in milliseconds."""
    done = np.array(tally.seconds) * 1000
    shed = np.array(tally.shed_seconds) * 1000
    shares = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    return {
        "connections": connections,
        "seconds": round(seconds, 3),
        "requests": len(done) + len(shed) + tally.errors.total(),
        "successes": len(done),
        "successes_per_second": round(len(done) / seconds, 1),
        "latency_ms": {name: _percentile(done, share) for name, share in shares.items()},
        "shed": len(shed),
        "shed_latency_ms": {name: _percentile(shed, share) for name, share in shares.items()},
        "errors": dict(tally.errors),
    }


def _percentile(values: np.ndarray[Any, np.dtype[np.float64]], share: int) -> float | None:
    return round(float(np.percentile(values, share)), 3) if len(values) else None


async def _measure(
    address: Address, request: bytes, connections: int, seconds: float
) -> tuple[Tally, float]:
    """Ask over so many connections for so long. Returns the tally and the seconds it took."""
    tally = Tally()
    start = time.perf_counter() + WARM_UP_SECONDS
    end = start + seconds
    clients = [
        asyncio.create_task(_keep_asking(address, request, start, end, tally))
        for _ in range(connections)
    ]
    done, late = await asyncio.wait(clients, timeout=WARM_UP_SECONDS + seconds + PATIENCE_SECONDS)
    taken = time.perf_counter() - start
    for client in late:
        client.cancel()
        tally.add("no answer", PATIENCE_SECONDS)
    for client in done:
        client.result()
    return tally, taken


async def _keep_asking(
    address: Address, request: bytes, start: float, end: float, tally: Tally
) -> None:
    """One connection's requests, one after the other; those before `start` do not count."""
    connection: Connection | None = None
    try:
        while time.perf_counter() < end:
            outcome: int | str
            began = time.perf_counter()
            try:
                if connection is None or connection.closed:
                    connection = await Connection.open(address)
                    began = time.perf_counter()
                outcome = await connection.ask(request)
            except OSError:
                outcome, connection = "no connection", None
            if began >= start:
                tally.add(outcome, time.perf_counter() - began)
            if connection is None:
                await asyncio.sleep(PAUSE_SECONDS)
    finally:
        if connection is not None:
            connection.close()


def _key_header(api_key: str | None) -> dict[str, str]:
    if not api_key:
        return {}
    if not api_key.isascii() or not api_key.isprintable():
        raise UserError("--api-key: holds characters that no header can. Copy it anew.")
    return {"X-API-Key": api_key}


def _model(url: str) -> dict[str, Any]:
    """What `GET /model` says."""
    try:
        with _open(f"{url.rstrip('/')}/model") as answer:
            about = json.load(answer)
    except urllib.error.HTTPError as error:
        raise UserError(
            f"--url {url}: GET /model answers {error.code}. Wait until the service is ready, or "
            "name the address of a service of this project."
        ) from None
    except (OSError, ValueError, HTTPException) as error:
        raise UserError(
            f"--url {url}: no service answers there ({_reason(error)}). Start one: run `serve`."
        ) from None
    if not isinstance(about, dict) or not {"example", "name", "version"} <= about.keys():
        raise UserError(
            f"--url {url}: its GET /model has no example to send. Name the address of a service "
            "of this project."
        )
    return about


def _check_answers(url: str, example: object, headers: dict[str, str]) -> None:
    """Raise UserError unless the service predicts its own example."""
    request = urllib.request.Request(
        url.rstrip("/") + ROUTE,
        json.dumps(example).encode(),
        {"Content-Type": "application/json", **headers},
    )
    try:
        _open(request).close()
    except urllib.error.HTTPError as error:
        mend = "Send its key: --api-key or APP_API_KEY" if error.code == 401 else "See its log"
        raise UserError(f"--url {url}: POST {ROUTE} answers {error.code}. {mend}.") from None
    except (OSError, HTTPException) as error:
        raise UserError(
            f"--url {url}: POST {ROUTE} is not answered ({_reason(error)}). See the service's log."
        ) from None


def _open(request: str | urllib.request.Request) -> Any:
    # Past a proxy of the environment's: the load itself knows none.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, timeout=PATIENCE_SECONDS)


def _reason(error: Exception) -> str:
    found = getattr(error, "reason", error)
    # In one line, whatever the other side sent.
    return " ".join(str(getattr(found, "strerror", None) or found).split())


def _is_this_machine(host: str) -> bool:
    """Whether the address is one of this machine's own, which alone can be bound."""
    family, kind, _, _, address = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        try:
            probe.bind(address)
        except OSError:
            return False
    return True


def _client_versions() -> dict[str, str]:
    return library_versions(("httptools",))


def show(report: dict[str, Any], console: Console) -> None:
    """Print the figures, and where they are."""
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"{report['route']} at {report['url']}",
        caption="ok/s: answers with status 200",
    )
    names = ("connections", "ok/s", "p50 ms", "p95 ms", "p99 ms", "max ms", "shed", "errors")
    for name in names:
        table.add_column(name, justify="right")
    for level in report["levels"]:
        latencies = level["latency_ms"].values()
        errors = ", ".join(f"{count:,} × {name}" for name, count in level["errors"].items())
        table.add_row(
            str(level["connections"]),
            f"{level['successes_per_second']:,.0f}",
            *("-" if value is None else f"{value:,.2f}" for value in latencies),
            f"{level['shed']:,}",
            errors or "0",
        )
    console.print(table)
    if report["client_and_server_share_the_machine"]:
        console.print(
            f"Client and server share this machine's {report['cpus']} cores: a client elsewhere "
            "may find more."
        )
    console.print(f"Wrote {REPORT} and {FIGURE}")
