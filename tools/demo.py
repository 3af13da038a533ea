"""From an empty folder to a served prediction: what `make demo` runs. Needs Python alone.

Usage: demo.py [FOLDER]
"""

import json
import subprocess
import sys
import time
import urllib.request
import venv
from pathlib import Path

from serving import serving

LIBRARY = Path(__file__).resolve().parents[1]
DEMO = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else LIBRARY / "demo"
PROJECT = DEMO / "house-prices"
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"
HOUSE = {
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
}


def main() -> int:
    """Run the steps one after another; 0 when a price came back."""
    started = time.monotonic()
    tools = DEMO / "tools"
    step(f"Making an environment with copier and uv in {shown(tools)}")
    if not (tools / "installed").exists():
        venv.create(tools, with_pip=True, clear=True)
        run(tools / SCRIPTS / "python", "-m", "pip", "install", "--quiet", "uv")
        uv(tools, "pip", "install", "--quiet", "copier")
        (tools / "installed").touch()

    step(f"Generating house-prices into {shown(PROJECT)}")
    copy = ("copy", "--quiet", "--defaults", "--overwrite", "-d", "template=house-prices")
    versioned = ("--vcs-ref", "HEAD") if (LIBRARY / ".git").exists() else ()
    run(tools / SCRIPTS / "copier", *copy, *versioned, LIBRARY, PROJECT)

    step("Installing what it declares")
    if not (PROJECT / ".venv").exists():
        venv.create(PROJECT / ".venv", with_pip=False)
    python = PROJECT / ".venv" / SCRIPTS / "python"
    install = ("pip", "install", "--quiet", "--python", python)
    uv(tools, *install, "--editable", f"{PROJECT}[train]")

    step("Training on the sample")
    run(python, "-m", "house_prices", "train", cwd=PROJECT)

    step("Starting the API and asking it for one price")
    answer, address = ask(python, HOUSE)
    print(json.dumps({"house": HOUSE, "answer": answer}, indent=2))
    print(
        f"\nThis house: {answer['prediction']:,.0f} "
        f"({answer['coverage']:.0%} interval: {answer['lower']:,.0f} to {answer['upper']:,.0f}), "
        "learned from synthetic data.\n"
        f"Done in {time.monotonic() - started:.0f} s; the server at {address} is stopped. Next:\n"
        f"  cd {shown(PROJECT)}\n"
        f"  {shown(python, PROJECT)} -m house_prices serve     its web page\n"
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


def ask(python: Path, house: dict[str, object]) -> tuple[dict[str, float], str]:
    """Start the API on a free port, ask for one price, stop it. Returns the answer, the address."""
    command = [str(python), "-m", "house_prices", "serve"]
    with serving(command, PROJECT, DEMO / "server.log") as address:
        # A typical house of the training data, but for what HOUSE says of it.
        with urllib.request.urlopen(f"{address}/model", timeout=10) as response:
            house = json.load(response)["example"] | house
        request = urllib.request.Request(
            f"{address}/predict",
            json.dumps(house).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response), address


if __name__ == "__main__":
    sys.exit(main())
