"""The dialog as a diagram made from its rules: a text in Mermaid's language, which GitHub draws."""

from __future__ import annotations

from dataclasses import dataclass

from .rules import Dialog, Rule, Rules
from .rules_graph import from_start

ANYWHERE = "in any state"
END_LABEL = "goodbye"
WIDEST = 4
"""Conditions in a row of a label."""


@dataclass(frozen=True)
class Way:
    """From one state to another, and when; `to` is None for the end. `of` says whose rules."""

    of: str
    to: str | None
    conditions: tuple[str, ...]


def ways(dialog: Dialog) -> list[Way]:
    """All ways between different states, those between the same two as one, in reading order.

    Rules that leave the conversation where it is are no ways. The last are those from any state.
    """
    found: list[Way] = []
    for name in from_start(dialog):
        found += _grouped(name, dialog.states[name].rules)
    found += _grouped(ANYWHERE, dialog.anywhere)
    limit = dialog.escalation
    if limit is not None:
        found.append(Way(ANYWHERE, limit.go, (f"negative, {limit.after} times",)))
    if dialog.fallback.go is not None:
        found.append(Way(ANYWHERE, dialog.fallback.go, ("not understood twice",)))
    return found


def condition(rule: Rule) -> str:
    """When a rule holds, in a few words."""
    words = [rule.intent] if rule.intent is not None else []
    if rule.mood:
        words.append(" or ".join(rule.mood))
    if rule.confidence is not None:
        if rule.confidence.from_ is not None:
            words.append(f"from {rule.confidence.from_:.0%}")
        if rule.confidence.below is not None:
            words.append(f"below {rule.confidence.below:.0%}")
    return ", ".join(words) or "anything"


def mermaid(rules: Rules) -> str:
    """The diagram as a flowchart. Names are escaped, so that any rules give a valid one."""
    dialog = rules.dialog
    order = from_start(dialog)
    node = {name: f"s{i}" for i, name in enumerate(order)}
    lines = ["flowchart TD", f"    begin((start)) --> {node[dialog.start]}"]
    lines += [f'    {node[name]}["{_escaped(name)}"]' for name in order]
    found = ways(dialog)
    if any(way.of == ANYWHERE for way in found):
        lines.append('    any{"' + ANYWHERE + '"}')
    if any(way.to is None for way in found):
        lines.append(f'    bye(["{END_LABEL}"])')
    for way in found:
        start = "any" if way.of == ANYWHERE else node[way.of]
        end = "bye" if way.to is None else node[way.to]
        arrow = "-.->" if way.of == ANYWHERE else "-->"
        lines.append(f'    {start} {arrow}|"{_label(way.conditions)}"| {end}')
    return "\n".join(lines) + "\n"


def _grouped(of: str, rules: tuple[Rule, ...]) -> list[Way]:
    groups: dict[str | None, list[str]] = {}
    for rule in rules:
        if rule.end:
            groups.setdefault(None, []).append(condition(rule))
        elif rule.go is not None and rule.go != of:
            groups.setdefault(rule.go, []).append(condition(rule))
    return [Way(of, to, tuple(conditions)) for to, conditions in groups.items()]


def _label(conditions: tuple[str, ...]) -> str:
    rows = [conditions[i : i + WIDEST] for i in range(0, len(conditions), WIDEST)]
    return "<br/>".join(_escaped(" · ".join(row)) for row in rows)


def _escaped(text: str) -> str:
    """As Mermaid's entity codes, what would end a label or be read as a sign."""
    return "".join(
        c if c.isalnum() or c in " .,·_-%" else f"#{ord(c)};" for c in " ".join(text.split())
    )
