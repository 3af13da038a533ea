"""Open an issue for each template, or the library, that broke overnight, or add to the open one.

Usage: report_breakage.py FOLDER

FOLDER holds a folder breakage-TEMPLATE for each, as the workflow "Nightly" leaves them: log.txt,
versions.txt (as `pip freeze` writes it; absent if the install failed) and versions-before.txt (of
the last night that passed; absent if there was none). A job of the run that failed before it could
leave a folder is reported, too. Needs GitHub's `gh`, with GH_TOKEN and GH_REPO; GITHUB_RUN_ID is
the run, RUN_URL its address.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

PREFIX = "breakage-"
LABEL = "nightly"
JOB = " with the newest releases"  # after the template: the name of its job
LAST_LINES = 120
# GitHub takes 65,536 characters.
MOST_LOG, MOST_VERSIONS = 25_000, 25_000
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def main(arguments: list[str]) -> int:
    """0: every breakage is reported. 1: `gh` failed, which has said why. 2: wrong arguments."""
    if len(arguments) != 1 or not os.environ.get("GITHUB_RUN_ID"):
        print("error: name one folder, and the run in GITHUB_RUN_ID", file=sys.stderr)
        return 2
    root = Path(arguments[0])
    try:
        left = {path.name.removeprefix(PREFIX) for path in root.glob(f"{PREFIX}*")}
        found = sorted(left | failed_templates(os.environ["GITHUB_RUN_ID"]))
        if not found:
            print(f"error: no {PREFIX}* in {root}, and no job has failed", file=sys.stderr)
            return 2
        for template in found:
            print(report(root / f"{PREFIX}{template}"))
    except subprocess.CalledProcessError as error:
        print(f"error: {' '.join(error.cmd[:3])}: {error.stderr.strip()}", file=sys.stderr)
        return 1
    return 0


def failed_templates(run: str) -> set[str]:
    """The templates whose job of this run has ended without success."""
    jobs = json.loads(gh("run", "view", run, "--json", "jobs"))["jobs"]
    return {
        job["name"].removesuffix(JOB)
        for job in jobs
        if job["name"].endswith(JOB) and job["conclusion"] in ("failure", "cancelled", "timed_out")
    }


def report(folder: Path) -> str:
    """Report one template's breakage; returns the issue's address."""
    title = f"{folder.name.removeprefix(PREFIX)} breaks with the newest dependencies"
    text = body(folder)
    number = open_issue(title)
    if number is not None:
        return gh("issue", "comment", str(number), "--body-file", "-", stdin=text)
    about = "What the nightly run has found"
    gh("label", "create", LABEL, "--force", "--color", "B60205", "--description", about)
    return gh("issue", "create", "--title", title, "--label", LABEL, "--body-file", "-", stdin=text)


def open_issue(title: str) -> int | None:
    """The number of the open issue of that title, the oldest if there are several."""
    fields = ("--json", "number,title")
    listed = gh("issue", "list", "--state", "open", "--label", LABEL, "--limit", "1000", *fields)
    return min(
        (each["number"] for each in json.loads(listed) if each["title"] == title), default=None
    )


def body(folder: Path) -> str:
    """The issue's text: the run, what has changed, the log's end, all versions."""
    run = f"Run: {os.environ.get('RUN_URL', 'unknown')}"
    if not folder.is_dir():
        return f"No log: the job failed before the tests, or was stopped. {run}\n"
    log, before, now = (
        read(folder / name) for name in ("log.txt", "versions-before.txt", "versions.txt")
    )
    parts = [
        "Its own tests fail in a fresh environment with the newest release of each dependency. "
        f"{run}"
    ]
    if now and before:
        parts += ["### Changed since the last night that passed", changes(before, now)]
    parts += ["### The end of the log", fenced(tail(log) or "There is none.")]
    shown = now[:MOST_VERSIONS] if now else "Nothing was installed: see the log."
    parts += [f"<details><summary>Versions</summary>\n\n{fenced(shown)}\n\n</details>"]
    return "\n\n".join(parts) + "\n"


def changes(before: str, now: str) -> str:
    """A table of the packages whose version differs."""
    old, new = versions(before), versions(now)
    rows = [
        f"| {name} | {old.get(name, 'absent')} | {new.get(name, 'absent')} |"
        for name in sorted(old | new)
        if old.get(name) != new.get(name)
    ]
    if not rows:
        return "No version. So it is the template, the network or the machine."
    return "\n".join(["| package | before | now |", "|---|---|---|", *rows])


def versions(frozen: str) -> dict[str, str]:
    """{package: version} of what `pip freeze` wrote."""
    pairs = (line.partition("==") for line in frozen.splitlines())
    return {name.strip().lower(): version.strip() for name, mark, version in pairs if mark}


def tail(log: str) -> str:
    """The last lines of a log, without colours and not too long."""
    lines = COLOURS.sub("", log).rstrip().splitlines()[-LAST_LINES:]
    return "\n".join(lines)[-MOST_LOG:]


def fenced(text: str) -> str:
    """A code block that no line of the text can end."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}"


def read(path: Path) -> str:
    """A file's text; empty if it is not there."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def gh(*arguments: str, stdin: str = "") -> str:
    """What `gh` prints. Raises CalledProcessError."""
    process = subprocess.run(
        ["gh", *arguments], input=stdin, capture_output=True, text=True, check=True
    )
    return process.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
