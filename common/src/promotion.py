"""Whether a new model takes the place of the one in use: decided on rows that neither has seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

CONFIDENCE = 0.95

Array = npt.NDArray[Any]
Metric = Callable[[Array, Array], float]
"""(target, prediction) -> one figure; the lower, the better."""

Policy = Literal["when_better", "always", "never"]


@dataclass(frozen=True)
class Comparison:
    """Both models' figures on the same rows, and how sure their difference is."""

    metric: str
    champion: float
    challenger: float
    difference: float
    """The challenger's figure less the champion's: below zero, the challenger is better."""
    low: float
    high: float
    """The difference's 95 % interval."""
    rows: int
    left_out: int
    """Held-out rows that one of the two models was trained on."""
    resamples: int

    def __str__(self) -> str:
        return (
            f"{self.metric} {figure(self.challenger)} against {figure(self.champion)} on "
            f"{self.rows:,} held-out rows, difference {self.interval()}"
        )

    def interval(self) -> str:
        """The difference and its interval as text."""
        ends = f"{figure(self.low, sign=True)} to {figure(self.high, sign=True)}"
        return f"{figure(self.difference, sign=True)} ({CONFIDENCE:.0%} interval {ends})"


@dataclass(frozen=True)
class Decision:
    """What becomes of the new model, and why."""

    promoted: bool
    reason: str
    comparison: Comparison | None = None

    @property
    def word(self) -> str:
        return "promoted" if self.promoted else "kept"

    def as_dict(self) -> dict[str, Any]:
        """As reports/metrics.json holds it."""
        compared = asdict(self.comparison) if self.comparison else {}
        return {"decision": self.word, "reason": self.reason, **compared}


def compare(
    name: str,
    metric: Metric,
    target: Array,
    champion: Array,
    challenger: Array,
    *,
    resamples: int,
    seed: int,
    left_out: int = 0,
) -> Comparison:
    """The difference of `metric` on the same rows, with its paired bootstrap interval.

    target, champion, challenger: shape (n,) or (n, k), the truth and the two models' predictions,
    row for row. Each resample draws rows with replacement and takes both models' answers for them
    (Efron and Tibshirani 1993, chapter 8; percentile interval): the difference is far surer than
    either figure, since a hard row is hard for both.
    """

    def difference(rows: Array) -> float:
        return metric(target[rows], challenger[rows]) - metric(target[rows], champion[rows])

    every = np.arange(len(target))
    interval = stats.bootstrap(
        (every,),
        difference,
        vectorized=False,
        n_resamples=resamples,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Comparison(
        metric=name,
        champion=metric(target, champion),
        challenger=metric(target, challenger),
        difference=difference(every),
        low=float(interval.low),
        high=float(interval.high),
        rows=len(target),
        left_out=left_out,
        resamples=resamples,
    )


def decide(policy: Policy, found: Comparison | str | None) -> Decision:
    """Whether the challenger takes the champion's place.

    found: the comparison, or the reason for which there is none; None: there is no champion yet.
    A difference counts only if its whole interval is on one side, so that noise promotes nothing.
    """
    comparison = found if isinstance(found, Comparison) else None
    if found is None:
        reason, better = "there was no champion to compare it with", True
    elif isinstance(found, str):
        reason, better = found, False
    else:
        better = found.high < 0
        if better:
            verdict = "all of it better"
        elif found.low > 0:
            verdict = "all of it worse"
        else:
            verdict = "which holds zero, so that it may be chance"
        reason = f"{found}, {verdict}"
    if policy == "when_better":
        return Decision(better, reason, comparison)
    return Decision(policy == "always", f"registry.promote is {policy}; {reason}", comparison)


def figure(value: float, *, sign: bool = False) -> str:
    """A figure as people read it: four places below a hundred, none above."""
    return f"{value:{'+' if sign else ''},.{0 if abs(value) >= 100 else 4}f}"
