"""What the `train` command shows on the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from .challenge import summary
from .ladder_table import ladder_table
from .training import TrainingResult


def show(result: TrainingResult, console: Console) -> None:
    """Print the ladder of models, what was exported, and where things are."""
    metrics = result.metrics
    console.print(ladder_table(metrics, "texts"))
    for line in (_tokens(metrics["tokens"]), _training(metrics), _export(metrics["export"])):
        console.print(line, highlight=False, markup=False)
    console.print(
        f"Wrote models/ (version {result.manifest.version}) and reports/metrics.json "
        f"in {metrics['seconds']:.1f} s. Next: evaluate, explain, ablate, report; or chat, serve.",
        highlight=False,
    )
    if "promotion" in metrics:
        console.print(summary(metrics["promotion"]), highlight=False, markup=False)
    else:
        console.print("Not registered: tracking.enabled is false.", highlight=False)


def _tokens(tokens: dict[str, Any]) -> str:
    return (
        f"Tokens: at most {tokens['max_length']} of a text are read; {tokens['share_cut']:.1%} of "
        f"the training texts are longer."
    )


def _training(metrics: dict[str, Any]) -> str:
    training = metrics["training"]
    speed = training["examples_per_second"]
    rate = f" at {speed:,.0f} texts/s" if speed else ""
    several = f", {training['processes']} processes" if training["processes"] > 1 else ""
    resumed = ", taken up from a checkpoint" if training["resumed"] else ""
    return (
        f"Trained {metrics['model']} on {training['device']}{several} for {training['epochs']} "
        f"epochs{rate}{resumed}; epoch {training['best_epoch']} was kept."
    )


def _export(export: dict[str, Any]) -> str:
    if export["refused"]:
        return f"Exported in 32 bits: {export['refused']}."
    share = export["bytes_served"] / export["bytes_fp32"]
    size = f"{export['bytes_served'] / 1e6:,.1f} MB"
    if export["precision"] == "fp32":
        return f"Exported in 32 bits, {size}."
    return (
        f"Exported in 8 bits, {size} ({share:.0%} of 32 bits): macro-F1 {export['f1_served']:.4f} "
        f"against {export['f1_fp32']:.4f}."
    )
