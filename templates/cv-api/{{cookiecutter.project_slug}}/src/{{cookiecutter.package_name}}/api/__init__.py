"""The HTTP API. Reads what `train` wrote, and imports no training code."""
