"""Whether the rules of a conversation make sense together; what does not is refused by its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from .lined_yaml import Location
from .moods import moods_of
from .patterns import compiled, readable
from .rules import MOODS, SLOT, Dialog, Mood, Rule, Rules, did_you_mean
from .rules_graph import dead_ends, unreachable

Remark = tuple[Location, str]


def check(rules: Rules) -> None:
    """Raise UserError for the first thing in the file that is wrong, and how to mend it."""
    dialog = rules.dialog
    # In this order: what follows is asked only of what holds so far.
    for stage in ((_names, _rule_by_rule), (_patterns,), (_slots, _overlaps), (_intents, _ways)):
        found = [remark for each in stage for remark in each(dialog)]
        if found:
            location, reason = min(found, key=lambda remark: rules.source.line(remark[0]))
            more = f" ({len(found) - 1} more like it.)" if len(found) > 1 else ""
            raise rules.source.refusal(location, reason + more)


def check_model(rules: Rules, classes: Sequence[str]) -> dict[str, Mood]:
    """The model's classes with their moods. Raises UserError if the rules do not work with them."""
    moods = moods_of(rules, classes)
    for name in dead_ends(rules.dialog, set(moods.values())):
        raise rules.source.refusal(
            ("states", name),
            f"with this model the state {name!r} is a dead end: only a mood that none of its "
            f"classes has ({', '.join(classes)}) leads out of it. Add a rule for another mood.",
        )
    return moods


def _names(dialog: Dialog) -> Iterator[Remark]:
    """States and intents that are named and do not exist."""
    states, intents = list(dialog.states), list(dialog.intents)
    named: list[tuple[Location, str | None]] = [(("start",), dialog.start)]
    named += [((*location, "go"), rule.go) for location, rule in dialog.rules()]
    named.append((("fallback", "go"), dialog.fallback.go))
    if dialog.escalation is not None:
        named.append((("escalation", "go"), dialog.escalation.go))
    for location, name in named:
        if name is not None and name not in dialog.states:
            yield location, f"there is no state {name!r}. {did_you_mean(name, states)}"
    for location, rule in dialog.rules():
        if rule.intent is not None and rule.intent not in dialog.intents:
            hint = did_you_mean(rule.intent, intents)
            yield (*location, "intent"), f"there is no intent {rule.intent!r}. {hint}"


def _rule_by_rule(dialog: Dialog) -> Iterator[Remark]:
    """What contradicts itself within one rule."""
    for location, rule in dialog.rules():
        if rule.end and rule.go is not None:
            yield (*location, "go"), "`go` and `end` in one rule. Keep one of them."
        if "unsure" in rule.mood and rule.confidence is not None:
            reason = "`unsure` stands for a low confidence. Give it a rule of its own, without one."
            yield (*location, "mood"), reason
        elif rule.confidence is not None:
            mood = next(mood for mood in MOODS if not rule.mood or mood in rule.mood)
            ((from_, below),) = rule.spans(mood, dialog.sure)
            if from_ >= below:
                yield (
                    (*location, "confidence"),
                    f"no confidence is from {from_:g} and below {below:g}; without `from`, a mood "
                    f"counts from `sure` on, which is {dialog.sure:g}. Correct one of them.",
                )


def _patterns(dialog: Dialog) -> Iterator[Remark]:
    """Patterns that cannot be used, or stand in two intents."""
    seen: dict[str, str] = {}
    for name, intent in dialog.intents.items():
        for i, pattern in enumerate(intent.patterns):
            location = ("intents", name, "patterns", i)
            if pattern in seen:
                yield (
                    location,
                    f"the pattern {pattern!r} stands in the intent {seen[pattern]!r} already, "
                    "which would always come first. Delete one of them.",
                )
            seen.setdefault(pattern, name)
            try:
                groups = compiled(pattern).groupindex
            except ValueError as error:
                yield location, f"the pattern {pattern!r}: {error}."
                continue
            for group in groups:
                if group not in dialog.slots:
                    hint = did_you_mean(group, list(dialog.slots))
                    yield (
                        location,
                        f"it fills the slot {group!r}, which is not under `slots`. {hint}",
                    )


