"""The settings of params.yaml, typed. An unknown key or a value out of range is an error."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from .params import Section, load_params
from .sections import (
    DriftParams,
    RegistryParams,
    RetrainParams,
    TrackingParams,
    named_once,
)

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

    _named_once = field_validator("ingredients")(named_once)


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
