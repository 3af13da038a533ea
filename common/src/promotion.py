"""Whether a new model takes the place of the one in use: decided on rows that neither has seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .paired import Metric, bootstrap_interval

CONFIDENCE = 0.95

Array = npt.NDArray[Any]
Policy = Literal["when_better", "always", "never"]


@dataclass(frozen=True)
class Comparison:
    """Both models' figures on the same rows, and how sure their difference is."""

    metric: str
    champion: float
    challenger: float
    difference: float
    """The challenger's figure less the champion's."""
    low: float
    high: float
    """The difference's 95 % interval."""
    rows: int
    left_out: int
    """Held-out rows that one of the two models was trained on."""
    resamples: int
    higher_is_better: bool = False

    @property
    def better(self) -> bool:
        """Whether all of the difference's interval speaks for the challenger."""
        return self.low > 0 if self.higher_is_better else self.high < 0

    @property
    def worse(self) -> bool:
        """Whether all of it speaks against the challenger."""
        return self.high < 0 if self.higher_is_better else self.low > 0

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
    row for row.
    """

    def difference(rows: Array) -> Array:
        new, old = (metric.value(target[rows], each[rows]) for each in (challenger, champion))
        return np.array(new - old)

    low, high = bootstrap_interval(
        difference, len(target), confidence=CONFIDENCE, resamples=resamples, seed=seed
    )
    return Comparison(
        metric=metric.name,
        champion=metric.value(target, champion),
        challenger=metric.value(target, challenger),
        difference=float(difference(np.arange(len(target)))),
        low=float(low),
        high=float(high),
        rows=len(target),
        left_out=left_out,
        resamples=resamples,
        higher_is_better=metric.higher_is_better,
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
        better = found.better
        if better:
            verdict = "all of it better"
        elif found.worse:
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
