"""Seconds that `make demo` takes from an empty clone, after a first run that fills the caches.

Usage: python benchmarks/demo.py [ROUNDS]
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1]


def main(rounds: int) -> None:
    """Print each round's seconds and their median."""
    taken = []
    for number in range(rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            clone = Path(folder) / "library"
            subprocess.run(["git", "clone", "--quiet", str(LIBRARY), str(clone)], check=True)
            started = time.perf_counter()
            subprocess.run(["make", "demo"], cwd=clone, check=True, stdout=subprocess.DEVNULL)
            seconds = time.perf_counter() - started
        print(f"{'warm-up' if number == 0 else f'round {number}'}: {seconds:.0f} s", flush=True)
        taken.append(seconds)
    print(f"median of {rounds}: {statistics.median(taken[1:]):.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
