"""What every `tune` of a classifier does: one study per model and data, by macro-F1."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from optuna.trial import Trial
from rich.console import Console

from . import tuning
from .artifacts import write_json
from .config import Params
from .plotting import save_figure
from .study import open_study
from .torch_checkpoints import digest
from .tracking import Run
from .tune_figures import history_figure
from .tuning import FIGURES, TUNING, TuningResult

Measure = Callable[[dict[str, Any], Trial | None], float]
"""The macro-F1 with these values for settings of the section `train`. The trial is told of each
epoch; raises TrialPruned where others did better by then."""


def search(
    params: Params,
    run: Run,
    project: str,
    data: Mapping[str, Any],
    rows: int,
    noun: str,
    *,
    fixed: tuple[str, ...],
    searched: tuple[str, ...],
    space: Callable[[Trial], dict[str, Any]],
    measure: Measure,
) -> TuningResult:
    """Search until the study has `tune.trials` finished trials; writes reports/tuning.json.

    data: what is said of the data. rows: validation rows; noun: what they are, such as "texts".
    fixed: sections of the settings that the values depend on, beside `train`. searched: settings of
    `train`; space: from a trial to values for them. Raises UserError.
    """
    started = time.perf_counter()
    settings, model = params.tune, params.trained_model
    fingerprint = _fingerprint(params, str(data["sha256"]), fixed, searched)
    study = open_study(
        settings.storage,
        settings.study or f"{project}-{model}-{fingerprint}",
        fingerprint,
        higher_is_better=True,
    )
    today = params.train.model_dump(mode="json", include=set(searched))
    default = tuning.default_value(study, model, today, lambda: measure({}, None))
    tuning.search(
        study, lambda trial: measure(space(trial), trial), settings, model, params.data.seed
    )
    report = tuning.report(
        study,
        settings,
        model=model,
        metric="macro_f1",
        default=default,
        facts={"data": dict(data), "seed": params.data.seed, "rows": rows},
    )
    report["seconds"] = time.perf_counter() - started
    write_json(TUNING, report)
    axis = f"macro-F1 on the validation {noun}"
    figure = history_figure(study, default, f"{model}, {data['name']}", axis)
    path = save_figure(figure, FIGURES / f"tuning-{model}.png")
    tuning.log(run, study, params.model_dump(mode="json"), report, [TUNING, path])
    return TuningResult(report)


def show_search(result: TuningResult, console: Console, noun: str) -> None:
    """Print the best hyperparameters, in the form that params.yaml takes, and what they bring."""
    tuning.show_report(
        result.report,
        console,
        measured=f"{result.report['rows']:,} validation {noun}",
        settings=lambda found: {"train": found},
        higher_is_better=True,
    )


def _fingerprint(
    params: Params, sha256: str, fixed: tuple[str, ...], searched: tuple[str, ...]
) -> str:
    """What the values of a study depend on beside the hyperparameters, in short."""
    settings = params.model_dump(mode="json")
    chosen = {key: settings[key] for key in fixed}
    chosen["train"] = {
        key: value
        for key, value in settings["train"].items()
        if key not in {*searched, "compare", "resume"}
    }
    return digest(sha256, chosen)[:8]
