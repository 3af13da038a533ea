"""What every `tune` does around its trials: search, keep what was found, report and log it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import optuna
import yaml
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState
from rich.console import Console

from .artifacts import git_revision
from .errors import UserError
from .progress import CONSOLE, steps
from .study import FINISHED, STORAGE_ERRORS, count, optimize, shown_storage
from .tracking import Run

TUNING = Path("reports/tuning.json")
FIGURES = Path("reports/figures")
DEFAULT_VALUE = "default_value"


class TuneSettings(Protocol):
    """The settings that a search reads."""

    @property
    def trials(self) -> int: ...
    @property
    def timeout_s(self) -> float | None: ...
    @property
    def storage(self) -> str: ...


@dataclass(frozen=True)
class TuningResult:
    """What `tune` found, as written to reports/tuning.json."""

    report: dict[str, Any]


def search(
    study: optuna.Study,
    objective: Callable[[Trial], float],
    settings: TuneSettings,
    model: str,
    seed: int,
) -> None:
    """Run trials until the study has enough, behind a bar.

    Raises UserError if the storage is lost; KeyboardInterrupt leaves the finished trials in it.
    """
    with steps(f"Tuning {model}", settings.trials) as bar:
        shown = 0

        def on_trial(finished: int) -> None:
            nonlocal shown
            for _ in range(min(finished, settings.trials) - shown):
                bar.advance(_best_so_far(study))
            shown = max(shown, min(finished, settings.trials))

        try:
            optimize(study, objective, settings.trials, settings.timeout_s, seed, on_trial)
        except STORAGE_ERRORS as error:
            raise UserError(
                f"tune.storage: lost the connection ({' '.join(str(error).split())[:120]}). "
                "Finished trials are kept; the same command goes on from there."
            ) from None
        except KeyboardInterrupt:
            kept = count(study, *FINISHED)
            CONSOLE.print(
                f"Stopped. {kept} finished trials are kept in {shown_storage(settings.storage)}; "
                "the same command goes on from there.",
                highlight=False,
            )
            raise


def prune_or_go_on(trial: Trial, value: float, step: int) -> None:
    """Report what a trial has reached; raises TrialPruned if others did better by then."""
    trial.report(value, step=step)
    if trial.should_prune():
        raise optuna.TrialPruned


def default_value(
    study: optuna.Study,
    model: str,
    hyperparameters: Mapping[str, Any],
    measure: Callable[[], float],
) -> float:
    """The value of today's settings, which the search has to beat; measured once per study."""
    key = f"{DEFAULT_VALUE} {dict(hyperparameters)}" if hyperparameters else DEFAULT_VALUE
    known = study.user_attrs.get(key)
    if known is None:
        with CONSOLE.status(f"Measuring {model} with today's hyperparameters"):
            known = measure()
        study.set_user_attr(key, known)
    return float(known)


def best_trial(study: optuna.Study) -> FrozenTrial | None:
    """The complete trial with the best value, the first of equal ones; None without any."""
    sign = -1.0 if study.direction is StudyDirection.MAXIMIZE else 1.0
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return min(
        complete, key=lambda trial: (sign * (trial.value or 0.0), trial.number), default=None
    )


def report(
    study: optuna.Study,
    settings: TuneSettings,
    *,
    model: str,
    metric: str,
    default: float,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """As reports/tuning.json holds it. facts: what else it says, such as the data."""
    best = best_trial(study)
    states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED}
    return {
        **facts,
        "tuned": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": model,
        "study": study.study_name,
        "storage": shown_storage(settings.storage),
        "metric": metric,
        "trials": {name: count(study, state) for name, state in states.items()},
        "default": default,
        "best": best and {"number": best.number, "value": best.value, "params": best.params},
    }


def log(
    run: Run,
    study: optuna.Study,
    settings: Mapping[str, Any],
    report: dict[str, Any],
    files: list[Path],
) -> None:
    """Log a search: the settings, each complete trial, what it found, and the files."""
    run.log_params(settings)
    run.log_params(
        {
            "data_sha256": report["data"]["sha256"],
            "git_revision": git_revision(),
            "study_name": report["study"],
        }
    )
    for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        if trial.value is not None:
            run.log_metrics({f"trial/{report['metric']}": trial.value}, step=trial.number)
    figures = {"default": report["default"]}
    if report["best"]:
        figures["best"] = report["best"]["value"]
        run.log_params({f"best.{key}": value for key, value in report["best"]["params"].items()})
    run.log_metrics(figures)
    run.log_files(files, "reports")


def show_report(
    report: Mapping[str, Any],
    console: Console,
    *,
    measured: str,
    settings: Callable[[dict[str, Any]], dict[str, Any]],
    higher_is_better: bool = False,
) -> None:
    """Print the best hyperparameters, in the form that params.yaml takes, and what they bring.

    measured: on what, such as "5 folds". settings: from hyperparameters to params.yaml's sections.
    """
    best, metric, model = report["best"], report["metric"], report["model"]
    trials = report["trials"]
    done = (
        f"{report['data']['name']}, {measured}, seed {report['seed']}: "
        f"{trials['complete']} complete and {trials['pruned']} pruned trials of {model} in "
        f"{report['storage']}; {metric} with today's hyperparameters {report['default']:.5g}"
    )
    if best is None:
        console.print(f"{done}; no trial is complete. Give it more time.", highlight=False)
        return
    console.print(f"{done}, best {best['value']:.5g} (trial {best['number']}).", highlight=False)
    gain = best["value"] - report["default"]
    if (gain if higher_is_better else -gain) <= 0:
        console.print("Nothing better was found: leave params.yaml as it is.", highlight=False)
        return
    console.print("For params.yaml:\n", highlight=False)
    lines = yaml.safe_dump(settings(best["params"]), sort_keys=False)
    console.print(lines, highlight=False, markup=False)
    console.print(
        "The best of many trials looks a little better than it is: `train`, then `evaluate`, "
        f"tell. Wrote {TUNING}.",
        highlight=False,
    )


def _best_so_far(study: optuna.Study) -> str:
    best = best_trial(study)
    return f"best {best.value:.5g}" if best else ""
