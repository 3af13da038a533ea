"""POST /chat: a message in, a reply out, by the rules of the dialog and the mood of the message."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import structlog

from ..chat.machine import Machine, Session, Turn
from ..chat.moods import feeling
from ..chat.patterns import LONGEST_MESSAGE
from ..chat.rules import Mood
from ..chat.sessions import Sessions, SessionsUnavailable, known_form
from ..cleaning import SEEN
from .bodies import decoded
from .chat_metrics import ChatMetrics
from .openapi import operation
from .problems import Problem
from .requests import check
from .shell import Beside

PATH = "/chat"
UNKNOWN = (
    "The conversation of that session is over, has expired or is held by another worker. "
    "This is a new one."
)

PLAIN_WORDS = {"`str | null`": "a text or null"}

encode = msgspec.json.Encoder().encode
logger = structlog.get_logger()


class Predicted(Protocol):
    """What the model says of a text, as far as it is needed here."""

    @property
    def label(self) -> str: ...
    @property
    def probabilities(self) -> Mapping[str, float]: ...


Predict = Callable[[str], Awaitable[Predicted]]
"""Asks the model for one text."""


class ChatRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body of /chat. Without a message, the answer is the greeting."""

    message: str | None = None
    session: str | None = None


class ChatAnswer(msgspec.Struct, frozen=True):
    """The answer of /chat. session: to be sent with the next message; null before the first.

    new: whether this message began the session. mood, confidence: of the message, and how likely it
    is in that mood, which the rules go by; label: the likeliest class of the model. All three are
    null for the greeting. escalated: whether a person is to take over. note: on why a session is
    new.
    """

    session: str | None
    new: bool
    reply: str
    state: str
    mood: Mood | None
    label: str | None
    confidence: float | None
    escalated: bool
    ended: bool
    note: str | None


@dataclass(frozen=True)
class _Said:
    """A turn, and what it changed."""

    turn: Turn
    begun: bool
    escalated_now: bool


class ChatRoutes:
    """The route of one model and one set of rules. moods: class of the model -> mood."""

    def __init__(
        self,
        machine: Machine,
        moods: Mapping[str, Mood],
        predict: Predict,
        sessions: Sessions,
        metrics: ChatMetrics,
    ) -> None:
        self._machine = machine
        self._moods = moods
        self._predict = predict
        self._sessions = sessions
        self._metrics = metrics
        self._decode = msgspec.json.Decoder(ChatRequest).decode

    def beside(self) -> Beside:
        """The route and its OpenAPI."""
        return Beside(
            {PATH: self.chat}, {PATH: operation("Talk to the bot", _body_schema(), ChatAnswer)}
        )

    async def chat(self, body: bytes, request_id: str) -> bytes:
        """One message."""
        request = self._request(body)
        if request.message is None:
            return encode(self._greeting(request.session))
        found = await self._predict(request.message)
        mood = feeling(self._moods, found.probabilities)
        seed = secrets.randbelow(2**31)

        def change(session: Session | None) -> tuple[Session | None, _Said]:
            # Rules that were reloaded may have no such state any more.
            begun = session is None or not self._machine.knows(session)
            before = self._machine.begin(seed) if session is None or begun else session
            turn = self._machine.answer(before, request.message or "", mood)
            return turn.session, _Said(turn, begun, turn.escalated and not before.escalated)

        try:
            changed = await self._sessions.change(request.session, change)
        except SessionsUnavailable as error:
            logger.error("conversations cannot be reached", reason=str(error))
            raise Problem(
                503,
                "The conversations cannot be reached at the moment. Send the message again later.",
                headers={"Retry-After": "1"},
            ) from None
        said, turn = changed.result, changed.result.turn
        self._metrics.replied(turn, said.begun, said.escalated_now)
        return encode(
            ChatAnswer(
                session=changed.id,
                new=said.begun,
                reply=turn.reply,
                state=turn.state,
                mood=mood.mood,
                label=found.label,
                confidence=mood.confidence,
                escalated=turn.escalated,
                ended=turn.ended,
                note=UNKNOWN if said.begun and request.session is not None else None,
            )
        )

    def _greeting(self, session: str | None) -> ChatAnswer:
        """What is said before the first message; nothing is remembered for it."""
        begun = self._machine.begin(secrets.randbelow(2**31))
        return ChatAnswer(
            session=known_form(session),
            new=False,
            reply=self._machine.greeting(begun.seed),
            state=begun.state,
            mood=None,
            label=None,
            confidence=None,
            escalated=False,
            ended=False,
            note=None,
        )

    def _request(self, body: bytes) -> ChatRequest:
        request = decoded(self._decode, body, PLAIN_WORDS)
        if request.message is None:
            return request
        check(request.message, "message")
        if len(request.message) > LONGEST_MESSAGE:
            raise Problem(
                422,
                f"message: {len(request.message):,} characters; {LONGEST_MESSAGE:,} are allowed. "
                "Send it in parts.",
                "message",
            )
        return request


def _body_schema() -> dict[str, Any]:
    text_or_null = [{"type": "string"}, {"type": "null"}]
    return {
        "type": "object",
        "title": "Message",
        "additionalProperties": False,
        "properties": {
            "message": {
                "anyOf": [
                    {"type": "string", "maxLength": LONGEST_MESSAGE, "pattern": SEEN.pattern},
                    {"type": "null"},
                ],
                "default": None,
                "description": "What is said to the bot; left away, the bot says its greeting.",
            },
            "session": {
                "anyOf": text_or_null,
                "default": None,
                "description": "The session of the last answer; null begins a conversation.",
            },
        },
        "example": {"message": "The room was lovely, thank you!", "session": None},
    }
