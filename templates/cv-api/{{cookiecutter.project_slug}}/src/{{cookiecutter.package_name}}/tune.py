"""Search for better hyperparameters of the network, by macro-F1 on the validation pictures."""

from __future__ import annotations

from functools import partial
from typing import Any

from optuna.trial import Trial
from rich.console import Console

from . import tracking
from .classifier_tuning import search, show_search
from .config import Params
from .data import ImageData, load_train, load_validation
from .defaults import SMALLEST_BATCH, batch_size_of, learning_rate_of, weight_decay_of
from .fitting import fit_network
from .study import check_storage
from .torch_device import abilities, choose_device
from .train import PROJECT
from .training_state import Epoch
from .tuning import TuningResult, prune_or_go_on

# Not the epochs, nor the width: more of either is better and takes longer, which no search by
# macro-F1 alone can weigh.
SEARCHED = ("learning_rate", "batch_size", "weight_decay", "label_smoothing", "cutout")
# The learning rate and the weight decay are searched from a fifth to five times today's.
SPREAD = 5.0
SMALLEST_DECAY = 1e-4
MOST_SMOOTHING, MOST_CUTOUT = 0.2, 0.5


def search_space(params: Params, pictures: int, trial: Trial) -> dict[str, Any]:
    """A trial's values for settings of the section `train`. pictures: to train on."""
    model = params.trained_model
    device = choose_device(params.train.mixed_precision, abilities())
    batch = batch_size_of(model, params, pictures, device)
    rate = learning_rate_of(model, params, batch)
    decay = weight_decay_of(model, params) or SMALLEST_DECAY
    return {
        "learning_rate": trial.suggest_float(
            "learning_rate", rate / SPREAD, rate * SPREAD, log=True
        ),
        # A range, not a choice among some: a study may go on with another one.
        "batch_size": trial.suggest_int(
            "batch_size", max(SMALLEST_BATCH, batch // 2), max(SMALLEST_BATCH, 2 * batch), log=True
        ),
        "weight_decay": trial.suggest_float(
            "weight_decay", decay / SPREAD, decay * SPREAD, log=True
        ),
        "label_smoothing": trial.suggest_float("label_smoothing", 0.0, MOST_SMOOTHING),
        "cutout": trial.suggest_float("cutout", 0.0, MOST_CUTOUT),
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
            len(validation.labels),
            "pictures",
            fixed=("data", "image", "model"),
            searched=SEARCHED,
            space=partial(search_space, params, len(data.labels)),
            measure=lambda values, trial: measure(params, values, data, validation, trial),
        )


def measure(
    params: Params,
    hyperparameters: dict[str, Any],
    data: ImageData,
    validation: ImageData,
    trial: Trial | None = None,
) -> float:
    """The last epoch's macro-F1 with these values for settings of the section `train`.

    The last is the one that is kept, see trainer.py. trial: told of each epoch; raises TrialPruned
    where others did better by then.
    """
    reached = 0.0

    def on_epoch(epoch: Epoch) -> None:
        nonlocal reached
        reached = epoch["macro_f1"]
        if trial is not None:
            prune_or_go_on(trial, reached, int(epoch["epoch"]))

    changed = params.train.model_copy(update=hyperparameters)
    params = params.model_copy(update={"train": changed})
    fit_network(params.trained_model, params, data, validation, on_epoch=on_epoch)
    return reached


def show(result: TuningResult, console: Console) -> None:
    """Print the best hyperparameters, in the form that params.yaml takes, and what they bring."""
    show_search(result, console, "pictures")
