"""cv-api on a Parquet file of pictures: each model on held-out ones, and how long training took.

Usage: python benchmarks/cifar.py PICTURES.parquet [--test TEST.parquet] [--label COLUMN]
           [--model NAME] [--set SECTION.KEY=VALUE ...] [--seeds 42 7]

Trains with default settings but for those given: on CIFAR-10 in the hub's form (a column of
pictures, a column of numbers) and on two cores, about a quarter of an hour per seed. A tenth of the
pictures is held out, unless --test has the held-out ones. Prints for each seed what each model says
of the validation pictures and its seconds, and the held-out accuracy of the served model with its
95 % interval. --model is a hub id or a folder with a pretrained model. The interpreter needs the
project's dependencies and its extra `train`.
"""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from training_runs import measured, model_setting


def main() -> None:
    """Train and evaluate in a fresh project for each seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--test", type=Path, help="the held-out pictures; else a tenth of all")
    parser.add_argument("--label", default="label", help="column of the classes")
    parser.add_argument("--model", help="a hub id or a folder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--set", dest="settings", action="append", default=[])
    arguments = parser.parse_args()
    settings = [
        "tracking.enabled=false",
        "data.source=parquet",
        f"data.path={arguments.pictures.resolve()}",
        f"data.test_path={arguments.test.resolve()}" if arguments.test else "data.test_size=0.1",
        f"data.label={arguments.label}",
        *([model_setting(arguments.model)] if arguments.model else []),
        *arguments.settings,
    ]
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
    for seed in arguments.seeds:
        show(seed, measured("cv-api", [*settings, f"data.seed={seed}"]))


def show(seed: int, metrics: dict[str, Any]) -> None:
    """A line for each model, and one for the training."""
    held_out, training = metrics["held_out"], metrics["training"]
    print(f"seed {seed}: {metrics['validation']['rows']:,} validation pictures")
    for name, found in metrics["validation"]["models"].items():
        accuracy = found["accuracy"]["overall"]
        print(f"  {name:12} accuracy {accuracy:.4f}, fitted in {found['seconds']:.0f} s")
    print(f"  {held_out['rows']:,} held-out pictures")
    for name, found in (
        (metrics["model"], held_out["metrics"]),
        *held_out["baselines"].items(),
    ):
        own = found["accuracy"]
        print(f"  {name:12} accuracy {own['value']:.4f} ({own['low']:.4f} to {own['high']:.4f})")
    print(
        f"  {training['epochs']} epochs on {training['device']} at "
        f"{training['examples_per_second']:,.0f} pictures/s, {training['parameters']:,} weights; "
        f"train {metrics['whole_seconds']:.0f} s as a whole; logits differ from PyTorch's by up to "
        f"{metrics['export']['fp32_difference']:.1e}",
        flush=True,
    )


if __name__ == "__main__":
    main()
