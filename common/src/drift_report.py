"""The comparison as one HTML page: the verdict first, then what it rests on, then what to do."""

from __future__ import annotations

from html import escape

from .drift_figures import comparison_figure, importance_figure
from .drift_result import DriftResult
from .drift_tests import ColumnDrift
from .html_page import facts, page, picture, shorten, table
from .plotting import to_png

# A page with all of eighty columns would be long to draw and longer to read.
MOST_DRIFTED = 24
OTHERS = 6


def render(result: DriftResult) -> str:
    """The page. Everything that comes from the data is escaped."""
    return page(
        "Have the data drifted?",
        lead=_verdict(result),
        body=_overview(result)
        + _figures(result)
        + _together(result)
        + _next_steps(result)
        + _every_column(result),
        footer=_footer(result),
    )


def _verdict(result: DriftResult) -> str:
    drifted = _drifted(result)
    if drifted:
        named = ", ".join(f"<strong>{escape(column.name)}</strong>" for column in drifted[:5])
        more = f" and {len(drifted) - 5} more" if len(drifted) > 5 else ""
        found = (
            f"{len(drifted)} of {len(result.columns)} columns no longer look as they did in "
            f"training: {named}{more}."
        )
    elif result.domain.drifted:
        found = (
            "No column alone has changed, but all of them together have: a classifier can tell "
            "logged rows from training rows."
        )
    else:
        found = (
            "What the service was asked looks like what its model was trained on. Differences "
            "are no larger than chance makes them, or too small to matter."
        )
    word, kind = ("Yes.", "bad") if result.drifted else ("No.", "good")
    return f'<p class="note {kind}"><strong>{word}</strong> {found}</p>'


def _overview(result: DriftResult) -> str:
    days = list(dict.fromkeys(f"{day:%d %b %Y}" for day in (result.first, result.last)))
    boxes = facts(
        [
            ("Logged rows", f"{result.logged_rows:,}"),
            ("Training rows", f"{len(result.reference.frame):,}"),
            ("Period", " to ".join(days)),
            ("Columns drifted", f"{len(_drifted(result))} of {len(result.columns)}"),
            ("Classifier's AUC (0.5: chance)", f"{result.domain.auc:.3f}"),
        ]
    )
    return boxes + "".join(f"<p>{escape(note)}</p>\n" for note in _notes(result))


def _notes(result: DriftResult) -> list[str]:
    """What a reader has to know before believing the figures."""
    notes = []
    compared = len(result.logged.frame)
    if compared < result.logged_rows:
        notes.append(f"A random {compared:,} of the logged rows were compared (drift.max_rows).")
    if result.repeated:
        notes.append(
            f"{result.repeated:,} of the compared rows ({result.repeated / compared:.0%}) repeat "
            "another one exactly. The tests take rows for independent: if one caller sends the "
            "same row over and over, drift is seen where there may be none."
        )
    others = {name: rows for name, rows in result.versions.items() if name != result.model}
    if others:
        listed = ", ".join(f"{name} ({rows:,} rows)" for name, rows in others.items())
        notes.append(
            f"Some rows were answered by other versions of the model: {listed}. Their inputs are "
            "compared, their predictions are not."
        )
    notes += [f"Not compared: {name}: {reason}." for name, reason in result.skipped.items()]
    return notes


def _figures(result: DriftResult) -> str:
    drifted = _drifted(result)
    others = [column for column in result.columns if not column.drifted][:OTHERS]
    parts = []
    if drifted:
        shown = drifted[:MOST_DRIFTED]
        cut = f" The first {len(shown)} are drawn." if len(shown) < len(drifted) else ""
        parts.append(
            "<section><h2>Columns that drifted</h2>\n"
            f"<p>Share of the rows per value, in training and in the log.{cut}</p>\n"
            f"{_pictures(result, shown)}</section>\n"
        )
    if others:
        parts.append(
            "<section><h2>The nearest of the others</h2>\n"
            "<p>No drift by the limits that are set; these differ most.</p>\n"
            f"{_pictures(result, others)}</section>\n"
        )
    return "".join(parts)


