"""Search for better hyperparameters of the transformer, by macro-F1 on the validation texts."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from optuna.trial import Trial
from rich.console import Console

from . import tracking, tuning
from .artifacts import write_json
from .config import Params
from .data import TextData, load_train, load_validation
from .fitting import EPOCHS, fit_transformer, learning_rate_of
from .plotting import save_figure
from .study import check_storage, open_study
from .torch_checkpoints import digest
from .train import PROJECT
from .trainer import Epoch
from .tune_figures import history_figure
from .tuning import FIGURES, TUNING, TuningResult

SEARCHED = ("learning_rate", "epochs", "batch_size", "weight_decay", "warmup")
# The learning rate is searched from a fifth to five times today's.
SPREAD = 5.0
BATCH_SIZES = (8, 16, 32, 64)
MOST_WEIGHT_DECAY, MOST_WARMUP = 0.2, 0.3


def search_space(params: Params, trial: Trial) -> dict[str, Any]:
    """A trial's values for settings of the section `train`."""
    rate = learning_rate_of(params.trained_model, params)
    epochs = params.train.epochs or EPOCHS[params.trained_model]
    return {
        "learning_rate": trial.suggest_float(
            "learning_rate", rate / SPREAD, rate * SPREAD, log=True
        ),
        "epochs": trial.suggest_int("epochs", max(1, epochs // 2), 2 * epochs),
        "batch_size": trial.suggest_categorical("batch_size", BATCH_SIZES),
        "weight_decay": trial.suggest_float("weight_decay", 0.0, MOST_WEIGHT_DECAY),
        "warmup": trial.suggest_float("warmup", 0.0, MOST_WARMUP),
    }


def tune(params: Params) -> TuningResult:
    """Search until the study has `tune.trials` finished trials; writes reports/tuning.json.

    Run it again to go on where it stopped, and in several processes at once to be done sooner.
    Raises UserError; KeyboardInterrupt leaves the finished trials in the storage.
    """
    settings, model = params.tune, params.trained_model
    check_storage(settings.storage)
    started = time.perf_counter()
    with tracking.start_run(params.tracking, PROJECT, f"tune {model}", {"step": "tune"}) as run:
        data, validation = load_train(params), load_validation(params)
        fingerprint = _fingerprint(params, data)
        study = open_study(
            settings.storage,
            settings.study or f"{PROJECT}-{model}-{fingerprint}",
            fingerprint,
            higher_is_better=True,
        )
        today = params.train.model_dump(mode="json", include=set(SEARCHED))
        default = tuning.default_value(
            study, model, today, lambda: measure(params, {}, data, validation)
        )
        objective = partial(_objective, params, data, validation)
        tuning.search(study, objective, settings, model, params.data.seed)
        report = tuning.report(
            study,
            settings,
            model=model,
            metric="macro_f1",
            default=default,
            facts={
                "data": data.meta.model_dump(mode="json"),
                "seed": params.data.seed,
                "rows": len(validation.texts),
            },
        )
        report["seconds"] = time.perf_counter() - started
        write_json(TUNING, report)
        figure = history_figure(
            study, default, f"{model}, {data.meta.name}", "macro-F1 on the validation texts"
        )
        path = save_figure(figure, FIGURES / f"tuning-{model}.png")
        tuning.log(run, study, params.model_dump(mode="json"), report, [TUNING, path])
    return TuningResult(report)


def measure(
    params: Params,
    hyperparameters: dict[str, Any],
    data: TextData,
    validation: TextData,
    trial: Trial | None = None,
) -> float:
    """The best epoch's macro-F1 with these values for settings of the section `train`.

    trial: told of each epoch; raises TrialPruned where others did better by then.
    """
    reached = 0.0

    def on_epoch(epoch: Epoch) -> None:
        nonlocal reached
        reached = max(reached, epoch["macro_f1"])
        if trial is not None:
            tuning.prune_or_go_on(trial, reached, int(epoch["epoch"]))

    changed = params.train.model_copy(update=hyperparameters)
    params = params.model_copy(update={"train": changed})
    fit_transformer(params.trained_model, params, data, validation, on_epoch=on_epoch)
    return reached


def show(result: TuningResult, console: Console) -> None:
    """Print the best hyperparameters, in the form that params.yaml takes, and what they bring."""
    tuning.show_report(
        result.report,
        console,
        measured=f"{result.report['rows']:,} validation texts",
        settings=lambda found: {"train": found},
        higher_is_better=True,
    )


def _objective(params: Params, data: TextData, validation: TextData, trial: Trial) -> float:
    return measure(params, search_space(params, trial), data, validation, trial)


def _fingerprint(params: Params, data: TextData) -> str:
    """What the values of a study depend on beside the hyperparameters, in short."""
    settings = params.model_dump(mode="json")
    fixed = {key: settings[key] for key in ("data", "clean", "tokens", "model")}
    fixed["train"] = {
        key: value
        for key, value in settings["train"].items()
        if key not in {*SEARCHED, "compare", "resume"}
    }
    return digest(data.meta.sha256, fixed)[:8]
