"""The running API against its own OpenAPI document, with what schemathesis makes up from it.

Every check of schemathesis: no 5xx, no status, media type, header or body that the document does
not have, what it allows is accepted, what it forbids is refused, no way around the key.
"""

import json
import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from serve_process import Server, running

KEY = "of-the-test"
QUICK = ("--phases", "examples,fuzzing", "--max-examples", "60")
# The phase "coverage" tries each field's edges, one after the other.
THOROUGH = ("--phases", "examples,coverage,fuzzing", "--max-examples", "700")


# What a schema cannot say, such as what a picture is, a template's own file of this name makes up.
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")

# A batch of too many rows is refused with 413, which is documented, but which schemathesis does not
# count as a refusal of itself.
SETTINGS = """
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "413", "415", "422"]
"""


def run(server: Server, folder: Path, *options: str) -> dict[str, Any]:
    """Run schemathesis on a server; returns its report. Fails with what it found, if anything."""
    report, settings = folder / "report.json", folder / "schemathesis.toml"
    hooks = f"hooks = {json.dumps(str(HOOKS))}\n" if HOOKS.exists() else ""
    settings.write_text(hooks + SETTINGS)
    process = subprocess.run(
        [
            str(Path(sysconfig.get_path("scripts"), "schemathesis")),
            *("--config-file", str(settings)),
            *("run", f"{server.address}/openapi.json", "--checks", "all"),
            # The same cases each time, and all that is wrong at once.
            *("--generation-deterministic", "--continue-on-failure"),
            *("--report", "json", "--report-json-path", str(report), *options),
        ],
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def check(project: Path, folder: Path, key: str, options: tuple[str, ...], fewest: int) -> None:
    """At least `fewest` cases over all operations; none is answered otherwise than documented."""
    sent = ("--header", f"X-API-Key: {key}") if key else ()
    with running(project, APP_API_KEY=key) as server:
        document = server.get("/openapi.json").json()
        report = run(server, folder, *options, *sent)
        assert server.stop() == 0
    assert report["complete"]
    assert report["test_cases"]["generated"] >= fewest
    assert report["failures"] == report["errors"] == []
    operations = sum(len(methods) for methods in document["paths"].values())
    assert report["operations"]["tested"] == operations
    # What the service itself has noted: each route was asked, and none ever failed.
    answered: dict[str, set[int]] = {path: set() for path in document["paths"]}
    for event in server.events("request"):
        answered.setdefault(event["path"], set()).add(event["status"])
    assert max(max(statuses) for statuses in answered.values()) < 500
    for path, methods in document["paths"].items():
        if "requestBody" in methods.get("post", {}):
            # Sense; nonsense, of which a short run makes up one kind or the other; and no key.
            assert {200} | ({401} if key else set()) <= answered[path], path
            assert {400, 422} & answered[path], path
    # Who may load a model is known by a key alone.
    assert ({200, 401} if key else {403}) <= answered["/model/reload"]


@pytest.mark.parametrize("key", ["", KEY], ids=["open", "with a key"])
def test_the_api_is_what_its_document_says(trained_project: Path, tmp_path: Path, key: str) -> None:
    check(trained_project, tmp_path, key, QUICK, 150)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["", KEY], ids=["open", "with a key"])
def test_two_thousand_requests_find_nothing_else(
    trained_project: Path, tmp_path: Path, key: str
) -> None:
    check(trained_project, tmp_path, key, THOROUGH, 2_000)
