"""A chapter of the exploration's story, as the report and the notebook show it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Chapter:
    """One question put to the data: what to look for, what there is, and the figure of it.

    draw is None if the data at hand have nothing to show; the text then says so. Plain texts.
    """

    name: str
    heading: str
    question: str
    text: str
    draw: Callable[[], Figure] | None = None
    table: pd.DataFrame | None = None
    texts: tuple[str, ...] = ()
    """Columns of the table that hold words; the others hold numbers."""

    @property
    def markdown(self) -> str:
        """The words for a notebook: none of the data's characters is taken for markup or maths."""
        heading, question, text = (
            re.sub(r"([\\`*_{}\[\]<>#|$~])", r"\\\1", words)
            for words in (self.heading, self.question, self.text)
        )
        return f"### {heading}\n\n*{question}*\n\n{text}"
