"""All columns at once: can a classifier tell logged rows from training rows?

If both come from one distribution, no classifier does better than chance on rows that it has not
seen (Lopez-Paz and Oquab 2017, "Revisiting classifier two-sample tests"). It finds what no single
column shows, such as two columns that no longer go together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from .drift_sample import Sample

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

BOOSTING: dict[str, Any] = {
    "max_iter": 50,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 10,
    "early_stopping": False,
    "class_weight": "balanced",  # the log is often far shorter than the training rows
}
LEVELS = 250  # of a category: as many as the trees take; the rarest beyond it are taken together
PARTS = 6  # of the rows; the first two are for training only
SUSPECTS = 20  # columns at most whose importance is told
SHUFFLES = 3  # of each column
LEAST_LOSS = 0.001  # of AUC: what is below it is noise


@dataclass(frozen=True)
class DomainDrift:
    """How well logged rows can be told from training rows."""

    auc: float
    """Probability that a logged row scores higher than a training row; 0.5 is chance."""
    p_value: float
    drifted: bool
    importance: dict[str, float] = field(default_factory=dict)
    """Column -> what the AUC loses when its values are shuffled, most telling first. Empty unless
    drifted: what a classifier sees in noise means nothing."""


def tell_apart(
    reference: Sample, logged: Sample, alpha: float, min_auc: float, seed: int
) -> DomainDrift:
    """Compare the inputs that both samples have, all at once.

    alpha: probability of calling it drift where nothing has changed. min_auc: a classifier that
    does worse than this has found a trifle.
    """
    before, after = reference.inputs(), logged.inputs()
    names = [name for name in before.columns if name in after.columns]
    if not names:
        return DomainDrift(auc=0.5, p_value=1.0, drifted=False)
    rows, categories = _encoded(pd.concat([before[names], after[names]], ignore_index=True))
    labels = np.repeat([0, 1], [len(before), len(after)])
    parts = _parts(labels, seed)
    model = HistGradientBoostingClassifier(
        categorical_features=categories, random_state=seed, **BOOSTING
    )
    # Threads that wait for one another cost more than they save on tables of this size.
    with threadpool_limits(limits=1):
        auc, p_value = _judge(model, rows, labels, parts)
        if p_value > alpha or auc < min_auc:
            return DomainDrift(auc, p_value, drifted=False)
        lost = _lost(model, rows, labels, parts, seed)
    order = [i for i in np.argsort(-lost, kind="stable")[:SUSPECTS] if lost[i] >= LEAST_LOSS]
    return DomainDrift(auc, p_value, True, {str(names[i]): float(lost[i]) for i in order})


def _parts(labels: Labels, seed: int) -> list[Labels]:
    """Positions of the rows in random parts, each with both samples in their proportion."""
    folds = StratifiedKFold(PARTS, shuffle=True, random_state=seed)
    return [part for _, part in folds.split(labels, labels)]


def _judge(
    model: HistGradientBoostingClassifier, rows: Array, labels: Labels, parts: list[Labels]
) -> tuple[float, float]:
    """AUC on unseen rows, and its p-value.

    Each part is scored by a classifier that was trained on the parts before it, and tested by
    Mann and Whitney (1947). Given the past, each z is then standard normal if nothing has changed,
    and so is their weighted sum (they are martingale differences). Cross-validation scores every
    row, but there each pair of rows counts twice, once in training and once in testing, and its
    scores give false alarms far too often.
    """
    found = []
    for number in range(2, len(parts)):
        past, part = np.concatenate(parts[:number]), parts[number]
        scores = model.fit(rows[past], labels[past]).predict_proba(rows[part])[:, 1]
        told = labels[part] == 1
        result = stats.mannwhitneyu(
            scores[told], scores[~told], alternative="greater", method="asymptotic"
        )
        pairs = int(told.sum()) * int((~told).sum())
        # Clipped: an infinite z would drown what the other parts say.
        z = stats.norm.isf(np.clip(result.pvalue, 1e-300, 1 - 1e-16))
        found.append((result.statistic / pairs, z, np.sqrt(number)))
    aucs, deviations, weights = np.array(found).T
    together = (weights * deviations).sum() / np.sqrt((weights**2).sum())
    return float(np.average(aucs, weights=weights)), float(stats.norm.sf(together))


def _lost(
    model: HistGradientBoostingClassifier,
    rows: Array,
    labels: Labels,
    parts: list[Labels],
    seed: int,
) -> Array:
    """Loss of AUC on unseen rows as each column is shuffled (Breiman 2001), shape (columns,)."""
    past, unseen = np.concatenate(parts[:-2]), np.concatenate(parts[-2:])
    found: Array = permutation_importance(
        model.fit(rows[past], labels[past]),
        rows[unseen],
        labels[unseen],
        scoring="roc_auc",
        n_repeats=SHUFFLES,
        random_state=seed,
    ).importances_mean
    return found


def _encoded(frame: pd.DataFrame) -> tuple[Array, npt.NDArray[np.bool_]]:
    """The rows as numbers, none missing, and which columns are categories' codes."""
    categories = np.array([frame[name].dtype.kind != "f" for name in frame.columns])
    columns = [
        _codes(frame[name]) if category else _numbers(frame[name])
        for name, category in zip(frame.columns, categories, strict=True)
    ]
    return np.column_stack(columns), categories


def _codes(values: pd.Series[Any]) -> Array:
    """A number per level, "no value" too; the most frequent first, all beyond LEVELS as one."""
    codes = pd.factorize(values, use_na_sentinel=False)[0]
    ranks = np.argsort(np.argsort(-np.bincount(codes), kind="stable"))
    return ranks[codes].clip(max=LEVELS - 1).astype(np.float64)


def _numbers(values: pd.Series[float]) -> Array:
    """The values; below all of them where there is none, so that one cut parts those from the rest.

    The trees could take NaN, but not a column that has nothing else in the rows that they learn.
    """
    lowest = float(values.min())
    filled = values.fillna(0.0 if np.isnan(lowest) else lowest - 1.0)
    return np.asarray(filled, dtype=np.float64)
