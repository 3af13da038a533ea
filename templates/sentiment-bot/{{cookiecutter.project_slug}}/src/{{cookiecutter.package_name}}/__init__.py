"""Sentiment bot: the mood of a text, and an answer to it."""
