"""False alarms of `drift` on texts, and the shifts that it finds: made-up reviews and real tweets.

Usage: python benchmarks/text_drift.py [--resamples 200] [--shifted 20] [--tweets TRAIN.tsv]
       [--other OTHER.tsv] [--set train.epochs=4]

Unchanged: models are trained on samples of five seeds and answer fresh texts of the same generator.
Of a file of real texts, if given, half are held out, in two ways; the logs are drawn from that
half, which the model has never seen. An alarm is exit code 3 with default settings. The models are
small ones, trained from scratch as by default unless --set says otherwise.

Shifted: the same with one change in the log. It counts as named if a feature whose name begins as
given is among those that drifted, or among the first three of the classifier.

Intervals are Clopper and Pearson's (95 %).
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from cookiecutter.main import cookiecutter
from drift_counts import HEADER, SHIFTED_HEADER, print_quiet, print_shifted

PACKAGE = "sentiment_bot"
LIBRARY = Path(__file__).resolve().parents[1]
SIZES = (100, 300, 1000)
TRAININGS, HALVES = 5, 2
FRESH = 10_000  # seeds of logged texts begin here, far from those of training texts
POLITICS = re.compile(
    r"\b(obama|romney|trump|election|vote|president|gop|senate|congress|clinton|merkel)\b", re.I
)
FLIGHTS = (
    "my flight from gate {} was delayed again", "they lost the suitcase on flight {}",
    "boarding at gate {} took an hour", "the pilot landed plane {} well",
    "seat {} had no room for luggage", "customs at terminal {} was closed",
)  # fmt: skip

Shift = Callable[[list[str], np.random.Generator], list[str]]


@dataclass(frozen=True)
class Trained:
    """What `drift` and `serve` read of one training, and texts that it has not seen."""

    reference: Any
    predictor: Any
    held_out: tuple[str, ...]


def longer(texts: list[str], rng: np.random.Generator) -> list[str]:
    """A sentence more in each text."""
    return [f"{text} and so it was for all of us" for text in texts]


def loud(texts: list[str], rng: np.random.Generator) -> list[str]:
    """A fifth of the texts in capitals."""
    return [text.upper() if rng.random() < 0.2 else text for text in texts]


def linked(texts: list[str], rng: np.random.Generator) -> list[str]:
    """A link at the end of a fifth of the texts."""
    return [f"{text} https://example.org/1" if rng.random() < 0.2 else text for text in texts]


def flights(texts: list[str], rng: np.random.Generator) -> list[str]:
    """A fifth of the texts is about flights."""
    return [
        rng.choice(FLIGHTS).format(rng.integers(1, 60)) if rng.random() < 0.2 else text
        for text in texts
    ]


def mixed_with(others: Sequence[str], share: float) -> Shift:
    """A share of the texts is drawn from other ones."""

    def shift(texts: list[str], rng: np.random.Generator) -> list[str]:
        drawn = rng.choice(np.array(others, dtype=object), len(texts))
        return [b if rng.random() < share else a for a, b in zip(texts, drawn, strict=True)]

    return shift


SHIFTS: dict[str, tuple[str, Shift]] = {
    "a sentence more": ("words", longer),
    "20 % in capitals": ("share of capitals", loud),
    "20 % with a link": ("has a link", linked),
    "20 % about flights": ("share of", flights),
}


def main() -> None:
    """Render a project, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resamples", type=int, default=200, help="unchanged logs of each size")
    parser.add_argument("--shifted", type=int, default=20, help="of each shift and size")
    parser.add_argument("--tweets", type=Path, help="a TSV file with the columns text and label")
    parser.add_argument("--other", type=Path, help="texts of another kind, first column of a TSV")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--set", action="append", default=[], dest="settings")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        template = str(LIBRARY / "templates" / "sentiment-bot")
        project = Path(cookiecutter(template, no_input=True, output_dir=folder))
        sys.path.insert(0, str(project / "src"))
        made = [train(project, seed, *arguments.settings) for seed in range(TRAININGS)]
        real = [] if not arguments.tweets else [
            train(project, seed, *arguments.settings, "data.source=file", "data.test_size=0.5",
                  f"data.path={arguments.tweets.resolve()}")
            for seed in range(HALVES)
        ]  # fmt: skip
        print(HEADER)
        for size in arguments.sizes:
            print_quiet(PACKAGE, "sample", logs(made, size, arguments.resamples))
            if real:
                print_quiet(PACKAGE, "tweets, two halves", logs(real, size, arguments.resamples))
        print(f"\n{SHIFTED_HEADER}")
        for title, changed, trained, shift in shifts(made, real, arguments.other):
            for size in arguments.sizes:
                runs = logs(trained, size, arguments.shifted, changed, shift)
                print_shifted(PACKAGE, title, runs)


def shifts(
    made: list[Trained], real: list[Trained], other: Path | None
) -> Iterator[tuple[str, str, list[Trained], Shift]]:
    """(title, how the changed feature's name begins, models, shift) of each line."""
    for title, (changed, shift) in SHIFTS.items():
        yield title, changed, made, shift
    if not real:
        return
    politics = [text for each in real for text in each.held_out if POLITICS.search(text)]
    for share in (0.2, 0.4):
        shift = mixed_with(politics, share)
        yield f"tweets: {share:.0%} about politics", "share of", real, shift
    if other:
        others = pd.read_csv(other, sep="\t", header=None, quoting=3)[0].tolist()
        yield "tweets: 20% of another kind", "", real, mixed_with(others, 0.2)


def train(project: Path, seed: int, *settings: str) -> Trained:
    """Train in the project, and load what came of it."""
    from sentiment_bot import reference
    from sentiment_bot.api.predictor import Predictor

    chosen = ("tracking.enabled=false", "train.compare=[majority]", f"data.seed={seed}", *settings)
    command = [sys.executable, "-m", PACKAGE, "train"]
    command += [part for setting in chosen for part in ("--set", setting)]
    environment = {**os.environ, "PYTHONPATH": "src"}
    subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True)
    models = project / "models"
    held_out = pd.read_parquet(project / "data/processed/test.parquet")["text"]
    return Trained(reference.read(models), Predictor.load(models), tuple(held_out))


def logs(
    trained: list[Trained], size: int, runs: int, changed: str = "", shift: Shift | None = None
) -> Iterator[tuple[Any, list[Any], str]]:
    """(reference, records, changed feature) of each run."""
    for run in range(runs):
        model, rng = trained[run % len(trained)], np.random.default_rng(run)
        texts = asked(model, size, run, rng)
        yield (
            model.reference,
            answered(model.predictor, shift(texts, rng) if shift else texts),
            changed,
        )


def asked(model: Trained, size: int, run: int, rng: np.random.Generator) -> list[str]:
    """New texts: of the generator, or of the half of the file that was held out."""
    from sentiment_bot.sample import make_sample

    if model.predictor.manifest.data["synthetic"]:
        return [text for text, _ in make_sample(size, FRESH + run)]
    drawn = rng.choice(len(model.held_out), size, replace=False)
    return [model.held_out[row] for row in drawn]


def answered(predictor: Any, texts: list[str]) -> list[Any]:
    """The texts as the log holds them, with the model's answers."""
    import msgspec
    from sentiment_bot.prediction_log import Record

    now, version = datetime.now(UTC), predictor.manifest.version
    return [
        Record(now, str(i), version, {"text": text}, msgspec.to_builtins(answer))
        for i, (text, answer) in enumerate(zip(texts, predictor.predict(texts), strict=True))
    ]


if __name__ == "__main__":
    main()
