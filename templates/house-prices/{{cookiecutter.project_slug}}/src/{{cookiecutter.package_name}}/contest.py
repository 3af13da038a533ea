"""The champion and a new model on the same held-out rows, each as serving would run it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from . import training_rows
from .api.predictor import Predictor
from .config import Params
from .data import TableData, load_test
from .errors import UserError
from .metrics import headline, regression_metrics, rmse
from .paired import Metric
from .promotion import Comparison, compare

Array = npt.NDArray[np.float64]


def contest(params: Params, champion: Path, challenger: Path) -> Comparison | str:
    """Both models' figures on the held-out rows, or the reason why they cannot be compared.

    champion, challenger: folders as `train` writes them. Rows that either has been trained on are
    left out. Opens the held-out rows, unless there are none.
    """
    if params.data.test_size == 0:
        return "data.test_size is 0, so no rows are held out to compare the two on"
    try:
        models = [Predictor.load(folder) for folder in (champion, challenger)]
        for model in models:
            _check_target(model, params)
        held_out = load_test(params)
        tables = [training_rows.in_columns_of(held_out, model.schema) for model in models]
        seen = training_rows.seen(tables[0], champion) | training_rows.seen(tables[1], challenger)
        rows = np.flatnonzero(~seen)
        if len(rows) < params.registry.min_rows:
            return (
                f"only {len(rows):,} of {len(seen):,} held-out rows are new to both models, and "
                f"registry.min_rows is {params.registry.min_rows}"
            )
        target = np.asarray(held_out.target, dtype=np.float64)[rows]
        first, second = (
            _predict(model, table, rows) for model, table in zip(models, tables, strict=True)
        )
    except UserError as error:
        return f"the champion cannot be measured on these rows ({str(error).rstrip('.')})"
    return compare(
        _headline_metric(target, first, second),
        target,
        first,
        second,
        resamples=params.evaluate.bootstrap,
        seed=params.data.seed,
        left_out=int(seen.sum()),
    )


def _check_target(model: Predictor, params: Params) -> None:
    target = model.manifest.settings["target"]
    if target != params.data.target:
        raise UserError(f"it predicts {target}, not {params.data.target}")


def _predict(model: Predictor, table: TableData, rows: npt.NDArray[np.intp]) -> Array:
    """Predictions in the target's unit, shape (len(rows),), through the encoder of the API."""
    values = table.frame.iloc[rows].itertuples(index=False, name=None)
    return model.prices(np.array([model.encode(row) for row in values], dtype=np.float64))


def _headline_metric(target: Array, *predictions: Array) -> Metric:
    """The metric that models are ranked by, where it exists for all predictions; see metrics.py."""
    names = [set(regression_metrics(target, found)) for found in predictions]
    name = headline(dict.fromkeys(set.intersection(*names)))
    return Metric(name, _rmse_log if name == "rmse_log" else rmse)


def _rmse_log(target: Array, prediction: Array) -> float:
    return rmse(np.log(target), np.log(prediction))
