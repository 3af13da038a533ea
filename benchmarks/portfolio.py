"""Seconds from `copier copy` to the filled-in documents, with the packages present.

Usage: python benchmarks/portfolio.py [ROUNDS [TEMPLATE]]

Runs in an environment that has copier and the generated project's extra `train`. The commands are
those of `make portfolio`, as its Makefile lists them, with the template's own settings (the
synthetic sample; MLflow on). TEMPLATE is house-prices unless it is named.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1]
DOCUMENTS = (
    *("README.md", "docs/model_card.md", "docs/blog_post.md", "docs/interview.md"),
    *("reports/index.html", "docs/figures/ablation.png"),
)


def main(rounds: int, template: str) -> None:
    """Print the seconds per command and in all, of each round; and the median of all."""
    totals = []
    for number in range(1, rounds + 1):
        before = cpu_seconds()
        with tempfile.TemporaryDirectory() as folder:
            taken = portfolio(template, Path(folder) / template)
        cpu = cpu_seconds() - before
        totals.append(sum(taken.values()))
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in taken.items())
        load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
        print(f"round {number}: {totals[-1]:.0f} s ({parts}), CPU {cpu:.0f} s{load}", flush=True)
    median = statistics.median(totals)
    print(f"{template}, median of {rounds}: {median:.0f} s on {os.cpu_count()} cores")


def portfolio(slug: str, project: Path) -> dict[str, float]:
    """The seconds of each command. Raises SystemExit if a document was not filled in."""
    taken = {"copy": copied(slug, project)}
    before = {
        path: (project / path).read_bytes() for path in DOCUMENTS if (project / path).exists()
    }
    for command in commands(project, "portfolio"):
        taken[command] = run(slug, project, command)
    for path in DOCUMENTS:
        if not (project / path).exists() or (project / path).read_bytes() == before.get(path):
            raise SystemExit(f"{path}: was not written")
    return taken


def copied(slug: str, project: Path) -> float:
    """The seconds of `copier copy` of a template."""
    copy = (sys.executable, "-m", "copier", "copy", "--quiet", "--defaults")
    # A git checkout is copied from a commit; HEAD with what is not committed yet.
    commit = ("--vcs-ref", "HEAD") if (LIBRARY / ".git").exists() else ()
    template = ("-d", f"template={slug}", str(LIBRARY), str(project))
    return seconds(*copy, *commit, *template, cwd=LIBRARY)


def commands(project: Path, target: str) -> list[str]:
    """What `make TARGET` runs, in its order."""
    makefile = (project / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.partition(f"\n{target}:")[2].partition("\n\n")[0]
    return re.findall(r"^\t\$\(RUN\) (.+)$", recipe, flags=re.MULTILINE)


def run(slug: str, project: Path, command: str) -> float:
    """The seconds of one of the project's commands."""
    return seconds(sys.executable, "-m", slug.replace("-", "_"), *command.split(), cwd=project)


def seconds(*command: str, cwd: Path) -> float:
    """How long the command takes. Stops with its output if it fails."""
    started = time.perf_counter()
    found = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {found.returncode}\n{found.stderr}")
    return time.perf_counter() - started


def cpu_seconds() -> float:
    """What the commands so far have computed, on all cores; 0 on Windows, which does not say."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1,
        sys.argv[2] if len(sys.argv) > 2 else "house-prices",
    )
