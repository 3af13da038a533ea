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
    drifted, words = _drifted(result), result.words
    if drifted:
        named = ", ".join(f"<strong>{escape(column.name)}</strong>" for column in drifted[:5])
        more = f" and {len(drifted) - 5} more" if len(drifted) > 5 else ""
        found = (
            f"{len(drifted)} of {len(result.columns)} {words.column}s no longer look as they did "
            f"in training: {named}{more}."
        )
    elif result.domain.drifted:
        found = (
            f"No {words.column} alone has changed, but all of them together have: a classifier "
            f"can tell logged {words.row}s from training {words.row}s."
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
    words = result.words
    boxes = facts(
        [
            (f"Logged {words.row}s", f"{result.logged_rows:,}"),
            (f"Training {words.row}s", f"{len(result.reference.frame):,}"),
            ("Period", " to ".join(days)),
            (
                f"{words.column.capitalize()}s drifted",
                f"{len(_drifted(result))} of {len(result.columns)}",
            ),
            ("Classifier's AUC (0.5: chance)", f"{result.domain.auc:.3f}"),
        ]
    )
    return boxes + "".join(f"<p>{escape(note)}</p>\n" for note in _notes(result))


def _notes(result: DriftResult) -> list[str]:
    """What a reader has to know before believing the figures."""
    notes = []
    compared, row = len(result.logged.frame), result.words.row
    if compared < result.logged_rows:
        notes.append(f"A random {compared:,} of the logged {row}s were compared (drift.max_rows).")
    if result.repeated:
        notes.append(
            f"{result.repeated:,} of the compared {row}s ({result.repeated / compared:.0%}) repeat "
            f"another one exactly. The tests take {row}s for independent: if one caller sends the "
            f"same {row} over and over, drift is seen where there may be none."
        )
    others = {name: rows for name, rows in result.versions.items() if name != result.model}
    if others:
        listed = ", ".join(f"{name} ({rows:,} {row}s)" for name, rows in others.items())
        notes.append(
            f"Some {row}s were answered by other versions of the model: {listed}. Their inputs are "
            "compared, their predictions are not."
        )
    notes += [f"Not compared: {name}: {reason}." for name, reason in result.skipped.items()]
    return notes


def _figures(result: DriftResult) -> str:
    drifted, words = _drifted(result), result.words
    others = [column for column in result.columns if not column.drifted][:OTHERS]
    parts = []
    if drifted:
        shown = drifted[:MOST_DRIFTED]
        cut = f" The first {len(shown)} are drawn." if len(shown) < len(drifted) else ""
        parts.append(
            f"<section><h2>{words.column.capitalize()}s that drifted</h2>\n"
            f"<p>Share of the {words.row}s per value, in training and in the log.{cut}</p>\n"
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
    domain, row, column = result.domain, result.words.row, result.words.column
    heading = f"All {column}s together"
    text = (
        f"Gradient boosting was asked to tell logged {row}s from training {row}s that it had not "
        f"seen. It ranks a logged {row} above a training {row} with probability {domain.auc:.3f} "
        f"(AUC); with nothing to tell them apart it would be 0.5 (p = {domain.p_value:.2g})."
    )
    if not domain.drifted:
        return f"<section><h2>{heading}</h2><p>{escape(text)}</p></section>\n"
    figure = ""
    if domain.importance:
        text += f" The {column}s below tell it most."
        named = ", ".join(domain.importance)
        figure = picture(
            to_png(importance_figure(dict(list(domain.importance.items())[:10]), result.words)),
            f"{column.capitalize()}s that tell the samples apart, most telling first: {named}",
        )
    return f"<section><h2>{heading}</h2><p>{escape(text)}</p>{figure}</section>\n"


def _next_steps(result: DriftResult) -> str:
    words = result.words
    if result.drifted:
        steps = [
            escape(words.advice),
            f"If the world has changed, gather labelled {words.row}s of the new kind and run "
            "<code>retrain</code>: it takes the new model only if it is better on held-out "
            f"{words.row}s.",
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
    row, column = result.words.row, result.words.column
    header = (column.capitalize(), "Verdict", "Largest change", "Distance", "Test", "p", "q")
    settings = result.settings
    return (
        f"<section><h2>Every {column}</h2>\n"
        f"<p>A {column} has drifted if q is at most {settings['alpha'] / 2:g} and its distance at "
        f"least {settings['min_distance']:g}. q is p after control of the false-discovery rate "
        f"over all {column}s. Distance: for numbers, how far the values moved on average, in "
        f"interquartile ranges of the training {row}s (Wasserstein); for categories and for "
        f"missing values, the share of the {row}s that moved.</p>\n"
        f"{table(header, rows, right={3, 5, 6})}</section>\n"
    )


def _footer(result: DriftResult) -> str:
    row = result.words.row
    settings = ", ".join(f"drift.{name}={value}" for name, value in result.settings.items())
    versions = ", ".join(f"{name}: {rows:,}" for name, rows in result.versions.items())
    return (
        f"<p>Checked on {result.checked:%d %B %Y, %H:%M} (UTC). Reference: the training {row}s of "
        f"model version {escape(result.model)}. {row.capitalize()}s by version: "
        f"{escape(versions)}.<br>\n"
        f"Settings: <code>{escape(settings)}</code></p>"
    )


def _drifted(result: DriftResult) -> list[ColumnDrift]:
    return [column for column in result.columns if column.drifted]
