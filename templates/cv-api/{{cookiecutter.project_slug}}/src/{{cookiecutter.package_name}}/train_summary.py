"""What the `train` command shows on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console

from .challenge import summary
from .ladder_table import ladder_table
from .training import TrainingResult


def show(result: TrainingResult, console: Console) -> None:
    """Print the ladder of models, how the last was trained, and where things are."""
    metrics = result.metrics
    console.print(ladder_table(metrics, "pictures"))
    for line in _lines(metrics):
        console.print(line, highlight=False, markup=False)
    console.print(
        f"Wrote models/ (version {result.manifest.version}) and reports/metrics.json "
        f"in {metrics['seconds']:.1f} s. Next: evaluate, explain, ablate, report; or serve.",
        highlight=False,
    )
    if "promotion" in metrics:
        console.print(summary(metrics["promotion"]), highlight=False, markup=False)
    else:
        console.print("Not registered: tracking.enabled is false.", highlight=False)


def _lines(metrics: dict[str, Any]) -> Iterator[str]:
    unreadable = metrics["data"]["unreadable"]
    if unreadable:
        yield (
            f"{unreadable:,} of the files cannot be read as pictures and were left out; `data` "
            "lists them."
        )
    small = metrics["training"]["small"]
    if small:
        done = " ".join(small["done"])
        yield f"The set is small, {small['pictures']:,} pictures to train on. {done}"
    yield _training(metrics)
    yield _answer(metrics)
    export = metrics["export"]
    yield (
        f"Exported to ONNX, {export['bytes_served'] / 1e6:,.1f} MB; its logits differ from "
        f"PyTorch's by {export['fp32_difference']:.1g} at most."
    )


def _training(metrics: dict[str, Any]) -> str:
    training, size = metrics["training"], metrics["image"]["size"]
    speed = training["examples_per_second"]
    rate = f" at {speed:,.0f} pictures/s" if speed else ""
    several = f", {training['processes']} processes" if training["processes"] > 1 else ""
    resumed = ", taken up from a checkpoint" if training["resumed"] else ""
    return (
        f"Trained {metrics['model']} ({training['parameters']:,} parameters, {size} x {size} "
        f"pixels) on {training['device']}{several} for {training['epochs']} epochs{rate}{resumed}; "
        f"epoch {training['best_epoch']} was kept."
    )


def _answer(metrics: dict[str, Any]) -> str:
    answer, rows = metrics["answer"], metrics["validation"]["rows"]
    asked = f"{answer['asked']:.1%}"
    if not answer["reached"]:
        return (
            f'Every answer will be "not sure": at no confidence are {asked} of the answers right '
            f"on the {rows:,} validation pictures ({answer['precision']:.1%} at most). Train a "
            "better model, or set answer.precision lower."
        )
    return (
        f"Answers of a confidence of {answer['confidence']:.2f} or more are sure: "
        f"{answer['precision']:.1%} of them are right on the validation pictures ({asked} were "
        f"asked for), and {answer['coverage']:.1%} of the pictures get one; the others are "
        '"not sure".'
    )
