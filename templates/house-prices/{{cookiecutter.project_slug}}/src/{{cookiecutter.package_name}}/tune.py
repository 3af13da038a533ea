"""Search for better hyperparameters of one model, by cross-validation on the training rows."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import cpu_count
from optuna.trial import Trial
from rich.console import Console
from threadpoolctl import threadpool_limits

from . import tracking, tuning
from .artifacts import write_json
from .config import Params, TuneParams
from .crossvalidation import fold_numbers
from .data import TableData, load_train
from .errors import UserError
from .models import CANDIDATES, build_model, search_space
from .plotting import save_figure
from .study import check_storage, open_study
from .target import forward
from .train import PROJECT
from .tune_figures import history_figure
from .tuning import FIGURES, TUNING, TuningResult

Array = npt.NDArray[np.float64]


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
        today = params.hyperparameters(settings.model)
        default = tuning.default_value(study, problem.model, today, lambda: _value(problem, today))
        tuning.search(
            study, partial(_objective, problem), settings, settings.model, params.data.seed
        )
        report = tuning.report(
            study,
            settings,
            model=settings.model,
            metric="rmse_log" if params.train.log_target else "rmse",
            default=default,
            facts={
                "data": data.meta.model_dump(mode="json"),
                "folds": params.train.folds,
                "seed": params.data.seed,
            },
        )
        report["seconds"] = time.perf_counter() - started
        write_json(TUNING, report)
        title = f"{settings.model}, {data.meta.name}"
        figure = history_figure(study, default, title, "error in cross-validation")
        path = save_figure(figure, FIGURES / f"tuning-{settings.model}.png")
        tuning.log(run, study, params.model_dump(mode="json"), report, [TUNING, path])
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


def _objective(problem: _Problem, trial: Trial) -> float:
    hyperparameters = search_space(problem.model, trial)
    return _value(problem, hyperparameters, partial(tuning.prune_or_go_on, trial))


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


def show(result: TuningResult, console: Console) -> None:
    """Print the best hyperparameters, in the form that params.yaml takes, and what they bring."""
    tuning.show_report(
        result.report,
        console,
        measured=f"{result.report['folds']} folds",
        settings=lambda found: {"models": {result.report["model"]: found}},
    )
