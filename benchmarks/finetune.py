"""sentiment-bot on files of texts: each model on the held-out ones, and how long training took.

Usage: python benchmarks/finetune.py TRAIN TEST --text COLUMN --label COLUMN [--model NAME]
           [--set SECTION.KEY=VALUE ...] [--seeds 42 7]

Trains with default settings but for those given, and prints for each seed what the served model
(in 8 bits, where it passed the gate) and TF-IDF with logistic regression say of the test file.
--model is a hub id or a folder; without it, the small transformer is trained from scratch.
"""

import argparse
from pathlib import Path
from typing import Any

from training_runs import measured, model_setting


def main() -> None:
    """Train and evaluate in a fresh project for each seed, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--text", default="text", help="column of the texts, or its number")
    parser.add_argument("--label", default="label", help="column of the classes, or its number")
    parser.add_argument("--model", help="a hub id or a folder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--set", dest="settings", action="append", default=[])
    arguments = parser.parse_args()
    settings = [
        "tracking.enabled=false",
        "train.compare=[majority,tfidf]",
        "data.source=file",
        f"data.path={arguments.train.resolve()}",
        f"data.test_path={arguments.test.resolve()}",
        f"data.text={arguments.text}",
        f"data.label={arguments.label}",
        *arguments.settings,
    ]
    if arguments.model:
        settings.append(model_setting(arguments.model))
    for seed in arguments.seeds:
        show(seed, measured("sentiment-bot", [*settings, f"data.seed={seed}"]))


def show(seed: int, metrics: dict[str, Any]) -> None:
    """One line for the model, one for the baseline."""
    held_out, training, export = (metrics[each] for each in ("held_out", "training", "export"))
    own, tfidf = held_out["metrics"], held_out["baselines"]["tfidf"]
    for name, found in ((metrics["model"], own), ("tfidf", tfidf)):
        print(
            f"seed {seed:<4} {name:11} accuracy {found['accuracy']['value']:.4f}  "
            f"macro-F1 {found['macro_f1']['value']:.4f}  on {held_out['rows']:,} texts",
            flush=True,
        )
    print(
        f"          {training['epochs']} epochs on {training['device']} at "
        f"{training['examples_per_second']:.0f} texts/s, train {metrics['whole_seconds']:.0f} s as "
        f"a whole; {export['precision']}, {export['bytes_served'] / export['bytes_fp32']:.3f} of "
        f"32 bits; validation macro-F1 {export['f1_served']:.4f}, {export['f1_fp32']:.4f} in 32"
    )


if __name__ == "__main__":
    main()
