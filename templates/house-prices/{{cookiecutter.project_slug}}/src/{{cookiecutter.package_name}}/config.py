"""The settings of params.yaml, typed. An unknown key or a value out of range is an error."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from .params import Section, load_params

ModelName = Literal[
    "mean", "linear", "ridge", "elastic_net", "svr", "random_forest", "xgboost", "lightgbm", "stack"
]


class DataParams(Section):
    """Where the rows come from, and how they are split."""

    source: Literal["sample", "openml", "csv"] = "sample"
    path: str | None = None
    target: str = "SalePrice"
    identifier: str | None = None
    categories: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    seed: int = Field(default=42, ge=0, le=2**32 - 1)
    test_size: float = Field(default=0.2, ge=0.0, le=0.5)
    sample_rows: int = Field(default=1200, ge=50, le=1_000_000)
    openml_id: int = Field(default=42165, ge=1)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")

    @model_validator(mode="after")
    def _csv_needs_a_path(self) -> Self:
        if self.source == "csv" and not self.path:
            raise ValueError(
                "data.source is csv, so data.path must name a file or URL, "
                "for example --set data.path=data/raw/houses.csv"
            )
        return self


class TrainParams(Section):
    """Which model is trained, and how it is judged."""

    model: ModelName = "stack"
    candidates: tuple[ModelName, ...] = (
        "ridge",
        "elastic_net",
        "random_forest",
        "xgboost",
        "lightgbm",
    )
    folds: int = Field(default=5, ge=2, le=50)
    log_target: bool = True
    coverage: float = Field(default=0.9, gt=0.0, lt=1.0)
    n_jobs: int = Field(default=-1, ge=-1)

    @field_validator("candidates")
    @classmethod
    def _candidates_can_be_stacked(cls, names: tuple[ModelName, ...]) -> tuple[ModelName, ...]:
        if not names or "stack" in names or len(set(names)) < len(names):
            raise ValueError("name each model at most once, at least one, and not stack itself")
        return names


class TuneParams(Section):
    """The search for hyperparameters."""

    model: ModelName = "lightgbm"
    trials: int = Field(default=40, ge=1)
    timeout_s: float | None = Field(default=None, gt=0)
    storage: str = "sqlite:///reports/tuning.db"
    study: str | None = None


class EvaluateParams(Section):
    """How sure the held-out figures are."""

    bootstrap: int = Field(default=2000, ge=100)


class ExplainParams(Section):
    """How much work goes into the explanations."""

    rows: int = Field(default=150, ge=1)
    background: int = Field(default=50, ge=1)
    top: int = Field(default=6, ge=1)


class AblateParams(Section):
    """What is left out of the model to see what it is worth, and how sure that is."""

    ingredients: tuple[str, ...] | None = None
    bootstrap: int = Field(default=10_000, ge=500)

    @field_validator("ingredients")
    @classmethod
    def _something_is_left_out(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if names is not None and (not names or len(set(names)) < len(names)):
            raise ValueError("name each ingredient at most once and at least one; null for all")
        return names


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


class Params(Section):
    """Every setting of the project."""

    data: DataParams = DataParams()
    train: TrainParams = TrainParams()
    models: dict[ModelName, dict[str, Any]] = Field(default_factory=dict)
    tune: TuneParams = TuneParams()
    evaluate: EvaluateParams = EvaluateParams()
    explain: ExplainParams = ExplainParams()
    ablate: AblateParams = AblateParams()
    drift: DriftParams = DriftParams()
    tracking: TrackingParams = TrackingParams()
    registry: RegistryParams = RegistryParams()
    retrain: RetrainParams = RetrainParams()

    def hyperparameters(self, name: str) -> dict[str, Any]:
        """What params.yaml sets for this model on top of the defaults in models.py."""
        return next((found for model, found in self.models.items() if model == name), {})


def load(path: Path, overrides: list[str]) -> Params:
    """The project's settings from `path`, with `--set` overrides on top."""
    return load_params(Params, path, overrides)
