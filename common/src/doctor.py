"""What this machine or this project lacks, if anything: one line each, with what to do.

Needs what serving needs and no more. No check raises, and all together take no longer than SECONDS.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

from rich.console import Console
from rich.markup import escape

from . import doctor_machine as machine
from . import doctor_packages as packages
from . import doctor_project as project
from .errors import UserError
from .tracking import TrackingSettings

SECONDS = 8.0  # for all checks together; each one's own limits are below this
PROBLEMS = 1  # exit code: the checks ran, and there is something to mend
COLOURS = {"ok": "green", "note": "yellow", "problem": "bold red"}

State = Literal["ok", "note", "problem"]
Checked = tuple[State, str]
"""ok: as it should be; note: something cannot be done, and may not have to be; problem: mend it."""
Check = Callable[[], Checked]
Settings = TypeVar("Settings")


@dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    name: str
    state: State
    text: str


def doctor(
    load: Callable[[], Settings],
    tracking: Callable[[Settings], TrackingSettings],
    own: Callable[[Settings], Sequence[tuple[str, Check]]],
    runtime: tuple[str, ...],
) -> list[Finding]:
    """Run every check, all at once; the findings in a fixed order.

    load: reads the settings; raises UserError if they are wrong. tracking: their section of that
    name. own: what the template checks beside this, such as its data. runtime: the libraries that
    serve the model, which must not be older than those that it was made with.
    """
    checks: list[tuple[str, Check]] = [
        ("Python", packages.python),
        ("Environment", packages.environment),
        ("Packages", packages.installed),
        ("Disk", machine.disk),
        ("Memory", machine.memory),
        ("Cores", machine.cores),
        ("GPU", machine.gpu),
        ("Docker", machine.docker),
        ("Git", project.git),
        ("Server", project.server),
        ("Ports", project.compose_ports),
        ("Model", partial(project.model, runtime)),
    ]
    try:
        settings = load()
    except UserError as error:
        return [Finding("Settings", "problem", str(error)), *_run(checks)]
    checks.append(("Tracking", partial(project.tracking_server, tracking(settings))))
    try:
        checks.extend(own(settings))
    except ImportError as error:
        checks.append(("Data", partial(_without, error)))
    return [Finding("Settings", "ok", "every value can be used"), *_run(checks)]


def _run(checks: Sequence[tuple[str, Check]]) -> list[Finding]:
    """Each check in a thread of its own; one that hangs is left behind, and said to hang."""
    found: dict[str, Finding] = {}

    def run(name: str, check: Check) -> None:
        found[name] = _outcome(name, check)

    threads = {
        name: threading.Thread(target=run, args=(name, check), daemon=True)
        for name, check in checks
    }
    deadline = time.monotonic() + SECONDS
    for thread in threads.values():
        thread.start()
    for thread in threads.values():
        thread.join(max(0.0, deadline - time.monotonic()))
    late = f"no answer within {SECONDS:.0f} seconds, so this was not checked. Try again."
    return [found.get(name, Finding(name, "problem", late)) for name in threads]


def _outcome(name: str, check: Check) -> Finding:
    try:
        return Finding(name, *check())
    except UserError as error:
        return Finding(name, "problem", str(error))
    except ImportError as error:
        return Finding(name, *_without(error))
    except Exception as error:  # a doctor that falls ill helps nobody
        reason = " ".join(str(error).split())[:200] or "no reason given"
        return Finding(name, "problem", f"not checked: {type(error).__name__}: {reason}")


def _without(error: ImportError) -> Checked:
    return "note", f"not checked: {error.name or error} is missing, see Packages"


def show(findings: Sequence[Finding], console: Console) -> bool:
    """Print a line for each. Returns whether there is a problem."""
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        state = f"[{COLOURS[finding.state]}]{finding.state:<7}[/]"
        line = f"{state}  {escape(finding.name.ljust(width))}  {escape(finding.text)}"
        console.print(line, highlight=False, soft_wrap=True)
    problems = sum(finding.state == "problem" for finding in findings)
    if problems:
        console.print(f"{problems} {'problem' if problems == 1 else 'problems'} to mend.")
    else:
        console.print("Nothing to mend.")
    return problems > 0
