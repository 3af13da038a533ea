"""What Prometheus is told of the conversations."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from ..chat.machine import Turn
from .metrics import Metrics

OUTCOMES = ("begun", "ended", "escalated")


class ChatMetrics:
    """Replies by what they came from, conversations by what came of them, and open sockets."""

    def __init__(self, metrics: Metrics) -> None:
        self._replies = Counter(
            "chat_replies",
            "Replies of the bot, by what they came from.",
            ("source",),
            registry=metrics.registry,
        )
        self._conversations = Counter(
            "chat_conversations",
            "Conversations that were begun, ended, or handed to a person.",
            ("outcome",),
            registry=metrics.registry,
        )
        self.sockets = Gauge(
            "chat_sockets",
            "Open WebSockets.",
            multiprocess_mode="livesum",
            registry=metrics.registry,
        )
        for outcome in OUTCOMES:
            self._conversations.labels(outcome)

    def replied(self, turn: Turn, new: bool, escalated_now: bool) -> None:
        """Count a reply."""
        self._replies.labels(turn.by).inc()
        for outcome, happened in zip(OUTCOMES, (new, turn.ended, escalated_now), strict=True):
            if happened:
                self._conversations.labels(outcome).inc()
