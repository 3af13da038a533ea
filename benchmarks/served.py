"""Seconds from `copier copy` of a template to its first served answer, with the packages present.

Usage: python benchmarks/served.py [ROUNDS [TEMPLATE]]

Runs in an environment that has copier and the generated project's extra `train`. The commands are
those of `make data train serve`, as the project's Makefile has them, with the template's own
settings (its sample; MLflow on). The last step is from the start of `serve` to the first answer: of
`POST /predict` to the example that GET /model gives, or, for sentiment-bot, of `POST /chat` to a
first message, of which the model has told the mood. Then, outside of the time, `evaluate` says how
good the served model is on the held-out rows. TEMPLATE is cv-api unless it is named.
"""

import json
import os
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import portfolio

# Before this folder, which has a serving.py of its own.
sys.path.insert(0, str(portfolio.LIBRARY / "tools"))

from serving import serving

MESSAGE = "The room was dirty, and nobody came when I called."


def reply_of_the_bot(address: str) -> str:
    """The bot's reply to a message. Ends the program if it is none."""
    answer = post(f"{address}/chat", {"message": MESSAGE})
    if not answer["reply"] or answer["mood"] is None:
        raise SystemExit(f"error: no reply to the mood of a message: {answer}")
    return f"{MESSAGE} ({answer['label']} {answer['confidence']:.0%}) {answer['reply']}"


def label_of_the_example(address: str) -> str:
    """What the model says of the picture that it shows as an example."""
    with urllib.request.urlopen(f"{address}/model", timeout=10) as response:
        example = json.load(response)["example"]
    answer = post(f"{address}/predict", example)
    return f"the example is {answer['label']} ({answer['confidence']:.0%})"


@dataclass(frozen=True)
class Served:
    """What a template's server is asked first, and how soon it has to have answered."""

    ask: Callable[[str], str]
    bar: float
    """Seconds."""


TEMPLATES = {
    "cv-api": Served(label_of_the_example, 60.0),
    "sentiment-bot": Served(reply_of_the_bot, 90.0),
}


def main(rounds: int, template: str) -> int:
    """Print the seconds per step and in all, of each round. Returns 1 if the bar is missed."""
    if template not in TEMPLATES:
        raise SystemExit(f"error: {template}: use one of {', '.join(TEMPLATES)}")
    os.environ["PYTHONPATH"] = "src"
    totals = []
    for number in range(1, rounds + 1):
        load = f", load before {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder) / template
            before = portfolio.cpu_seconds()
            taken, answer = served(template, project)
            cpu = portfolio.cpu_seconds() - before
            found = held_out(template, project)
        totals.append(sum(taken.values()))
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in taken.items())
        print(f"round {number}: {totals[-1]:.0f} s ({parts}), CPU {cpu:.0f} s{load}", flush=True)
        print(f"  {answer}; {found}", flush=True)
    median, bar = statistics.median(totals), TEMPLATES[template].bar
    print(
        f"{template}, median of {rounds}: {median:.0f} s on {os.cpu_count()} cores "
        f"(bar: under {bar:.0f})"
    )
    return int(median >= bar)


def served(template: str, project: Path) -> tuple[dict[str, float], str]:
    """The seconds of each step, and what the server answered."""
    taken = {"copy": portfolio.copied(template, project)}
    for command in (*portfolio.commands(project, "data"), *portfolio.commands(project, "train")):
        taken[command] = portfolio.run(template, project, command)
    (serve,) = portfolio.commands(project, "serve")
    own = [sys.executable, "-m", template.replace("-", "_"), *serve.split()]
    started = time.perf_counter()
    with serving(own, project, project / "server.log") as address:
        answer = TEMPLATES[template].ask(address)
        taken["serve to answer"] = time.perf_counter() - started
    return taken, answer


def held_out(template: str, project: Path) -> str:
    """The served model's figures on the held-out rows."""
    portfolio.run(template, project, "evaluate")
    metrics = json.loads((project / "reports/metrics.json").read_text(encoding="utf-8"))["held_out"]
    figures = [
        f"{name} {found['value']:.4f} ({found['low']:.4f} to {found['high']:.4f})"
        for name, found in metrics["metrics"].items()
    ]
    return f"{', '.join(figures)} on {metrics['rows']} held-out rows"


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to a body of JSON."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


if __name__ == "__main__":
    sys.exit(
        main(
            int(sys.argv[1]) if len(sys.argv) > 1 else 1,
            sys.argv[2] if len(sys.argv) > 2 else "cv-api",
        )
    )
