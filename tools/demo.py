"""From an empty folder to a served prediction, and to a bot's reply: what `make demo` runs.

Needs Python alone.

Usage: demo.py [TEMPLATE [FOLDER]]
"""

import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving import serving

LIBRARY = Path(__file__).resolve().parents[1]
TEMPLATE = sys.argv[1] if len(sys.argv) > 1 else "house-prices"
PACKAGE = TEMPLATE.replace("-", "_")
DEMO = Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else LIBRARY / "demo"
PROJECT = DEMO / TEMPLATE
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"


@dataclass(frozen=True)
class Demo:
    """What the served model of a template is asked."""

    request: dict[str, Any]
    """Over the example that GET /model gives, which is typical of the training data."""
    told: Callable[[dict[str, Any]], str]
    """The answer in words."""
    message: str | None = None
    """What is said to its bot, if it has one."""
    data: str = "synthetic data"
    """What its sample is."""


def told_price(answer: dict[str, Any]) -> str:
    """A price with its interval."""
    return (
        f"This house: {answer['prediction']:,.0f} "
        f"({answer['coverage']:.0%} interval: {answer['lower']:,.0f} to {answer['upper']:,.0f})"
    )


def told_mood(answer: dict[str, Any]) -> str:
    """The probability of each class."""
    chances = ", ".join(f"{name} {chance:.0%}" for name, chance in answer["probabilities"].items())
    return f"This text: {answer['label']} ({chances})"


def told_class(answer: dict[str, Any]) -> str:
    """The class, or that it is not sure of any."""
    doubt = "" if answer["sure"] else "not sure, most likely "
    return f"This picture: {doubt}{answer['label']} ({answer['confidence']:.0%})"


DEMOS = {
    # Asked about the example itself, a picture of a 0.
    "cv-api": Demo({}, told_class, data="real handwritten digits"),
    "house-prices": Demo(
        {
            "Neighborhood": "CollgCr",
            "OverallQual": 7,
            "OverallCond": 5,
            "YearBuilt": 2003,
            "YearRemodAdd": 2003,
            "GrLivArea": 1710,
            "1stFlrSF": 856,
            "2ndFlrSF": 854,
            "TotalBsmtSF": 856,
            "LotArea": 8450,
            "FullBath": 2,
            "GarageCars": 2,
            "KitchenQual": "Gd",
        },
        told_price,
    ),
    "sentiment-bot": Demo(
        {"text": "I love it, it works perfectly!"},
        told_mood,
        "The room was dirty, and nobody came when I called.",
    ),
}


def main() -> int:
    """Run the steps one after another; 0 when an answer came back."""
    if TEMPLATE not in DEMOS:
        print(f"error: {TEMPLATE}: use one of {', '.join(DEMOS)}", file=sys.stderr)
        return 2
    demo = DEMOS[TEMPLATE]
    started = time.monotonic()
    tools = DEMO / "tools"
    step(f"Making an environment with copier and uv in {shown(tools)}")
    if not (tools / "installed").exists():
        venv.create(tools, with_pip=True, clear=True)
        run(tools / SCRIPTS / "python", "-m", "pip", "install", "--quiet", "uv")
        uv(tools, "pip", "install", "--quiet", "copier")
        (tools / "installed").touch()

    step(f"Generating {TEMPLATE} into {shown(PROJECT)}")
    copy = ("copy", "--quiet", "--defaults", "--overwrite", "-d", f"template={TEMPLATE}")
    versioned = ("--vcs-ref", "HEAD") if (LIBRARY / ".git").exists() else ()
    run(tools / SCRIPTS / "copier", *copy, *versioned, LIBRARY, PROJECT)

    step("Installing what it declares")
    if not (PROJECT / ".venv").exists():
        venv.create(PROJECT / ".venv", with_pip=False)
    python = PROJECT / ".venv" / SCRIPTS / "python"
    install_torch(tools, python)
    # Without the sources that it names: PyTorch is there, or comes from where the rest does.
    install = ("pip", "install", "--quiet", "--no-sources", "--python", python)
    uv(tools, *install, "--editable", f"{PROJECT}[train]")

    step("Training on the sample")
    run(python, "-m", PACKAGE, "train", cwd=PROJECT)

    step("Starting the API and asking it")
    answer, reply, address = ask(python, demo)
    request = demo.request or "the example of GET /model"
    print(json.dumps({"request": request, "answer": answer}, indent=2))
    print(f"\n{demo.told(answer)}, learned from {demo.data}.")
    if reply:
        print(f"You: {demo.message}\nBot: {reply}")
    print(
        f"Done in {time.monotonic() - started:.0f} s; the server at {address} is stopped. Next:\n"
        f"  cd {shown(PROJECT)}\n"
        f"  {shown(python, PROJECT)} -m {PACKAGE} serve     its web page\n"
        "  README.md, params.yaml, reports/                  what it did, and every setting"
    )
    return 0


def step(text: str) -> None:
    """Say what comes next."""
    print(f"\n==> {text}", flush=True)


def shown(path: Path, root: Path | None = None) -> str:
    """A path as the user would type it."""
    for base in (root, Path.cwd(), LIBRARY):
        if base and path.is_relative_to(base):
            return str(path.relative_to(base))
    return str(path)


def run(*command: object, cwd: Path | None = None) -> None:
    """Run a command; where it fails, stop with its exit code (it has said why)."""
    result = subprocess.run([str(part) for part in command], cwd=cwd, check=False)
    if result.returncode:
        print(f"error: this failed: {' '.join(str(part) for part in command)}", file=sys.stderr)
        raise SystemExit(result.returncode)


def uv(tools: Path, *arguments: object) -> None:
    """Run uv inside the demo's environment."""
    name = "uv.exe" if sys.platform == "win32" else "uv"
    target = () if "--python" in arguments else ("--python", tools / SCRIPTS / "python")
    run(tools / SCRIPTS / name, *arguments, *target)


def install_torch(tools: Path, python: Path) -> None:
    """Where the project's Makefile takes PyTorch's CPU build, take it too, from the same place.

    On Linux the plain one brings gigabytes of CUDA libraries; who has a GPU gets that one.
    """
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    found = dict(re.findall(r"^(TORCH_\w+) \?= (\S+)$", makefile, flags=re.MULTILINE))
    if not found or sys.platform != "linux" or shutil.which("nvidia-smi"):
        return
    from_there = ("--no-deps", "--index-url", found["TORCH_INDEX"], found["TORCH_CPU"])
    pip = (tools / SCRIPTS / "python", "-m", "pip", "--python", python)
    run(*pip, "install", "--quiet", *from_there)


def ask(python: Path, demo: Demo) -> tuple[dict[str, Any], str | None, str]:
    """Start the API on a free port, ask it once, stop it.

    Returns the answer, the reply of its bot if there is one, and the address.
    """
    command = [str(python), "-m", PACKAGE, "serve"]
    with serving(command, PROJECT, DEMO / "server.log") as address:
        with urllib.request.urlopen(f"{address}/model", timeout=10) as response:
            asked = json.load(response)["example"] | demo.request
        answer = post(f"{address}/predict", asked)
        said = {"message": demo.message}
        reply = post(f"{address}/chat", said)["reply"] if demo.message else None
    return answer, reply, address


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to a body of JSON."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


if __name__ == "__main__":
    sys.exit(main())
