"""Search for better hyperparameters of one model, by cross-validation on the training rows."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import optuna
import yaml
from joblib import cpu_count
from optuna.trial import Trial, TrialState
from rich.console import Console
from threadpoolctl import threadpool_limits

from . import tracking
from .artifacts import git_revision, write_json
from .config import Params, TuneParams
from .crossvalidation import fold_numbers
from .data import TableData, load_train
from .errors import UserError
from .models import CANDIDATES, build_model, search_space
from .plotting import save_figure
from .progress import CONSOLE, steps
from .study import (
    FINISHED,
    STORAGE_ERRORS,
    check_storage,
    count,
    open_study,
    optimize,
    shown_storage,
)
from .target import forward
from .train import PROJECT
from .tune_figures import history_figure

Array = npt.NDArray[np.float64]

TUNING = Path("reports/tuning.json")
FIGURES = Path("reports/figures")
DEFAULT_VALUE = "default_value"


@dataclass(frozen=True)
class TuningResult:
    """What `tune` found, as written to reports/tuning.json."""

    report: dict[str, Any]


@dataclass(frozen=True)
class _Problem:
    """What every trial is measured on."""

    data: TableData
    target: Array
    """(n,) in model space."""
    fold_of: npt.NDArray[np.int64]
    """(n,) the fold in which each row is held out."""
    model: str
    seed: int
    n_jobs: int

    def errors(self, hyperparameters: Mapping[str, Any], fold: int) -> Array:
        """Errors, in model space, on the rows that `fold` holds out."""
        held_out = self.fold_of == fold
        model = build_model(self.model, self.data.schema, hyperparameters, self.seed)
        model.fit(self.data.frame[~held_out], self.target[~held_out])
        predicted = np.asarray(model.predict(self.data.frame[held_out]), dtype=np.float64)
        errors: Array = predicted - self.target[held_out]
        return errors


def tune(params: Params) -> TuningResult:
    """Search until the study has `tune.trials` finished trials; writes reports/tuning.json.

    Run it again to go on where it stopped, and in several processes at once to be done sooner.
    Raises UserError; KeyboardInterrupt leaves the finished trials in the storage.
    """
    settings = params.tune
    if settings.model not in CANDIDATES:
        raise UserError(
            f"tune.model = {settings.model}: has nothing to tune. Use one of "
            f"{', '.join(CANDIDATES)}; the stack is made of these."
        )
    check_storage(settings.storage)
    started = time.perf_counter()
    name = f"tune {settings.model}"
    with tracking.start_run(params.tracking, PROJECT, name, {"step": "tune"}) as run:
        data = load_train(params)
        problem = _problem(params, data)
        fingerprint = _fingerprint(params, data)
        study = open_study(settings.storage, _study_name(settings, fingerprint), fingerprint)
        default = _default_value(study, problem, params.hyperparameters(settings.model))
        _search(study, problem, settings, params.data.seed)
        report = _report(params, data, study, default)
        report["seconds"] = time.perf_counter() - started
        write_json(TUNING, report)
        figure = history_figure(study, default, f"{settings.model}, {data.meta.name}")
        path = save_figure(figure, FIGURES / f"tuning-{settings.model}.png")
        _log(run, params, study, report, [TUNING, path])
    return TuningResult(report)


def _problem(params: Params, data: TableData) -> _Problem:
    return _Problem(
        data=data,
        target=forward(data.target.to_numpy(), params.train.log_target),
        fold_of=fold_numbers(data.duplicate_groups(), params.train.folds, params.data.seed),
        model=params.tune.model,
        seed=params.data.seed,
        n_jobs=cpu_count() if params.train.n_jobs < 1 else params.train.n_jobs,
    )


def _fingerprint(params: Params, data: TableData) -> str:
    """What the values of a study depend on beside the hyperparameters, in short."""
    parts = [
        data.meta.sha256,
        params.data.model_dump_json(),
        params.train.folds,
        params.train.log_target,
        params.tune.model,
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


def _study_name(settings: TuneParams, fingerprint: str) -> str:
    return settings.study or f"{PROJECT}-{settings.model}-{fingerprint}"


def _search(study: optuna.Study, problem: _Problem, settings: TuneParams, seed: int) -> None:
    def objective(trial: Trial) -> float:
        return _value(problem, search_space(problem.model, trial), partial(_prune_or_go_on, trial))

    with steps(f"Tuning {settings.model}", settings.trials) as bar:
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


def _value(
    problem: _Problem,
    hyperparameters: Mapping[str, Any],
    on_fold: Callable[[float, int], None] = lambda value, fold: None,
) -> float:
    """RMSE in model space over all folds' held-out rows.

    on_fold: called with the RMSE of the folds so far, in order; raises to give up the rest.
    """
    folds = [int(fold) for fold in np.unique(problem.fold_of)]
    errors: list[Array] = []
    # Threads, one per fold under way: the fits leave Python's lock (see crossvalidation.py).
    with threadpool_limits(limits=1), ThreadPoolExecutor(problem.n_jobs) as pool:
        futures = [pool.submit(problem.errors, hyperparameters, fold) for fold in folds]
        try:
            for fold, future in zip(folds, futures, strict=True):
                errors.append(future.result())
                on_fold(_rmse(errors), fold)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return _rmse(errors)


def _rmse(errors: list[Array]) -> float:
    return float(np.sqrt(np.mean(np.concatenate(errors) ** 2)))


def _prune_or_go_on(trial: Trial, value: float, fold: int) -> None:
    trial.report(value, step=fold)
    if trial.should_prune():
        raise optuna.TrialPruned


def _default_value(
    study: optuna.Study, problem: _Problem, hyperparameters: dict[str, Any]
) -> float:
    """The value of today's settings, which the search has to beat; measured once per study."""
    key = f"{DEFAULT_VALUE} {hyperparameters}" if hyperparameters else DEFAULT_VALUE
    known = study.user_attrs.get(key)
    if known is None:
        with CONSOLE.status(f"Measuring {problem.model} with today's hyperparameters"):
            known = _value(problem, hyperparameters)
        study.set_user_attr(key, known)
    return float(known)


