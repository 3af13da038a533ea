"""Rows whose distribution is compared with that of other rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

Kind = Literal["number", "category"]


@dataclass(frozen=True)
class Sample:
    """A table of rows, one column per quantity that is watched.

    frame: (n, k); numbers float64 with NaN for missing, categories str or None (object dtype).
    outputs: the columns that the model made. They are compared one by one only: two versions of a
    model, or its out-of-fold and its final fit, differ a little on the same rows.
    """

    frame: pd.DataFrame
    outputs: tuple[str, ...] = ()

    def kind(self, name: str) -> Kind:
        """Whether a column holds numbers or the names of levels."""
        return "number" if self.frame[name].dtype.kind == "f" else "category"

    def inputs(self) -> pd.DataFrame:
        """The columns that the model was given."""
        return self.frame.drop(columns=list(self.outputs), errors="ignore")
