"""The web page at `/`: a form made from the model's schema, its answer, and what moved it."""

from __future__ import annotations

import math
from html import escape

from ..artifacts import Manifest
from ..words import Words, decimals
from .page_examples import examples, importance
from .page_form import form
from .page_frame import About, Figure, frame
from .predictor import Predictor
from .requests import typical

SHOWN = 3  # fields of the example for the command line


def page(predictor: Predictor, most_bytes: int) -> str:
    """The page as HTML. Every text that comes from the data is escaped.

    most_bytes: of the body of a request.
    """
    words = Words.of(predictor.schema)
    ranked = importance(predictor)
    body = form(predictor.schema, words, ranked, examples(predictor)) + _answer(predictor, words)
    return frame(_about(predictor, words, ranked), body, most_bytes, ["form.css"], ["form.js"])


def _about(predictor: Predictor, words: Words, ranked: list[str]) -> About:
    manifest, schema = predictor.manifest, predictor.schema
    target = words.inline(schema.target)
    rows = f"{manifest.data['train_rows']:,} training rows" if "train_rows" in manifest.data else ""
    return About(
        title=words.question or f"Predict {target}",
        purpose=(
            f"Fill in what you know, and the model answers with the {target}, the range it expects "
            "it in, and what moved it."
        ),
        model=manifest.name,
        version=manifest.version,
        data=str(manifest.data["name"]),
        synthetic=bool(manifest.data.get("synthetic")),
        headline=f"Off by {words.amount(manifest.metrics['mae']['overall'])} on average",
        measured=(
            f"Measured by cross-validation{' over ' + rows if rows else ''}: each row was "
            "predicted by a model that had not seen it."
        ),
        figures=_figures(manifest, words),
        example={name: typical(schema.column(name)) for name in ranked[:SHOWN]},
    )


def _figures(manifest: Manifest, words: Words) -> list[Figure]:
    metrics, target = manifest.metrics, words.inline(manifest.settings["target"])
    figures = [
        Figure(
            "Mean absolute error",
            words.amount(metrics["mae"]["overall"]),
            "How far off it is, on average.",
        )
    ]
    if "rmse_log" in metrics:
        found, spread = metrics["rmse_log"]["overall"], metrics["rmse_log"]["std"]
        figures.append(
            Figure(
                "Root mean squared error of the logarithm",
                f"{found:.3f} ± {spread:.3f}",
                f"About {math.expm1(found):.0%} of the price, where large errors count more; "
                "± is the spread over the folds.",
            )
        )
    else:
        found, spread = metrics["rmse"]["overall"], metrics["rmse"]["std"]
        figures.append(
            Figure(
                "Root mean squared error",
                f"{words.amount(found)} ± {words.amount(float(f'{spread:.2g}'))}",
                "How far off it is, where large errors count more; ± is the spread over the folds.",
            )
        )
    figures.append(
        Figure(
            "R²",
            f"{metrics['r2']['overall']:.2f}",
            f"The share of the differences in {target} that it explains; 1 would be all of them.",
        )
    )
    return figures


def _answer(predictor: Predictor, words: Words) -> str:
    """Where the script writes what the service answers, with what it needs to write amounts."""
    manifest = predictor.manifest
    target = escape(words.inline(manifest.settings["target"]))
    low, high = predictor.target_range
    attributes = {
        "coverage": f"{manifest.settings['coverage']:.0%}",
        "low": repr(low),
        "high": repr(high),
        "decimals": str(decimals(high - low)),
        "currency": words.currency or "",
        "rows": str(len(predictor.background)),
    }
    data = "".join(f' data-{name}="{escape(value)}"' for name, value in attributes.items())
    return (
        f'<section id="answer" class="card" aria-labelledby="answer-title"{data}>\n'
        f'<h2 id="answer-title">Predicted {target}</h2>\n'
        '<div id="headline" role="status"><p class="waiting">Fill in what you know, or take an '
        "example, and press Predict. The prediction, its range and what moved it come here.</p>"
        "</div>\n"
        '<div id="range" hidden></div>\n<div id="why"></div>\n</section>\n'
    )
