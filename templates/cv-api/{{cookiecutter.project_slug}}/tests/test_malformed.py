"""Thousands of damaged pictures through the service: each is answered, and it goes on."""

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import quiet_settings
from mutations import mutations
from picture_kinds import file, scene
from serve_process import Server, running
from small_model import in_base64, write_model

from {{ cookiecutter.package_name }}.api.app import create_app
from {{ cookiecutter.package_name }}.api.predictor import Predictor

MOST_SECONDS = 5.0  # for one answer, with others beside it
MOST_MEGABYTES = 700.0  # more than before: one picture of the most pixels, and what is kept of it
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def requests(count: int, seed: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """How each came about, the route that it goes to, and httpx's arguments of the request."""
    for number, (how, content) in enumerate(mutations(count, seed)):
        path = ("/predict", "/explain", "/predict/batch")[number % 3]
        if number % 2:
            yield how, path, {"files": [("file", ("picture", content))]}
        elif path == "/predict/batch":
            yield how, path, {"json": {"images": [in_base64(content)]}}
        else:
            yield how, path, {"json": {"image": in_base64(content)}}


async def ask_all(client: httpx.AsyncClient, count: int, seed: int) -> Counter[int]:
    """Send them, a few at a time; fails at the first answer that is none. Returns the statuses."""
    statuses: Counter[int] = Counter()
    room = asyncio.Semaphore(6)

    async def ask(how: str, path: str, sent: dict[str, Any]) -> None:
        async with room:
            started = time.perf_counter()
            answer = await client.post(path, **sent)
            seconds = time.perf_counter() - started
        statuses[answer.status_code] += 1
        assert answer.status_code in (200, 413, 422), f"{how}: {answer.status_code} {answer.text}"
        assert seconds < MOST_SECONDS, f"{how}: {seconds:.1f} s"
        if answer.status_code != 200:
            problem = answer.json()
            assert problem["field"] in ("file", "file[0]", "image", "images[0]"), how
            assert "\n" not in problem["detail"], how

    await asyncio.gather(*(ask(*each) for each in requests(count, seed)))
    return statuses


def peak_megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_hundreds_of_damaged_pictures_are_answered(tmp_path: Path) -> None:
    write_model(tmp_path)
    app = create_app(quiet_settings(), Predictor.load(tmp_path))
    before = peak_megabytes()

    async def run() -> tuple[Counter[int], int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            statuses = await ask_all(client, 450, seed=0)
            whole = {"files": {"file": ("a.png", file(scene(), "PNG"))}}
            return statuses, (await client.post("/predict", **whole)).status_code

    statuses, after = asyncio.run(run())
    assert after == 200
    assert statuses[200] > 50
    assert statuses[422] > 150
    assert peak_megabytes() - before < MOST_MEGABYTES


def resident_megabytes(server: Server, peak: bool = False) -> float:
    """The memory that a server has, or the most that it has had."""
    wanted = "VmHWM:" if peak else "VmRSS:"
    for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith(wanted):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"no {wanted}")


@pytest.mark.slow
def test_five_thousand_damaged_pictures_leave_a_server_as_it_was(tmp_path: Path) -> None:
    write_model(tmp_path / "models")

    async def run(server: Server) -> Counter[int]:
        async with httpx.AsyncClient(
            base_url=server.address, timeout=60, trust_env=False
        ) as client:
            return await ask_all(client, 5_000, seed=2)

    with running(tmp_path, APP_PREDICTION_LOG="") as server:
        before = resident_megabytes(server)
        statuses = asyncio.run(run(server))
        after, peak = resident_megabytes(server), resident_megabytes(server, peak=True)
        whole = {"image": in_base64(file(scene(), "PNG"))}
        assert server.post("/predict", whole).status_code == 200
        assert server.stop() == 0
        assert "Traceback" not in "".join(server.out + server.err)
    print(f"{dict(statuses)}; {before:.0f} MB before, {after:.0f} after, {peak:.0f} at most")
    assert sum(statuses.values()) == 5_000
    assert peak - before < MOST_MEGABYTES
