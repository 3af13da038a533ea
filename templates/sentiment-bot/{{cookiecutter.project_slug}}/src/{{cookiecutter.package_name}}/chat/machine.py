"""The conversation itself: rules, a session, a message and its mood give a reply and a session.

Nothing here waits, reads a clock or draws by chance: the same input gives the same reply.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from .moods import Feeling
from .patterns import compiled, readable
from .rules import SLOT, Dialog, Rule

LONGEST_VALUE = 60
"""Characters of what a slot takes."""


class Session(msgspec.Struct, frozen=True):
    """What is remembered of one conversation. seed: chooses among variants of a reply."""

    state: str
    seed: int = 0
    turns: int = 0
    missed: int = 0
    """Messages in a row that no rule took."""
    negatives: int = 0
    """Surely negative messages since the last positive one."""
    escalated: bool = False
    slots: dict[str, str] = {}
    said: str = ""
    """The last reply as the rules have it, so that it is not said twice in a row."""


@dataclass(frozen=True)
class Turn:
    """A reply, and the session after it; None if it was the last."""

    reply: str
    state: str
    session: Session | None
    escalated: bool
    by: str
    """What answered: "rule", "fallback", "escalation" or "limit"."""

    @property
    def ended(self) -> bool:
        """Whether the conversation is over."""
        return self.session is None


@dataclass(frozen=True)
class _Answer:
    """What a message leads to, before it is put into words."""

    say: Sequence[str]
    state: str
    by: str
    end: bool = False
    missed: int = 0
    escalated: bool = False


class Machine:
    """Answers by the rules of a dialog that `rules_check.check` has let pass.

    most_turns: messages after which a conversation is ended.
    """

    def __init__(self, dialog: Dialog, most_turns: int = 200) -> None:
        self._dialog = dialog
        self._most_turns = most_turns
        self._patterns = [
            (name, [compiled(pattern) for pattern in intent.patterns])
            for name, intent in dialog.intents.items()
        ]

    def begin(self, seed: int) -> Session:
        """A new conversation."""
        return Session(self._dialog.start, seed)

    def greeting(self, seed: int) -> str:
        """What is said before the first message."""
        return self._filled(self._dialog.greeting[seed % len(self._dialog.greeting)], {})

    def knows(self, session: Session) -> bool:
        """Whether its state is one of these rules, which may have changed since."""
        return session.state in self._dialog.states

    def answer(self, session: Session, message: str, feeling: Feeling) -> Turn:
        """The reply to a message, and the session after it.

        A rule with an intent goes first, in the order of the intents; of two for one intent that
        of the state. Then come rules by mood alone, again the state's first; then the fallback.
        """
        intents = self._recognised(message)
        slots = {**session.slots}
        for values in reversed(intents.values()):  # of two for one slot, the first intent's
            slots |= values
        rule = self._rule(session.state, intents, feeling)
        negatives = self._negatives(session.negatives, rule, feeling)
        found = self._answer(session, rule, negatives)
        escalated = session.escalated or found.escalated
        said = self._variant(found.say, session)
        after = Session(
            state=found.state,
            seed=session.seed,
            turns=session.turns + 1,
            missed=found.missed,
            negatives=negatives,
            escalated=escalated,
            slots=slots,
            said=said,
        )
        return Turn(
            reply=self._filled(said, slots),
            state=found.state,
            session=None if found.end else after,
            escalated=escalated,
            by=found.by,
        )

    def _answer(self, session: Session, rule: Rule | None, negatives: int) -> _Answer:
        limit = self._dialog.escalation
        if rule is not None and rule.end:
            return _Answer(rule.say, session.state, "rule", end=True, escalated=rule.escalate)
        if session.turns + 1 >= self._most_turns:
            return _Answer(self._dialog.too_long, session.state, "limit", end=True)
        asked = rule is not None and rule.escalate
        if limit and negatives >= limit.after and not session.escalated and not asked:
            return _Answer(limit.say, limit.go, "escalation", escalated=True)
        if rule is not None:
            state = rule.go or session.state
            return _Answer(rule.say, state, "rule", escalated=rule.escalate)
        return self._misunderstood(session)

    def _misunderstood(self, session: Session) -> _Answer:
        fallback, missed = self._dialog.fallback, session.missed + 1
        if missed > 1:
            state = fallback.go or session.state
            return _Answer(fallback.second, state, "fallback", missed=missed)
        say = self._dialog.states[session.state].fallback or fallback.first
        return _Answer(say, session.state, "fallback", missed=missed)

    def _recognised(self, message: str) -> dict[str, dict[str, str]]:
        """Intents that the message has, in their order, with what they put into slots."""
        text = readable(message)
        found = {}
        for name, patterns in self._patterns:
            matches = [match for match in (each.search(text) for each in patterns) if match]
            if matches:
                found[name] = {
                    slot: value.strip()[:LONGEST_VALUE]
                    for match in reversed(matches)
                    for slot, value in match.groupdict().items()
                    if value and value.strip()
                }
        return found

    def _rule(
        self, state: str, intents: dict[str, dict[str, str]], feeling: Feeling
    ) -> Rule | None:
        own, anywhere = self._dialog.states[state].rules, self._dialog.anywhere
        for intent in (*intents, None):
            for rule in (*own, *anywhere):
                if rule.intent == intent and self._fits(rule, feeling):
                    return rule
        return None

    def _fits(self, rule: Rule, feeling: Feeling) -> bool:
        spans = rule.spans(feeling.mood, self._dialog.sure)
        return any(from_ <= feeling.confidence < below for from_, below in spans)

    def _negatives(self, before: int, rule: Rule | None, feeling: Feeling) -> int:
        """How many surely negative messages there are now.

        One that a rule takes for its intent alone does not count: "no" is an answer, not a mood.
        """
        if self._dialog.escalation is None or (rule is not None and rule.intent and not rule.mood):
            return before
        if feeling.mood == "negative":
            return before + (feeling.confidence >= self._dialog.escalation.confidence)
        sure = feeling.mood == "positive" and feeling.confidence >= self._dialog.sure
        return 0 if sure else before

    def _variant(self, say: Sequence[str], session: Session) -> str:
        """One of the texts, and not the one that was said last, if there is another."""
        others = [text for text in say if text != session.said] or say
        return others[zlib.crc32(f"{session.seed}/{session.turns}".encode()) % len(others)]

    def _filled(self, text: str, slots: dict[str, str]) -> str:
        """The text with its slots: what was said for them, or what stands in the rules."""
        return SLOT.sub(lambda found: slots.get(found[1]) or self._dialog.slots[found[1]], text)
