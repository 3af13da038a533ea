"""What a comparison of the prediction log with the training rows found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from .drift_classifier import DomainDrift
from .drift_sample import Sample, Words
from .drift_tests import ColumnDrift


@dataclass(frozen=True)
class DriftResult:
    """What `drift` found."""

    checked: datetime
    model: str
    """Version of the model whose training rows are the reference."""
    reference: Sample
    logged: Sample
    """The rows compared: all of the log's, or a sample of them if there are many."""
    logged_rows: int
    """Rows of the log in the period."""
    first: datetime
    last: datetime
    versions: Mapping[str, int]
    """Model version -> compared rows that it answered."""
    repeated: int
    """Compared rows that repeat another one in every input."""
    skipped: Mapping[str, str]
    """Column -> why it is not compared."""
    columns: list[ColumnDrift]
    """Most drifted first."""
    domain: DomainDrift
    settings: Mapping[str, Any]

    @property
    def words(self) -> Words:
        """What a row and a column are called."""
        return self.reference.words

    @property
    def drifted(self) -> bool:
        """Whether any column or the classifier found drift."""
        return self.domain.drifted or any(column.drifted for column in self.columns)

    def document(self) -> dict[str, Any]:
        """reports/drift.json."""
        return {
            "checked": self.checked.isoformat(timespec="seconds"),
            "model": self.model,
            "reference_rows": len(self.reference.frame),
            "logged_rows": self.logged_rows,
            "compared_rows": len(self.logged.frame),
            "drifted": self.drifted,
            "settings": dict(self.settings),
            "versions": dict(self.versions),
            "skipped": dict(self.skipped),
            "domain": asdict(self.domain),
            "columns": [asdict(column) for column in self.columns],
        }
