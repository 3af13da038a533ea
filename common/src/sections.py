"""Settings that every project has: tracking, the registry, drift and retraining."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from .params import Section


class DriftParams(Section):
    """What of the prediction log is compared with the training rows, and what counts as drift."""

    log: str = "logs/predictions"
    since_days: float | None = Field(default=30.0, gt=0)
    min_rows: int = Field(default=50, ge=20)
    max_rows: int = Field(default=5000, ge=100)
    alpha: float = Field(default=0.05, gt=0.0, lt=1.0)
    min_distance: float = Field(default=0.1, ge=0.0)
    min_auc: float = Field(default=0.55, ge=0.5, le=1.0)

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        if self.max_rows < self.min_rows:
            raise ValueError("drift.max_rows is below drift.min_rows; raise it")
        return self


class TrackingParams(Section):
    """Where runs are logged. MLFLOW_TRACKING_URI, where it is set, comes before `uri`."""

    enabled: bool = True
    uri: str = "sqlite:///mlflow.db"
    experiment: str | None = None


class RegistryParams(Section):
    """How a new model is registered, and when it takes the champion's place."""

    name: str | None = Field(default=None, pattern=r"^[^/:@]+$")
    promote: Literal["when_better", "always", "never"] = "when_better"
    min_rows: int = Field(default=30, ge=2)


class RetrainParams(Section):
    """Where `retrain` finds new labelled rows."""

    new_rows: str = "data/new"
    prediction_log: str = "logs/predictions"


def named_once(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """A list of ingredients, if it names each at most once and at least one; None stands for all.

    Raises ValueError.
    """
    if names is not None and (not names or len(set(names)) < len(names)):
        raise ValueError("name each ingredient at most once and at least one; null for all")
    return names
