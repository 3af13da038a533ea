"""Rows whose distribution is compared with that of other rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Kind = Literal["number", "category"]


@dataclass(frozen=True)
class Words:
    """What the report calls a row and a column of the sample; plurals with an s."""

    row: str = "row"
    column: str = "column"
    advice: str = (
        "Look at the drifted columns above. A jump to no value, or a new spelling of a level, is a "
        "fault of what sends the data: mend it there."
    )
    """The first thing to do if there is drift."""


@dataclass(frozen=True)
class Sample:
    """A table of rows, one column per quantity that is watched.

    frame: (n, k); numbers float64 with NaN for missing, categories str or None (object dtype).
    outputs: the columns that the model made. They are compared one by one only: two versions of a
    model, or its out-of-fold and its final fit, differ a little on the same rows.
    """

    frame: pd.DataFrame
    outputs: tuple[str, ...] = ()
    words: Words = Words()

    def kind(self, name: str) -> Kind:
        """Whether a column holds numbers or the names of levels."""
        return "number" if self.frame[name].dtype.kind == "f" else "category"

    def inputs(self) -> pd.DataFrame:
        """The columns that the model was given."""
        return self.frame.drop(columns=list(self.outputs), errors="ignore")


@dataclass(frozen=True)
class Logged:
    """Logged rows in the reference's columns."""

    sample: Sample
    versions: Mapping[str, int]
    """Model version -> rows that it answered, most first."""
    skipped: Mapping[str, str]
    """Column -> why it is not compared."""
    repeated: int
    """Rows that repeat another one in every input."""
