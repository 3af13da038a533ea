"""`copier copy` of each template against `copier copy` of an empty one, measured in turn.

Usage: python benchmarks/rendering.py [ROUNDS]
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1]


def main(rounds: int) -> None:
    """Print the median seconds of both, and the median of the ratios, per template."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library, empty = folder / "library", folder / "empty"
        subprocess.run(["git", "clone", "--quiet", LIBRARY, library], check=True)
        make_empty_template(empty)
        for template in sorted(path.name for path in (LIBRARY / "templates").iterdir()):
            ours, theirs = [], []
            for number in range(rounds + 1):
                target = folder / f"{template}-{number}"
                ours.append(seconds("-d", f"template={template}", library, target))
                theirs.append(seconds(empty, folder / f"empty-{template}-{number}"))
            # The first of each is a warm-up.
            ratios = [a / b for a, b in zip(ours[1:], theirs[1:], strict=True)]
            print(
                f"{template}: {statistics.median(ours[1:]):.2f} s, "
                f"empty template: {statistics.median(theirs[1:]):.2f} s, "
                f"ratio: {statistics.median(ratios):.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f} over {rounds} rounds)"
            )


def make_empty_template(folder: Path) -> None:
    """A git repository whose template is one file."""
    folder.mkdir()
    (folder / "copier.yml").write_text("name: {type: str, default: x}\n")
    (folder / "README.md.jinja").write_text("{{ name }}\n")
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "empty"]):
        subprocess.run(["git", *command], cwd=folder, check=True)


def seconds(*arguments: object) -> float:
    """Wall time of one `copier copy`, as a whole process."""
    command = [sys.executable, "-m", "copier", "copy", "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    started = time.perf_counter()
    subprocess.run([*command, *map(str, arguments)], check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
