"""Seconds from `copier copy` of sentiment-bot to its bot's first reply, with the packages present.

Usage: python benchmarks/served_chat.py [ROUNDS]

Runs in an environment that has copier and the generated project's extra `train`. The commands are
those of `make data train serve`, as the project's Makefile has them, with the template's own
settings (the synthetic sample; MLflow on). The last step is from the start of `serve` to the answer
of `POST /chat` to a first message, of which the model has told the mood.
"""

import json
import os
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import portfolio

# Before this folder, which has a serving.py of its own.
sys.path.insert(0, str(portfolio.LIBRARY / "tools"))

from serving import serving

SLUG = "sentiment-bot"
MESSAGE = "The room was dirty, and nobody came when I called."
BAR_SECONDS = 90.0


def main(rounds: int) -> int:
    """Print the seconds per step and in all, of each round. Returns 1 if the bar is missed."""
    os.environ["PYTHONPATH"] = "src"
    totals = []
    for number in range(1, rounds + 1):
        load = f", load before {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
        before = portfolio.cpu_seconds()
        with tempfile.TemporaryDirectory() as folder:
            taken, reply = served(Path(folder) / SLUG)
        cpu = portfolio.cpu_seconds() - before
        totals.append(sum(taken.values()))
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in taken.items())
        print(f"round {number}: {totals[-1]:.0f} s ({parts}), CPU {cpu:.0f} s{load}", flush=True)
        print(f"  {reply}", flush=True)
    median = statistics.median(totals)
    print(
        f"{SLUG}, median of {rounds}: {median:.0f} s on {os.cpu_count()} cores "
        f"(bar: under {BAR_SECONDS:.0f})"
    )
    return int(median >= BAR_SECONDS)


def served(project: Path) -> tuple[dict[str, float], str]:
    """The seconds of each step, and what the bot replied."""
    taken = {"copy": portfolio.copied(SLUG, project)}
    for command in (*portfolio.commands(project, "data"), *portfolio.commands(project, "train")):
        taken[command] = portfolio.run(SLUG, project, command)
    (serve,) = portfolio.commands(project, "serve")
    own = [sys.executable, "-m", SLUG.replace("-", "_"), *serve.split()]
    started = time.perf_counter()
    with serving(own, project, project / "server.log") as address:
        reply = said(address)
        taken["serve to reply"] = time.perf_counter() - started
    return taken, reply


def said(address: str) -> str:
    """The bot's reply to a message. Ends the program if it is none."""
    request = urllib.request.Request(
        f"{address}/chat",
        json.dumps({"message": MESSAGE}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        answer = json.load(response)
    if not answer["reply"] or answer["mood"] is None:
        raise SystemExit(f"error: no reply to the mood of a message: {answer}")
    return f"{MESSAGE} ({answer['label']} {answer['confidence']:.0%}) {answer['reply']}"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
