"""How often `drift` speaks: counted over many comparisons, for the benchmarks of each template."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from scipy import stats

HEADER = "unchanged log        rows  runs  alarms                   columns     outputs  joint"
SHIFTED_HEADER = "shifted log                      rows  runs  found   named"

Run = tuple[Any, list[Any], str]
"""Reference, records of the log, and how the changed column's name begins ("" for none)."""


@dataclass
class Count:
    """How often something was found."""

    runs: int = 0
    alarms: int = 0
    columns: int = 0
    outputs: int = 0
    together: int = 0
    named: int = 0

    def add(self, columns: list[Any], domain: Any, outputs: Sequence[str], changed: str) -> None:
        """One comparison more. outputs: the columns that the model made."""
        drifted = {column.name for column in columns if column.drifted}
        self.runs += 1
        self.alarms += bool(drifted) or domain.drifted
        self.columns += bool(drifted)
        self.outputs += bool(drifted & set(outputs))
        self.together += domain.drifted
        told = [*drifted, *list(domain.importance)[:3]]
        self.named += any(name.startswith(changed) for name in told)

    def interval(self) -> str:
        """Share of alarms with its interval."""
        exact = stats.binomtest(self.alarms, self.runs).proportion_ci(0.95, method="exact")
        return f"{self.alarms / self.runs:6.1%} ({exact.low:.1%} to {exact.high:.1%})"


def judged(package: str, runs: Iterable[Run]) -> tuple[Count, int]:
    """What `drift` says of each run, counted, and the rows of one log."""
    drift, sections = (import_module(f"{package}.{name}") for name in ("drift", "sections"))
    count, rows = Count(), 0
    for run, (reference, log, changed) in enumerate(runs):
        _, columns, domain = drift.compare(reference, log, sections.DriftParams(), run)
        count.add(columns, domain, reference.sample.outputs, changed)
        rows = len(log)
    return count, rows


def print_quiet(package: str, title: str, runs: Iterable[Run]) -> None:
    """A line of the first table."""
    count, rows = judged(package, runs)
    parts = [f"{part / count.runs:6.1%}" for part in (count.columns, count.outputs)]
    print(f"{title:20} {rows:4}  {count.runs:4}  {count.interval():24} {parts[0]:>7}  "
          f"{parts[1]:>10} {count.together / count.runs:6.1%}", flush=True)  # fmt: skip


def print_shifted(package: str, title: str, runs: Iterable[Run]) -> None:
    """A line of the second table."""
    count, rows = judged(package, runs)
    print(f"{title:32} {rows:4}  {count.runs:4}  {count.alarms / count.runs:5.0%}  "
          f"{count.named / count.runs:6.0%}", flush=True)  # fmt: skip
