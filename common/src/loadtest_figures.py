"""The figure of a load test: what was answered, and how long it took."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, StrMethodFormatter

from .plotting import BLUE, GREEN, GREY, ORANGE, RED, new_figure, set_title, style

LINES = {"p50": BLUE, "p95": GREEN, "p99": ORANGE, "max": RED}


def load_figure(report: dict[str, Any]) -> Figure:
    """Answers per second and latencies at each concurrency of reports/loadtest.json."""
    levels = report["levels"]
    with style():
        figure = new_figure(9.0, 4.2)
        left, right = figure.subplots(1, 2)
        _draw_rates(left, levels)
        _draw_latencies(right, levels)
        model = report["model"]
        most = max(level["successes_per_second"] for level in levels)
        served = f"{report['route']} of {model['name']}, {model['version']}"
        set_title(figure, f"Up to {most:,.0f} answers per second", served)
        shared = report["client_and_server_share_the_machine"]
        where = "client and server share" if shared else "the client has"
        figure.supxlabel(
            f"{report['seconds_each']:g} s each; {where} {report['cpus']} cores; "
            f"{report['date'][:10]}",
            fontsize=8,
            color=GREY,
        )
    return figure


def _draw_rates(axes: Axes, levels: list[dict[str, Any]]) -> None:
    places = range(len(levels))
    rates = [level["successes_per_second"] for level in levels]
    shed = [level["shed"] / level["seconds"] for level in levels]
    bars = axes.bar(places, rates, color=BLUE, label="success")
    # Within the bars: above them may be what was refused.
    labels = [f"{rate:,.0f}" for rate in rates]
    axes.bar_label(bars, labels, label_type="center", color="white", fontweight="bold")
    if any(shed):
        axes.bar(places, shed, bottom=rates, color=GREY, label="refused for want of room")
        axes.legend(loc="upper left")
    axes.set_ylim(0, 1.15 * max(1.0, *(a + b for a, b in zip(rates, shed, strict=True))))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_title("Answers per second")
    axes.grid(axis="x", visible=False)
    _name_levels(axes, levels)


def _draw_latencies(axes: Axes, levels: list[dict[str, Any]]) -> None:
    places = range(len(levels))
    for name, color in LINES.items():
        # A level without a success has no latency: a gap in the line.
        values = [level["latency_ms"][name] for level in levels]
        found = [float("nan") if value is None else value for value in values]
        axes.plot(places, found, color=color, marker="o", label=name)
    axes.set_yscale("log")
    plain = FuncFormatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_major_formatter(plain)
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_title("Latency of successes, ms")
    axes.legend(loc="lower right")  # latencies rise with the load
    _name_levels(axes, levels)


def _name_levels(axes: Axes, levels: list[dict[str, Any]]) -> None:
    axes.set_xticks(range(len(levels)), [str(level["connections"]) for level in levels])
    axes.set_xlabel("connections")
