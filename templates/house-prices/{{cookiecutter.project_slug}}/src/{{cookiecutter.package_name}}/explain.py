"""Which columns move the model's predictions: SHAP values of training rows, and their figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import onnxruntime
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .artifacts import verify, write_json
from .config import Params
from .data import load_train
from .explain_figures import Explained, bar_figure, dependence_figure, summary_figure
from .metrics_file import METRICS, MODELS, read_again, read_metrics
from .plotting import save_figure
from .progress import steps
from .train import PICKLED
from .training_rows import trained_rows

Array = npt.NDArray[np.float64]

SHAP = Path("reports/shap.json")
FIGURES = Path("reports/figures")
LISTED = 10  # columns in reports/metrics.json


@dataclass(frozen=True)
class Explanation:
    """What `explain` found, as written to reports/shap.json, and the figures it drew."""

    report: dict[str, Any]
    figures: tuple[Path, ...]


def explain(params: Params) -> Explanation:
    """SHAP values of training rows; writes reports/shap.json and figures.

    Adds the columns that move predictions most to reports/metrics.json, as `explanation`. The
    held-out rows stay closed. Raises UserError if there is no model, or one of other data.
    """
    manifest = verify(MODELS, ("model.joblib", "model.onnx"), same=PICKLED)
    read_metrics(manifest)  # before the long part: is there a file to add to?
    data = trained_rows(manifest, MODELS, load_train(params))
    encoder = joblib.load(MODELS / "model.joblib").named_steps["encode"]
    encoded = encoder.transform(data.frame)
    random = np.random.default_rng(params.data.seed)
    rows = _draw(random, len(encoded), params.explain.rows)
    background = encoded[_draw(random, len(encoded), params.explain.background)]
    base, values = shap_values(_onnx(), background, encoded[rows], params.data.seed)
    unit = ("log " if manifest.settings["target_transform"] == "log" else "") + data.schema.target
    explained = Explained(
        data.schema, data.frame.iloc[rows], encoded[rows], values, unit, data.meta.name
    )
    report = {
        "data": data.meta.model_dump(mode="json"),
        "explained": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": manifest.name,
        "version": manifest.version,
        "unit": unit,
        "rows": len(rows),
        "background": len(background),
        "seed": params.data.seed,
        "base_value": base,
        "mean_abs": {name: explained.mean_abs[name] for name in explained.ranked},
    }
    metrics = {**read_again(manifest), "explanation": _summary(report)}
    write_json(SHAP, report)
    write_json(METRICS, metrics)
    return Explanation(report, _save_figures(explained, params.explain.top))


def _summary(report: dict[str, Any]) -> dict[str, Any]:
    """What of it goes into reports/metrics.json; a column's share is of the sum of all columns."""
    total = sum(report["mean_abs"].values())
    features = [
        {"name": name, "mean_abs": value, "share": value / total if total else 0.0}
        for name, value in list(report["mean_abs"].items())[:LISTED]
    ]
    kept = ("version", "explained", "unit", "rows", "background", "seed", "base_value")
    found = {key: report[key] for key in kept}
    return {**found, "columns": len(report["mean_abs"]), "features": features}


def shap_values(
    predict: Callable[[Array], Array], background: Array, rows: Array, seed: int
) -> tuple[float, Array]:
    """The base value, and a SHAP value per row and column, shape (n, k), in the model's unit.

    background: (m, k), over which a column's absence is averaged. rows: (n, k).
    One permutation per row, walked in both directions (Mitchell et al. 2022): exact where no more
    than two columns act together. Base value and a row's values add up to its prediction.
    """
    import shap  # takes two seconds, so only once it is needed

    masker = shap.maskers.Independent(background, max_samples=len(background))
    explainer = shap.PermutationExplainer(predict, masker, seed=seed)
    evaluations = 2 * rows.shape[1] + 1
    values = np.empty(rows.shape)
    base = float("nan")
    with steps("SHAP values", len(rows)) as bar:
        for number in range(len(rows)):
            found = explainer(rows[number : number + 1], max_evals=evaluations, silent=True)
            values[number] = found.values[0]
            base = float(found.base_values[0])
            bar.advance("")
    return base, values


def _onnx() -> Callable[[Array], Array]:
    """The exported model on encoded rows: the same predictions as scikit-learn's, and faster."""
    session = onnxruntime.InferenceSession(
        (MODELS / "model.onnx").read_bytes(), providers=["CPUExecutionProvider"]
    )

    def predict(encoded: Array) -> Array:
        found: Array = session.run(["prediction"], {"encoded": encoded})[0][:, 0]
        return found

    return predict


def _draw(random: np.random.Generator, available: int, wanted: int) -> npt.NDArray[np.int64]:
    """Row numbers, ascending; all of them if no more are there."""
    return np.sort(random.choice(available, min(wanted, available), replace=False))


def _save_figures(explained: Explained, top: int) -> tuple[Path, ...]:
    figures = {
        "shap-bar": bar_figure(explained),
        "shap-summary": summary_figure(explained),
        "shap-dependence": dependence_figure(explained, explained.ranked[:top]),
    }
    return tuple(save_figure(figure, FIGURES / f"{name}.png") for name, figure in figures.items())


def show(result: Explanation, console: Console) -> None:
    """Print the columns that move the predictions most."""
    report = result.report
    console.print(
        f"{report['data']['name']}: mean |SHAP| in {report['unit']}, "
        f"{report['rows']} training rows",
        highlight=False,
        markup=False,
    )
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("column", no_wrap=True)
    table.add_column("mean |SHAP|", justify="right", no_wrap=True)
    for name, value in list(report["mean_abs"].items())[:10]:
        table.add_row(Text(name), f"{value:,.4g}")
    console.print(table)
    console.print(f"Wrote {SHAP} and {len(result.figures)} figures to {FIGURES}.", highlight=False)