def _pictures(result: DriftResult, columns: list[ColumnDrift]) -> str:
    drawn = "\n".join(
        picture(
            to_png(comparison_figure(column.name, result.reference, result.logged)),
            f"{column.name} in training and in the log; {column.change}",
            f"{column.change}. Distance {column.distance:.2f}, q {column.q_value:.2g}.",
        )
        for column in columns
    )
    return f'<div class="pairs">\n{drawn}\n</div>\n'


def _together(result: DriftResult) -> str:
    domain = result.domain
    text = (
        "Gradient boosting was asked to tell logged rows from training rows that it had not seen. "
        f"It ranks a logged row above a training row with probability {domain.auc:.3f} (AUC); "
        f"with nothing to tell them apart it would be 0.5 (p = {domain.p_value:.2g})."
    )
    if not domain.drifted:
        return f"<section><h2>All columns together</h2><p>{escape(text)}</p></section>\n"
    figure = ""
    if domain.importance:
        text += " The columns below tell it most."
        named = ", ".join(domain.importance)
        figure = picture(
            to_png(importance_figure(dict(list(domain.importance.items())[:10]))),
            f"Columns that tell the samples apart, most telling first: {named}",
        )
    return f"<section><h2>All columns together</h2><p>{escape(text)}</p>{figure}</section>\n"


def _next_steps(result: DriftResult) -> str:
    if result.drifted:
        steps = [
            "Look at the drifted columns above. A jump to no value, or a new spelling of a level, "
            "is a fault of what sends the data: mend it there.",
            "If the world has changed, gather labelled rows of the new kind and run <code>retrain"
            "</code>: it takes the new model only if it is better on held-out rows.",
            "Drift of the inputs does not say that predictions are worse. Once true values are "
            "known, measure them with <code>evaluate</code>.",
            "If a difference is known and harmless, raise <code>drift.min_distance</code>, or "
            "look at fewer days with <code>drift.since_days</code>.",
        ]
    else:
        steps = [
            "Nothing. Run <code>drift</code> again on a schedule; it ends with exit code 3 once "
            "something has changed.",
        ]
    listed = "".join(f"<li>{step}</li>\n" for step in steps)
    return f"<section><h2>What to do next</h2><ul>\n{listed}</ul></section>\n"


def _every_column(result: DriftResult) -> str:
    rows = [
        (
            column.name,
            "drifted" if column.drifted else "",
            shorten(column.change, 60),
            f"{column.distance:.3f}",
            column.test,
            f"{column.p_value:.2g}",
            f"{column.q_value:.2g}",
        )
        for column in result.columns
    ]
    header = ("Column", "Verdict", "Largest change", "Distance", "Test", "p", "q")
    settings = result.settings
    return (
        "<section><h2>Every column</h2>\n"
        f"<p>A column has drifted if q is at most {settings['alpha'] / 2:g} and its distance at "
        f"least {settings['min_distance']:g}. q is p after control of the false-discovery rate "
        "over all columns. Distance: for numbers, how far the values moved on average, in "
        "interquartile ranges of the training rows (Wasserstein); for categories and for missing "
        "values, the share of the rows that moved.</p>\n"
        f"{table(header, rows, right={3, 5, 6})}</section>\n"
    )


def _footer(result: DriftResult) -> str:
    settings = ", ".join(f"drift.{name}={value}" for name, value in result.settings.items())
    versions = ", ".join(f"{name}: {rows:,}" for name, rows in result.versions.items())
    return (
        f"<p>Checked on {result.checked:%d %B %Y, %H:%M} (UTC). Reference: the training rows of "
        f"model version {escape(result.model)}. Rows by version: {escape(versions)}.<br>\n"
        f"Settings: <code>{escape(settings)}</code></p>"
    )


def _drifted(result: DriftResult) -> list[ColumnDrift]:
    return [column for column in result.columns if column.drifted]