def _slots(dialog: Dialog) -> Iterator[Remark]:
    """Slots that replies use and nobody declares, or that no pattern fills."""
    groups = {
        group
        for intent in dialog.intents.values()
        for pattern in intent.patterns
        for group in re.compile(pattern, re.IGNORECASE).groupindex
    }
    for location, texts in dialog.replies():
        for text in texts:
            for name in SLOT.findall(text):
                if name not in dialog.slots:
                    hint = did_you_mean(name, list(dialog.slots))
                    yield location, f"the reply uses a slot {name!r} that is not there. {hint}"
            if set(SLOT.sub("", text)) & set("{}"):
                reason = f"the reply {text!r} has a brace that is part of no slot. Write (...)."
                yield location, reason
    for name in dialog.slots:
        if name not in groups:
            yield (
                ("slots", name),
                f"no pattern fills the slot {name!r}. Add a group to a pattern, (?P<{name}>...), "
                "or delete the slot.",
            )


def _overlaps(dialog: Dialog) -> Iterator[Remark]:
    """Two rules at one place that take the same message, with nothing that says which comes first.

    A rule takes an intent or any message, some moods, and a range of confidence. Rules of two
    intents have an order (that of the intents in the file), and a rule with an intent comes before
    one without. Otherwise two rules must differ in mood or in confidence.
    """
    places = [(("states", name, "rules"), state.rules) for name, state in dialog.states.items()]
    for place, rules in [*places, (("anywhere",), dialog.anywhere)]:
        for (i, one), (j, other) in combinations(enumerate(rules), 2):
            if one.intent != other.intent or not _both(one, other, dialog.sure):
                continue
            first, second = (j, i) if other.takes_all else (i, j)
            what = (
                f"the rule takes every message, so nothing says when rule {second + 1} is meant"
                if rules[first].takes_all
                else f"a message that rule {first + 1} takes can be taken by rule {second + 1} too"
            )
            yield (
                (*place, max(i, j)),
                f"two rules overlap: {what}. Give them different intents, moods or confidences.",
            )


def _both(one: Rule, other: Rule, sure: float) -> bool:
    """Whether some mood with some confidence fits both."""
    return any(
        max(first[0], second[0]) < min(first[1], second[1])
        for mood in MOODS
        for first in one.spans(mood, sure)
        for second in other.spans(mood, sure)
    )


def _intents(dialog: Dialog) -> Iterator[Remark]:
    """Intents without a rule, and examples that are taken for something else."""
    used = {rule.intent for _, rule in dialog.rules()}
    patterns = {
        name: [compiled(pattern) for pattern in intent.patterns]
        for name, intent in dialog.intents.items()
    }
    for name, intent in dialog.intents.items():
        if name not in used:
            yield ("intents", name), f"no rule asks for the intent {name!r}. Add one, or delete it."
        for i, example in enumerate(intent.examples):
            text = readable(example)
            first = next(
                (each for each, found in patterns.items() if any(p.search(text) for p in found)),
                None,
            )
            if first != name:
                taken = "no pattern fits it" if first is None else f"{first!r} takes it before"
                yield (
                    ("intents", name, "examples", i),
                    f"the example {example!r} is not recognised: {taken}. Mend a pattern, or the "
                    "order of the intents.",
                )


def _ways(dialog: Dialog) -> Iterator[Remark]:
    """States that are never reached, and those from which a conversation never ends."""
    for name in unreachable(dialog):
        yield (
            ("states", name),
            f"the state {name!r} is never reached. Name it in a rule's `go`, or delete it.",
        )
    if not any(rule.end for _, rule in dialog.rules()):
        yield (
            ("states",),
            "no rule says goodbye: no conversation would end. Add one with `end: true`.",
        )
        return
    for name in dead_ends(dialog):
        yield (
            ("states", name),
            f"the state {name!r} is a dead end: from it no rule leads to a goodbye. Add a rule "
            "with `go` or `end`.",
        )
