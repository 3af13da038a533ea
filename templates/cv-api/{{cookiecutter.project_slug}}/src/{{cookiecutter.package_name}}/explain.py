"""Where the served model looks: Grad-CAM for right and for wrong answers, and whether it is true.

The pictures are validation pictures, which the model was not fitted on; the held-out ones stay
closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console

from .api.cam import grad_cam
from .api.predictor import Outputs, Predictor
from .artifacts import write_json, write_text
from .asking import pixels_of
from .config import Params
from .data import ImageData, load_validation
from .deletion import deletion_test
from .explain_figures import explained_figure
from .explain_page import as_page
from .looked_at import LookedAt
from .metrics_file import METRICS, MODELS, read_again, read_metrics
from .plotting import save_figure
from .progress import CONSOLE
from .training_rows import chosen_rows

FIGURE, PAGE = Path("reports/figures/grad-cam.png"), Path("reports/explain.html")
EXAMINED = 500  # pictures at most: among them the shown ones are chosen, and all are greyed out

Classes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Explained:
    """What `explain` found: the sections of reports/metrics.json, and the files beside it."""

    metrics: dict[str, Any]
    files: tuple[Path, ...]


def explain(params: Params) -> Explained:
    """Look where the model looks; writes `explanation` in metrics.json, figure and page.

    Raises UserError if there is no model, or if the data are not those that it was trained on.
    """
    predictor = Predictor.load(MODELS)
    manifest = predictor.manifest
    read_metrics(manifest)  # before the long part: is there a file to add to?
    validation = chosen_rows(manifest, MODELS, load_validation(params))
    seed = params.data.seed
    examined = validation.take(_drawn(len(validation.labels), seed))
    with CONSOLE.status(f"Looking at {len(examined.labels):,} validation pictures"):
        pixels = pixels_of(predictor, examined.pictures)
        outputs = predictor.run(pixels)
        answers: Classes = outputs.logits.argmax(axis=1)
        heats = np.stack(
            [
                grad_cam(features, predictor.head[best])
                for features, best in zip(outputs.features, answers, strict=True)
            ]
        )
        deletion = deletion_test(predictor, pixels, heats, answers, seed)
    right, wrong = choose(examined.labels, outputs.logits, params.explain.pictures)
    shown = [_looked_at(predictor, examined, outputs, row) for row in (*right, *wrong)]
    section: dict[str, Any] = {
        "version": manifest.version,
        "explained": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "examined": len(examined.labels),
        "right": len(right),
        "wrong": len(wrong),
        "places": list(heats.shape[1:]),
        "deletion": deletion,
    }
    metrics = {**read_again(manifest), "explanation": section}
    write_json(METRICS, metrics)
    data = validation.meta.name
    save_figure(explained_figure(shown, data), FIGURE)
    write_text(PAGE, as_page(shown, data, manifest.version, section["explained"]))
    return Explained(metrics, (FIGURE, PAGE))


def choose(labels: Classes, logits: npt.NDArray[np.float32], most: int) -> tuple[Classes, Classes]:
    """Rows of right answers, of the classes in turn, and of wrong ones, the surest first.

    labels: (n,). logits: (n, k). At most `most` rows in all; at most half of them wrong.
    """
    answers = logits.argmax(axis=1)
    missed = np.flatnonzero(answers != labels)
    lead = np.sort(logits, axis=1)
    margin = lead[:, -1] - lead[:, -2]
    wrong = missed[np.argsort(-margin[missed], kind="stable")][: most // 2]
    by_class = [
        np.flatnonzero((answers == labels) & (labels == each)) for each in np.unique(labels)
    ]
    turns = max((len(rows) for rows in by_class), default=0)
    in_turn = [rows[turn] for turn in range(turns) for rows in by_class if turn < len(rows)]
    return np.array(in_turn[: most - len(wrong)], dtype=np.int64), wrong


def _drawn(count: int, seed: int) -> Classes:
    if count <= EXAMINED:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, EXAMINED, replace=False))


def _looked_at(predictor: Predictor, examined: ImageData, outputs: Outputs, row: int) -> LookedAt:
    """One picture, with the heat of its answer, and that of its own class if that is another."""
    reading = predictor.read(examined.pictures[row])
    chosen = Outputs(outputs.logits[row : row + 1], outputs.features[row : row + 1])
    (answer,) = predictor.predictions([reading], chosen)
    true = examined.classes[examined.labels[row]]
    heats = {
        name: grad_cam(outputs.features[row], predictor.head[predictor.classes.index(name)])
        for name in dict.fromkeys((answer.label, true))
    }
    return LookedAt(examined.names[row], reading.pixels, answer, true, heats)


def show(result: Explained, console: Console) -> None:
    """Print how many pictures were explained, and what the deletion test found."""
    found = result.metrics["explanation"]
    named = " and ".join(path.as_posix() for path in result.files)
    down, across = found["places"]
    lines = [
        f"{result.metrics['data']['name']}: where the model looks, in {down} by {across} places, "
        f"for {found['right']} right and {found['wrong']} wrong answers of {found['examined']:,} "
        "validation pictures",
        deletion_line(found["deletion"]),
        f"Wrote {METRICS}, {named}.",
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False)


def deletion_line(found: dict[str, Any] | None) -> str:
    """The deletion test in a sentence."""
    if found is None:
        return "The heat has one place only, or none: nothing to grey out."
    return (
        f"The answer's probability falls by {found['hottest']:.3f} on average when the hottest "
        f"{found['share']:.0%} of a picture are greyed out, and by {found['others']:.3f} when as "
        f"much of the rest is (difference {found['low']:+.3f} to {found['high']:+.3f})."
    )
