"""What the `train` command shows on the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from .challenge import summary
from .metrics import headline
from .models import BASELINES
from .training import TrainingResult


def show(result: TrainingResult, console: Console) -> None:
    """Print each model's figures, best last, and where things are."""
    metrics = result.metrics
    scores = metrics["cross_validation"]["models"]
    metric = headline(scores["mean"])
    table = Table(
        title=f"{metrics['data']['name']}: {metrics['cross_validation']['folds']}-fold "
        f"cross-validation of {metrics['cross_validation']['rows']:,} rows, "
        f"seed {metrics['cross_validation']['seed']}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("model", no_wrap=True)
    headings = (metric, "± folds", "mae", "r2", "vs mean", "vs linear", "fit s")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for name in sorted(scores, key=lambda each: -scores[each][metric]["overall"]):
        score = scores[name]
        table.add_row(
            name,
            _number(score[metric]["overall"]),
            _number(score[metric]["std"]),
            _number(score["mae"]["overall"]),
            f"{score['r2']['overall']:.4f}",
            *(f"{score['lift'][baseline]:+.1%}" for baseline in BASELINES),
            f"{score['seconds']:.1f}",
            style="bold" if name == metrics["model"] else None,
        )
    console.print(table)
    if metrics["weights"]:
        parts = ", ".join(f"{name} {weight:.0%}" for name, weight in metrics["weights"].items())
        console.print(f"The stack: {parts}.", highlight=False)
    console.print(
        f"Wrote models/ (version {result.manifest.version}) and reports/metrics.json "
        f"in {metrics['seconds']:.1f} s. Next: evaluate, explain, ablate, report; or serve.",
        highlight=False,
    )
    if "promotion" in metrics:
        console.print(summary(metrics["promotion"]), highlight=False, markup=False)
    else:
        console.print("Not registered: tracking.enabled is false.", highlight=False)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4f}"
