"""The settings of params.yaml, typed. An unknown key or a value out of range is an error."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from .params import Section, load_params
from .sections import (
    DriftParams,
    RegistryParams,
    RetrainParams,
    TrackingParams,
    named_once,
)

ComparedName = Literal["majority", "tfidf", "small"]
Source = Literal["sample", "tweet_eval", "sst2", "imdb", "file"]


class DataParams(Section):
    """Where the texts come from, and how they are split."""

    source: Source = "sample"
    revision: str | None = None
    path: str | None = None
    validation_path: str | None = None
    test_path: str | None = None
    text: str = "text"
    label: str = "label"
    seed: int = Field(default=42, ge=0, le=2**32 - 1)
    test_size: float = Field(default=0.2, ge=0.0, le=0.5)
    validation_size: float = Field(default=0.1, gt=0.0, le=0.5)
    max_rows: int | None = Field(default=None, ge=50)
    sample_rows: int = Field(default=4000, ge=200, le=1_000_000)

    @model_validator(mode="after")
    def _paths_belong_to_file(self) -> Self:
        if self.source == "file" and not self.path:
            raise ValueError(
                "data.source is file, so data.path must name one, "
                "for example --set data.path=data/raw/texts.csv"
            )
        if self.text == self.label:
            raise ValueError(f"data.text and data.label are both {self.text}; name two columns")
        return self


class CleanParams(Section):
    """What is made alike in every text before it is read."""

    lower: bool | None = None
    links: bool = True
    mentions: bool = True


class TokensParams(Section):
    """How much of a text is read, and in which pieces."""

    max_length: int | None = Field(default=None, ge=8, le=8192)
    coverage: float = Field(default=0.995, gt=0.5, le=1.0)
    limit: int = Field(default=256, ge=8, le=8192)
    vocabulary: int = Field(default=8000, ge=200, le=200_000)


class ModelParams(Section):
    """The transformer: pretrained by name, or small and trained from scratch."""

    name: str | None = None
    revision: str | None = None
    lora: bool = False
    lora_rank: int = Field(default=8, ge=1, le=256)
    dimension: int = Field(default=128, ge=8, le=2048)
    layers: int = Field(default=2, ge=1, le=24)
    heads: int = Field(default=4, ge=1, le=64)
    dropout: float = Field(default=0.1, ge=0.0, lt=1.0)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.dimension % self.heads:
            raise ValueError(
                f"model.dimension is {self.dimension}, which model.heads ({self.heads}) does not "
                "divide; choose a multiple of it"
            )
        if self.lora and self.name is None:
            raise ValueError(
                "model.lora needs pretrained weights; name a model in model.name, or set it false"
            )
        return self


class TrainParams(Section):
    """How the model is trained."""

    model: Literal["auto", "small", "pretrained"] = "auto"
    compare: tuple[ComparedName, ...] = ("majority", "tfidf", "small")
    epochs: int | None = Field(default=None, ge=1, le=1000)
    batch_size: int | None = Field(default=None, ge=1, le=4096)
    accumulate: int = Field(default=1, ge=1, le=1024)
    learning_rate: float | None = Field(default=None, gt=0.0, lt=1.0)
    weight_decay: float = Field(default=0.01, ge=0.0, lt=1.0)
    warmup: float = Field(default=0.1, ge=0.0, lt=1.0)
    loss: Literal["cross_entropy", "focal"] = "cross_entropy"
    focal_gamma: float = Field(default=2.0, ge=0.0, le=10.0)
    class_weights: Literal["balanced", "none"] = "balanced"
    patience: int = Field(default=3, ge=1)
    consistency: float | None = Field(default=None, ge=0.0, le=100.0)
    group_by_length: bool = True
    mixed_precision: Literal["auto", "none", "bf16", "fp16"] = "auto"
    resume: bool = True


class ExportParams(Section):
    """The gate between the trained model and the one that is served."""

    precision: Literal["auto", "int8", "fp32"] = "auto"
    max_f1_drop: float = Field(default=0.005, ge=0.0, le=1.0)
    max_difference: float = Field(default=0.001, gt=0.0)


class TuneParams(Section):
    """The search for hyperparameters."""

    trials: int = Field(default=10, ge=1)
    timeout_s: float | None = Field(default=None, gt=0)
    storage: str = "sqlite:///reports/tuning.db"
    study: str | None = None


class EvaluateParams(Section):
    """How sure the held-out figures are, how many errors are listed, and how much is tested."""

    bootstrap: int = Field(default=2000, ge=100)
    errors: int = Field(default=100, ge=1)
    behaviour_texts: int = Field(default=200, ge=1)


class ExplainParams(Section):
    """How much work goes into the explanations."""

    texts: int = Field(default=200, ge=1)
    top: int = Field(default=20, ge=1)


class AblateParams(Section):
    """What is left out of the recipe to see what it is worth, and how sure that is."""

    ingredients: tuple[str, ...] | None = None
    folds: int = Field(default=2, ge=2, le=20)
    rows: int = Field(default=2000, ge=50)
    bootstrap: int = Field(default=10_000, ge=500)

    _named_once = field_validator("ingredients")(named_once)


class Params(Section):
    """Every setting of the project."""

    data: DataParams = DataParams()
    clean: CleanParams = CleanParams()
    tokens: TokensParams = TokensParams()
    model: ModelParams = ModelParams()
    train: TrainParams = TrainParams()
    export: ExportParams = ExportParams()
    tune: TuneParams = TuneParams()
    evaluate: EvaluateParams = EvaluateParams()
    explain: ExplainParams = ExplainParams()
    ablate: AblateParams = AblateParams()
    drift: DriftParams = DriftParams()
    tracking: TrackingParams = TrackingParams()
    registry: RegistryParams = RegistryParams()
    retrain: RetrainParams = RetrainParams()

    @model_validator(mode="after")
    def _pretrained_has_a_name(self) -> Self:
        if self.train.model == "pretrained" and self.model.name is None:
            raise ValueError(
                "train.model is pretrained, so model.name must be a hub id or a folder, "
                "for example --set model.name=distilbert-base-uncased"
            )
        return self

    @property
    def trained_model(self) -> Literal["small", "pretrained"]:
        """What is trained, exported and served."""
        if self.train.model == "auto":
            return "small" if self.model.name is None else "pretrained"
        return self.train.model


def load(path: Path, overrides: list[str]) -> Params:
    """The project's settings from `path`, with `--set` overrides on top."""
    return load_params(Params, path, overrides)
