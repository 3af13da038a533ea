"""Search for better hyperparameters of the transformer, by macro-F1 on the validation texts."""

from __future__ import annotations

from functools import partial
from typing import Any

from optuna.trial import Trial
from rich.console import Console

from . import tracking
from .classifier_tuning import search, show_search
from .config import Params
from .data import TextData, load_train, load_validation
from .fitting import EPOCHS, fit_transformer, learning_rate_of
from .study import check_storage
from .train import PROJECT
from .trainer import Epoch
from .tuning import TuningResult, prune_or_go_on

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
    check_storage(params.tune.storage)
    name = f"tune {params.trained_model}"
    with tracking.start_run(params.tracking, PROJECT, name, {"step": "tune"}) as run:
        data, validation = load_train(params), load_validation(params)
        return search(
            params,
            run,
            PROJECT,
            data.meta.model_dump(mode="json"),
            len(validation.texts),
            "texts",
            fixed=("data", "clean", "tokens", "model"),
            searched=SEARCHED,
            space=partial(search_space, params),
            measure=lambda values, trial: measure(params, values, data, validation, trial),
        )


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
            prune_or_go_on(trial, reached, int(epoch["epoch"]))

    changed = params.train.model_copy(update=hyperparameters)
    params = params.model_copy(update={"train": changed})
    fit_transformer(params.trained_model, params, data, validation, on_epoch=on_epoch)
    return reached


def show(result: TuningResult, console: Console) -> None:
    """Print the best hyperparameters, in the form that params.yaml takes, and what they bring."""
    show_search(result, console, "texts")
