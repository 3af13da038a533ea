"""Where a conversation can go: the states as a graph, whose edges are the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from .rules import MOODS, Dialog, Mood, Rule

END = None
"""What stands for the end of a conversation."""


def steps(dialog: Dialog, moods: Collection[Mood] = MOODS) -> dict[str, set[str | None]]:
    """State -> where the rules that hold in it lead; END for a goodbye.

    moods: those that the model can give. Rules that are never taken are left out: those for other
    moods, and those for anywhere of which the state's own take every message.
    """
    found: dict[str, set[str | None]] = {}
    for name, state in dialog.states.items():
        rules = [rule for rule in state.rules if _is_taken(rule, (), dialog.sure, moods)]
        rules += [
            rule for rule in dialog.anywhere if _is_taken(rule, state.rules, dialog.sure, moods)
        ]
        found[name] = {END if rule.end else (rule.go or name) for rule in rules}
    return found


def _is_taken(rule: Rule, before: Sequence[Rule], sure: float, moods: Collection[Mood]) -> bool:
    """Whether there is a mood with a confidence that it takes, and that none before it takes."""
    # The likeliest of so many moods is never less likely than this.
    least = 1 / len(moods)
    earlier = [other for other in before if other.intent == rule.intent]
    for mood in moods:
        spans = rule.spans(mood, sure)
        taken = [span for other in earlier for span in other.spans(mood, sure)]
        # What is left of a span begins where it begins, or where one that was taken ends.
        starts = [*(max(from_, least) for from_, _ in spans), *(below for _, below in taken)]
        if any(least <= at <= 1 and _in(at, spans) and not _in(at, taken) for at in starts):
            return True
    return False


def _in(confidence: float, spans: list[tuple[float, float]]) -> bool:
    return any(from_ <= confidence < below for from_, below in spans)


def unreachable(dialog: Dialog) -> list[str]:
    """States that no conversation comes to."""
    seen: set[str | None] = {dialog.start}
    # A mood or a misunderstanding leads there from any state.
    seen |= {dialog.fallback.go, dialog.escalation.go if dialog.escalation else END}
    graph = steps(dialog)
    waiting = [name for name in seen if name is not END]
    while waiting:
        for name in graph[waiting.pop()] - seen:
            seen.add(name)
            if name is not END:
                waiting.append(name)
    return [name for name in dialog.states if name not in seen]


def dead_ends(dialog: Dialog, moods: Collection[Mood] = MOODS) -> list[str]:
    """States from which no rules lead to the end of the conversation.

    Escalation and fallback do not count: they come by a mood or by a misunderstanding, and not
    because somebody wants to leave.
    """
    graph = steps(dialog, moods)
    open_: set[str | None] = {END}
    while True:
        more = {name for name in graph if name not in open_ and graph[name] & open_}
        if not more:
            return [name for name in graph if name not in open_]
        open_ |= more


def from_start(dialog: Dialog) -> list[str]:
    """The states in the order in which a conversation can come to them."""
    graph = steps(dialog)
    order = [dialog.start]
    for name in order:
        order += _new(graph[name], order, dialog)
    return [*order, *(name for name in dialog.states if name not in order)]


def _new(names: Iterable[str | None], known: list[str], dialog: Dialog) -> list[str]:
    wanted = set(names) - set(known)
    return [name for name in dialog.states if name in wanted]
