"""The figure of a search: what each trial found, and which hyperparameters mattered."""

from __future__ import annotations

import numpy as np
import optuna
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from .plotting import BLUE, GREY, ORANGE, new_figure, set_title, style

# Fewer complete trials say nothing about which hyperparameter matters.
FEWEST_TRIALS = 10


def history_figure(study: optuna.Study, default: float, title: str, axis: str) -> Figure:
    """Each complete trial's value, the best so far, and the value of the defaults.

    axis: what a value is, such as "error in cross-validation".
    """
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    with style():
        searched = {name for trial in trials for name in trial.params}
        with_importances = len(trials) >= FEWEST_TRIALS and len(searched) > 1
        figure = new_figure(9.0, 4.0)
        left, *right = figure.subplots(1, 1 + with_importances, squeeze=False)[0]
        higher = study.direction is optuna.study.StudyDirection.MAXIMIZE
        _draw_history(left, trials, default, higher)
        left.set_ylabel(axis)
        set_title(figure, _finding(trials, default, higher), title)
        for axes in right:
            _draw_importances(axes, study)
    return figure


def _finding(trials: list[FrozenTrial], default: float, higher: bool) -> str:
    values = [trial.value for trial in trials if trial.value is not None]
    if not values:
        return "No trial was completed"
    if higher:
        if max(values) <= default:
            return f"None of {len(values)} trials beats today's hyperparameters"
        return f"The best of {len(values)} trials is {max(values) - default:.4f} above today's"
    gain = 1.0 - min(values) / default if default else 0.0
    if gain <= 0:
        return f"None of {len(values)} trials beats today's hyperparameters"
    return f"The best of {len(values)} trials has an error {gain:.1%} below today's"


def _draw_history(axes: Axes, trials: list[FrozenTrial], default: float, higher: bool) -> None:
    values = np.array([trial.value for trial in trials], dtype=np.float64)
    numbers = [trial.number for trial in trials]
    axes.axhline(default, color=GREY, ls="--", lw=1.5, label="today's hyperparameters")
    if len(values):
        axes.scatter(numbers, values, s=18, color=BLUE, lw=0, label="trial")
        best = (np.maximum if higher else np.minimum).accumulate(values)
        axes.step(numbers, best, where="post", color=ORANGE, label="best so far")
        # A trial far off would squeeze all others into one line.
        low = min(np.quantile(values, 0.1) if higher else values.min(), default)
        high = max(values.max() if higher else np.quantile(values, 0.9), default)
        margin = 0.08 * (high - low) or 0.01 * abs(high)
        axes.set_ylim(low - margin, high + margin)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("trial")
    axes.legend(loc="lower right" if higher else "upper right")


def _draw_importances(axes: Axes, study: optuna.Study) -> None:
    found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    names = list(found)[::-1]
    axes.barh(names, [found[name] for name in names], color=BLUE)
    axes.set_xlim(0.0, 1.0)
    axes.set_xlabel("share of the trials' differences explained (fANOVA)")
    axes.grid(axis="y", visible=False)