def _best(study: optuna.Study) -> optuna.trial.FrozenTrial | None:
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return min(complete, key=lambda trial: (trial.value, trial.number), default=None)


def _best_so_far(study: optuna.Study) -> str:
    best = _best(study)
    return f"best {best.value:.5g}" if best else ""


def _report(params: Params, data: TableData, study: optuna.Study, default: float) -> dict[str, Any]:
    best = _best(study)
    states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED}
    return {
        "data": data.meta.model_dump(mode="json"),
        "tuned": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": params.tune.model,
        "study": study.study_name,
        "storage": shown_storage(params.tune.storage),
        "metric": "rmse_log" if params.train.log_target else "rmse",
        "folds": params.train.folds,
        "seed": params.data.seed,
        "trials": {name: count(study, state) for name, state in states.items()},
        "default": default,
        "best": best and {"number": best.number, "value": best.value, "params": best.params},
    }


def _log(
    run: tracking.Run,
    params: Params,
    study: optuna.Study,
    report: dict[str, Any],
    files: list[Path],
) -> None:
    run.log_params(params.model_dump(mode="json"))
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


def show(result: TuningResult, console: Console) -> None:
    """Print the best hyperparameters, in the form that params.yaml takes, and what they bring."""
    report = result.report
    best, metric, model = report["best"], report["metric"], report["model"]
    trials = report["trials"]
    done = (
        f"{report['data']['name']}, {report['folds']} folds, seed {report['seed']}: "
        f"{trials['complete']} complete and {trials['pruned']} pruned trials of {model} in "
        f"{report['storage']}; {metric} with today's hyperparameters {report['default']:.5g}"
    )
    if best is None:
        console.print(f"{done}; no trial is complete. Give it more time.", highlight=False)
        return
    console.print(f"{done}, best {best['value']:.5g} (trial {best['number']}).", highlight=False)
    if best["value"] >= report["default"]:
        console.print("Nothing better was found: leave params.yaml as it is.", highlight=False)
        return
    console.print("For params.yaml:\n", highlight=False)
    lines = yaml.safe_dump({"models": {model: best["params"]}}, sort_keys=False)
    console.print(lines, highlight=False, markup=False)
    console.print(
        "The best of many trials looks a little better than it is: `train`, then `evaluate`, "
        f"tell. Wrote {TUNING}.",
        highlight=False,
    )
