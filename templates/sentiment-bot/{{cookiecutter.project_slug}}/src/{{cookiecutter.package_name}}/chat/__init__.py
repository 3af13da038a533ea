"""The conversation: rules around the model's mood, and what is remembered of each talk."""
