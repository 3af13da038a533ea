"""How fast sentiment-bot trains with its batches, against the same Trainer padded to the maximum.

Usage: python benchmarks/padding.py TRAIN --text COLUMN --label COLUMN [--model FOLDER]
           [--texts 960] [--rounds 3] [--length 128]

An epoch of so many texts, in turn with: batches of texts of like length, padded to the longest of
each (the default); batches of any texts, padded alike; and all padded to the maximum length, which
is the one that the project chooses from the texts, or --length. Prints texts per second, the
median of the rounds, and how many times that of full padding.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from cookiecutter.main import cookiecutter

LIBRARY = Path(__file__).resolve().parents[1]
WAYS = {
    "like length, padded in the batch": (True, False),
    "any length, padded in the batch": (False, False),
    "padded to the maximum length": (False, True),
}

# Runs in the project: one epoch, and prints the texts per second and the maximum length.
EPOCH = """
import json, sys
from dataclasses import replace
from pathlib import Path
from {package} import config
from {package}.data import load_train, load_validation
from {package}.fitting import fit_transformer

count, group, pad, *overrides = json.loads(sys.argv[1])
params = config.load(Path("params.yaml"), [*overrides, f"train.group_by_length={{group}}"])
data, validation = load_train(params), load_validation(params)
part = replace(data, texts=data.texts[:count], labels=data.labels[:count])
few = replace(validation, texts=validation.texts[:32], labels=validation.labels[:32])
found = fit_transformer(params.trained_model, params, part, few, pad_to_max=pad)
print(json.dumps([found.training["examples_per_second"], found.lengths.max_length]))
"""


def main() -> None:
    """Train an epoch each way, in turn, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("--text", default="text", help="column of the texts, or its number")
    parser.add_argument("--label", default="label", help="column of the classes, or its number")
    parser.add_argument("--model", type=Path, help="a folder with a pretrained model")
    parser.add_argument("--texts", type=int, default=960)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--length", type=int, help="the maximum length; else from the texts")
    arguments = parser.parse_args()
    overrides = [
        "data.source=file",
        f"data.path={arguments.train.resolve()}",
        f"data.text={arguments.text}",
        f"data.label={arguments.label}",
        "train.epochs=1",
        *([f"model.name={arguments.model.resolve()}"] if arguments.model else []),
        *([f"tokens.max_length={arguments.length}"] if arguments.length else []),
    ]
    with tempfile.TemporaryDirectory() as folder:
        template = str(LIBRARY / "templates" / "sentiment-bot")
        project = Path(cookiecutter(template, no_input=True, output_dir=folder))
        speeds: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(arguments.rounds):
            for way, (group, pad) in WAYS.items():
                speed, length = epoch(project, arguments.texts, group, pad, overrides)
                speeds[way].append(speed)
    slowest = statistics.median(list(speeds.values())[-1])
    print(f"{arguments.texts:,} texts, maximum length {length}, {arguments.rounds} rounds")
    for way, found in speeds.items():
        middle = statistics.median(found)
        print(f"{way:34} {middle:7.1f} texts/s  {middle / slowest:.2f} times")


def epoch(
    project: Path, texts: int, group: bool, pad: bool, overrides: list[str]
) -> tuple[float, int]:
    """Texts per second of one epoch in a process of its own, and the maximum length."""
    script = EPOCH.format(package="sentiment_bot")
    found = subprocess.run(
        [sys.executable, "-c", script, json.dumps([texts, group, pad, *overrides])],
        cwd=project,
        env={**os.environ, "PYTHONPATH": "src"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    speed, length = json.loads(found.stdout.splitlines()[-1])
    return float(speed), int(length)


if __name__ == "__main__":
    main()
