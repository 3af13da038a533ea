"""`python -m` entry point; the commands are in cli.py."""

from .cli import app

app()
