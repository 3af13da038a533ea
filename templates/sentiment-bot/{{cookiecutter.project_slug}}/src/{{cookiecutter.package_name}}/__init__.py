"""Sentiment bot: the mood of a text, and an answer to it."""

{% include "common/src/telemetry_off.py" %}