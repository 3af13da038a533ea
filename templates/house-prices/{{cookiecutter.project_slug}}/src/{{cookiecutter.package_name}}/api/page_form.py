"""The form of the web page: a control for each column of the model's schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape

from ..schema import Column, TableSchema
from ..words import Words, number
from .page_examples import Row
from .page_frame import described_by, field, key_field
from .requests import LONGEST, typical

FIRST = 10  # fields shown at once; the rest unfold
MOST_OPTIONS = 60  # beyond it, a list is typed into rather than opened
NO_VALUE = "no value"


def form(
    schema: TableSchema, words: Words, ranked: Sequence[str], examples: Mapping[str, Row]
) -> str:
    """The form as HTML, filled in with a typical row.

    ranked: the columns, the most important first. examples: see `page_examples.examples`.
    """
    ids = {name: f"field-{position}" for position, name in enumerate(schema.names)}
    fields = {column.name: _field(column, ids[column.name], words) for column in schema.columns}
    first, rest = ranked[:FIRST], frozenset(ranked[FIRST:])
    title = f"The {len(first)} that matter most" if rest else "What you know"
    parts = [
        _examples(examples, words.inline(schema.target)),
        _group(title, [fields[name] for name in first]),
    ]
    if rest:
        inside = "".join(
            _group(group, [fields[name] for name in names])
            for group, names in _grouped(schema, words, rest).items()
        )
        fold = f"{len(rest)} more, filled in"
        parts.append(f"<details>\n<summary>{fold}</summary>\n{inside}</details>\n")
    controls = "".join(parts)
    return (
        f'<form class="card" novalidate aria-label="What the model is asked">\n{controls}'
        f'{key_field()}<button type="submit">Predict</button>\n</form>\n'
    )


def _grouped(schema: TableSchema, words: Words, rest: frozenset[str]) -> dict[str, list[str]]:
    """Title -> the columns of `rest` under it: by what they say, where that is known."""
    known = {name for names in words.groups.values() for name in names}
    groups = {
        **words.groups,
        "Numbers": [name for name in schema.numbers if name not in known],
        "Choices": [name for name in schema.categories if name not in known],
    }
    found = {title: [name for name in names if name in rest] for title, names in groups.items()}
    return {title: names for title, names in found.items() if names}


def _examples(examples: Mapping[str, Row], target: str) -> str:
    buttons = "".join(
        f'<button type="button" data-example="{escape(json.dumps(row, ensure_ascii=False))}">'
        f"{which.capitalize()}</button>\n"
        for which, row in examples.items()
    )
    return (
        f"<fieldset><legend>Try an example, by {escape(target)}</legend>\n"
        f'<div class="choices">\n{buttons}</div>\n'
        '<p class="hint">Made of each column\'s middle value: none is a row of the data, and '
        "columns need not agree.</p></fieldset>\n"
    )


def _group(title: str, fields: Sequence[str]) -> str:
    return (
        f"<fieldset><legend>{escape(title)}</legend>\n"
        f'<div class="fields">\n{"".join(fields)}</div></fieldset>\n'
    )


def _field(column: Column, control_id: str, words: Words) -> str:
    title, hint = words.title(column.name), _hint(column)
    unit = words.units.get(column.name, "")
    attributes = f' id="{control_id}" data-column="{escape(column.name)}"'
    if hint:
        attributes += described_by(control_id)
    if column.kind == "number":
        control = _number(column, attributes)
    elif len(column.categories) > MOST_OPTIONS:
        control = _text(column, attributes, f"{control_id}-list")
    else:
        control = _select(column, attributes, words)
    # "Year built (year)" says it twice.
    shown = "" if unit.lower() in title.lower() else unit
    return field(control_id, title, control, shown, hint)


def _hint(column: Column) -> str:
    """What training has seen of the column."""
    if column.minimum is not None and column.maximum is not None:
        return f"{number(column.minimum)} to {number(column.maximum)} in training"
    if len(column.categories) > MOST_OPTIONS:
        return f"{len(column.categories):,} values in training"
    return ""


def _number(column: Column, attributes: str) -> str:
    value = typical(column)
    if value is not None:
        attributes += f' value="{value!r}"'
    # No min and max: a value beyond them is remarked on, and taken.
    if column.minimum is not None and column.maximum is not None:
        attributes += f' data-low="{column.minimum!r}" data-high="{column.maximum!r}"'
    step = "1" if column.integer else "any"
    return f'<input{attributes} type="number" inputmode="decimal" step="{step}">'


def _text(column: Column, attributes: str, list_id: str) -> str:
    options = "".join(f'<option value="{escape(level)}">' for level in column.categories)
    value = escape(str(typical(column) or ""))
    return (
        f'<input{attributes} value="{value}" maxlength="{LONGEST}" list="{list_id}" '
        f'autocomplete="off"><datalist id="{list_id}">{options}</datalist>'
    )


def _select(column: Column, attributes: str, words: Words) -> str:
    chosen = typical(column)
    # The value stands apart from the text: of the text, a browser drops some of the blanks.
    options = "".join(
        f'<option value="{escape(level)}"{" selected" if level == chosen else ""}>'
        f"{escape(words.level(column.name, level))}</option>"
        for level in column.categories
    )
    return f'<select{attributes}><option value="">{NO_VALUE}</option>{options}</select>'
