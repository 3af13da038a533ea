"""The web page at `/`: a form made from the model's schema."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from ..schema import Column
from .explanation import shapley_values
from .predictor import Predictor
from .requests import typical

FIRST = 10  # fields shown at once; the rest unfold
MOST_OPTIONS = 50


def page(predictor: Predictor) -> str:
    """The page as HTML. Every text that comes from the data is escaped."""
    manifest, schema = predictor.manifest, predictor.schema
    importance = _importance(predictor)
    ranked = sorted(schema.columns, key=lambda column: -importance[column.name])
    metric = "rmse_log" if "rmse_log" in manifest.metrics else "rmse"
    figure = manifest.metrics[metric]
    spread = _amount(float(f"{figure['std']:.2g}"))
    parts = {
        "target": manifest.settings["target"],
        "model": f"{manifest.name}, version {manifest.version}",
        "data": str(manifest.data["name"]),
        "metric": f"{metric} {_amount(figure['overall'])} ± {spread}",
        "coverage": f"{manifest.settings['coverage']:.0%}",
    }
    text = files(__package__).joinpath("static/index.html").read_text(encoding="utf-8")
    for name, value in parts.items():
        text = text.replace(f"[[{name}]]", escape(value))
    text = text.replace("[[first]]", "".join(_field(column) for column in ranked[:FIRST]))
    rest = "".join(_field(column) for column in sorted(ranked[FIRST:], key=lambda c: c.name))
    return text.replace("[[rest]]", rest).replace("[[count]]", str(max(0, len(ranked) - FIRST)))


def _importance(predictor: Predictor) -> dict[str, float]:
    """How far each column moves the background rows' predictions, at most."""
    moved = [
        abs(shapley_values(predictor, row)[1])
        for row in (predictor.background[0], predictor.background[-1])
    ]
    return dict(zip(predictor.schema.names, (moved[0] + moved[1]).tolist(), strict=True))


def _field(column: Column) -> str:
    name = escape(column.name, quote=True)
    control = _select(column, name) if column.kind == "category" else _number(column, name)
    return f'<label class="field"><span>{name}</span>{control}</label>\n'


def _select(column: Column, name: str) -> str:
    options = "".join(
        f"<option{' selected' if level == typical(column) else ''}>{escape(level)}</option>"
        for level in column.categories[:MOST_OPTIONS]
    )
    none = '<option value="">none</option>'
    return f'<select name="{name}" data-kind="category">{none}{options}</select>'


def _number(column: Column, name: str) -> str:
    value, hint = typical(column), ""
    if column.minimum is not None and column.maximum is not None:
        hint = f"<small>{_amount(column.minimum)} to {_amount(column.maximum)}</small>"
    shown = "" if value is None else f' value="{value:g}"'
    step = "1" if column.integer else "any"
    return f'<input name="{name}" data-kind="number" type="number" step="{step}"{shown}>{hint}'


def _amount(value: float) -> str:
    """A number as a person writes it: no separator in a year, no digits that say nothing."""
    if abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) < 1_000 else f"{value:g}"
