"""What each ingredient of a model is worth: one is left out at a time, and all else stays.

Each variant predicts the same rows in the same folds, so that the two figures are compared row for
row. What varies here is the rows, not the folds nor the seed: another seed moves small differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from .errors import UserError
from .paired import Metric, bootstrap_interval

CONFIDENCE = 0.95
ROUNDING = 1e-12  # share of a figure below which a difference is none
CAVEAT = (
    "One set of folds and one seed: the intervals hold what other rows would change, not what "
    "another seed would. Ingredients overlap, so their differences do not add up."
)

Array = npt.NDArray[Any]
R = TypeVar("R")
"""A template's recipe."""
Verdict = Literal["helps", "hurts", "no clear effect"]


@dataclass(frozen=True)
class Ingredient:
    """One thing that a recipe can do without."""

    name: str
    """As settings name it, such as "log-target"."""
    title: str
    """As tables and figures name it."""
    why: str
    """What it is there for, in one sentence."""


@dataclass(frozen=True)
class Outcome:
    """What one recipe comes to."""

    prediction: Array
    """(n,) or (n, k), by models that have not seen the row; in the form that the metric reads."""
    seconds: float
    """What the fits took, summed over the folds."""
    note: str | None = None
    """What a reader has to know about these predictions."""


@dataclass(frozen=True)
class Effect:
    """One ingredient's worth, as reports/metrics.json holds it."""

    name: str
    title: str
    why: str
    without: float
    """The metric when it is left out."""
    difference: float
    """How much worse that is; below zero, it is better."""
    low: float
    high: float
    relative: float
    """The difference as a share of the complete recipe's figure."""
    worse_folds: int
    """Folds in which leaving it out was worse."""
    verdict: Verdict
    seconds: float
    """Of the fits of the recipe without it; compare the complete recipe's."""
    note: str | None


def leave_out(
    wanted: tuple[str, ...] | None,
    every: Iterable[tuple[Ingredient, Callable[[R], R | str]]],
    full: R,
) -> tuple[dict[Ingredient, R], dict[Ingredient, str]]:
    """The recipes to measure, and the ingredients that are not used here with the reason.

    wanted: names, None for all. every: each ingredient with what takes it out of the complete
    recipe `full`, or says why it has none. Raises UserError for a name that does not exist, or if
    nothing can be left out.
    """
    known = {ingredient.name: (ingredient, remove) for ingredient, remove in every}
    unknown = [name for name in wanted or () if name not in known]
    if unknown:
        raise UserError(
            f"ablate.ingredients: there is no {', '.join(unknown)}; use some of {', '.join(known)}."
        )
    recipes: dict[Ingredient, R] = {}
    left_out: dict[Ingredient, str] = {}
    for name in known if wanted is None else wanted:
        ingredient, remove = known[name]
        recipe = remove(full)
        if isinstance(recipe, str):
            left_out[ingredient] = recipe
        else:
            recipes[ingredient] = recipe
    if not recipes:
        reasons = "; ".join(f"{each.name}: {reason}" for each, reason in left_out.items())
        raise UserError(f"ablate: this model has nothing to leave out ({reasons}).")
    return recipes, left_out


def section(
    metric: Metric,
    target: Array,
    fold_of: npt.NDArray[np.int64],
    full: Outcome,
    without: Mapping[Ingredient, Outcome],
    left_out: Mapping[Ingredient, str],
    *,
    version: str,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """The section "ablation" of reports/metrics.json; the largest difference first.

    target, fold_of: shape (n,). without: outcomes of the recipe without each ingredient, at least
    one. left_out: ingredients that this project does not use, and why. version: the model's.
    """
    effects = compare(metric, target, fold_of, full, without, resamples=resamples, seed=seed)
    return {
        "version": version,
        "measured": datetime.now(UTC).date().isoformat(),
        "metric": metric.name,
        "higher_is_better": metric.higher_is_better,
        "folds": len(np.unique(fold_of)),
        "seed": seed,
        "rows": len(target),
        "confidence": CONFIDENCE,
        "comparisons": len(effects),
        "bootstrap": resamples,
        "full": metric.value(target, full.prediction),
        "seconds": full.seconds,
        "ingredients": [asdict(effect) for effect in effects],
        "left_out": [
            {"name": each.name, "title": each.title, "reason": reason}
            for each, reason in left_out.items()
        ],
    }


def compare(
    metric: Metric,
    target: Array,
    fold_of: npt.NDArray[np.int64],
    full: Outcome,
    without: Mapping[Ingredient, Outcome],
    *,
    resamples: int,
    seed: int,
) -> list[Effect]:
    """Each ingredient's effect, the largest difference first.

    Of m intervals each has confidence 1 - 0.05 / m, so that all of them hold at once in about 95 %
    of such studies (Bonferroni): among twenty useless ingredients, none should look useful by
    chance. In simulated studies of twenty useless ones (960 rows), one did in 5 to 8 % with these
    intervals, at 500 and at 8,000 resamples; with percentiles of the bootstrap, in 12 to 17 % at
    500 and in 8 to 9 % at 8,000.
    """
    sign = -1.0 if metric.higher_is_better else 1.0
    predictions = [full.prediction, *(outcome.prediction for outcome in without.values())]

    def figures(rows: Array) -> Array:
        found: Array = np.array([metric.value(target[rows], each[rows]) for each in predictions])
        return found

    def differences(rows: Array) -> Array:
        found = figures(rows)
        change: Array = sign * (found[1:] - found[0])
        # What is equal but for the order of additions is equal.
        return np.where(np.abs(change) > ROUNDING * np.abs(found[0]), change, 0.0)

    confidence = 1.0 - (1.0 - CONFIDENCE) / len(without)
    low, high = bootstrap_interval(
        differences,
        len(target),
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        method="standard",
    )
    every = np.arange(len(target))
    overall, found = figures(every), differences(every)
    by_fold = np.array(
        [differences(np.flatnonzero(fold_of == fold)) for fold in np.unique(fold_of)]
    )
    effects = [
        Effect(
            name=ingredient.name,
            title=ingredient.title,
            why=ingredient.why,
            without=float(overall[1 + position]),
            difference=float(found[position]),
            low=float(low[position]),
            high=float(high[position]),
            relative=float(found[position] / abs(overall[0])) if overall[0] else 0.0,
            worse_folds=int((by_fold[:, position] > 0).sum()),
            verdict=_verdict(float(low[position]), float(high[position])),
            seconds=outcome.seconds,
            note=outcome.note,
        )
        for position, (ingredient, outcome) in enumerate(without.items())
    ]
    return sorted(effects, key=lambda effect: -effect.difference)


def _verdict(low: float, high: float) -> Verdict:
    """What the interval of a difference allows to say."""
    if low > 0:
        return "helps"
    return "hurts" if high < 0 else "no clear effect"
