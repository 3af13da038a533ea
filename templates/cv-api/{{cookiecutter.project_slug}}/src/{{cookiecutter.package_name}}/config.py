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

ComparedName = Literal["majority", "logistic", "cnn", "resnet"]
Network = Literal["cnn", "resnet", "pretrained"]
Source = Literal["sample", "cifar10", "folder", "parquet"]


class DataParams(Section):
    """Where the pictures come from, and how they are split."""

    source: Source = "sample"
    revision: str | None = None
    path: str | None = None
    test_path: str | None = None
    image: str | None = None
    label: str = "label"
    classes: tuple[str, ...] | None = None
    seed: int = Field(default=42, ge=0, le=2**32 - 1)
    test_size: float = Field(default=0.2, ge=0.0, le=0.5)
    validation_size: float = Field(default=0.1, gt=0.0, le=0.5)
    max_rows: int | None = Field(default=None, ge=50)
    near_duplicates: int = Field(default=72, ge=0, le=96)

    @model_validator(mode="after")
    def _paths_belong_to_own_pictures(self) -> Self:
        if self.source in ("folder", "parquet") and not self.path:
            example = "photos" if self.source == "folder" else "images.parquet"
            raise ValueError(
                f"data.source is {self.source}, so data.path must say where it is, "
                f"for example --set data.path=data/raw/{example}"
            )
        return self


class ImageParams(Section):
    """How much of a picture the model sees, and how finely."""

    size: int | None = Field(default=None, ge=8, le=1024)
    crop: float = Field(default=1.0, gt=0.1, le=1.0)


class ModelParams(Section):
    """The network: pretrained by name, or trained from scratch."""

    name: str | None = None
    revision: str | None = None
    width: int | None = Field(default=None, ge=4, le=512)
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    frozen: float = Field(default=0.3, ge=0.0, le=1.0)
    layer_decay: float = Field(default=0.75, gt=0.0, le=1.0)


class TrainParams(Section):
    """How the model is trained."""

    model: Literal["auto", "cnn", "resnet", "pretrained"] = "auto"
    compare: tuple[ComparedName, ...] = ("majority", "logistic", "cnn", "resnet")
    epochs: int | None = Field(default=None, ge=1, le=10_000)
    batch_size: int | None = Field(default=None, ge=2, le=65_536)
    learning_rate: float | None = Field(default=None, gt=0.0, lt=10.0)
    weight_decay: float | None = Field(default=None, ge=0.0, lt=1.0)
    warmup: float = Field(default=0.2, ge=0.0, lt=1.0)
    label_smoothing: float = Field(default=0.1, ge=0.0, lt=1.0)
    averaging: float = Field(default=0.99, ge=0.0, lt=1.0)
    clip: float = Field(default=5.0, gt=0.0)
    class_weights: Literal["auto", "balanced", "none"] = "none"
    augment: Literal["auto", "none", "light", "strong"] = "auto"
    flip: Literal["auto"] | bool = "auto"
    cutout: float | None = Field(default=None, ge=0.0, lt=1.0)
    mixup: float = Field(default=0.0, ge=0.0, le=10.0)
    test_time: bool = False
    mixed_precision: Literal["auto", "none", "bf16", "fp16"] = "auto"
    resume: bool = True


class ExportParams(Section):
    """The gate between the trained model and the one that is served."""

    max_difference: float = Field(default=0.001, gt=0.0)


class AnswerParams(Section):
    """When an answer is given as sure, and which pictures are like those of the training."""

    precision: float = Field(default=0.95, gt=0.0, lt=1.0)
    kept: float = Field(default=0.95, gt=0.5, lt=1.0)


class TuneParams(Section):
    """The search for hyperparameters."""

    trials: int = Field(default=10, ge=1)
    timeout_s: float | None = Field(default=None, gt=0)
    storage: str = "sqlite:///reports/tuning.db"
    study: str | None = None


class EvaluateParams(Section):
    """How sure the held-out figures are, how many errors are shown, and how much is corrupted."""

    bootstrap: int = Field(default=2000, ge=100)
    errors: int = Field(default=40, ge=1)
    corrupted: int | None = Field(default=1000, ge=20)


class ExplainParams(Section):
    """How many pictures are explained."""

    pictures: int = Field(default=12, ge=1, le=200)


class AblateParams(Section):
    """What is left out of the recipe to see what it is worth, and how sure that is."""

    ingredients: tuple[str, ...] | None = None
    folds: int = Field(default=2, ge=2, le=20)
    rows: int = Field(default=2000, ge=50)
    epochs: int | None = Field(default=12, ge=1)
    bootstrap: int = Field(default=10_000, ge=500)

    _named_once = field_validator("ingredients")(named_once)


class Params(Section):
    """Every setting of the project."""

    data: DataParams = DataParams()
    image: ImageParams = ImageParams()
    model: ModelParams = ModelParams()
    train: TrainParams = TrainParams()
    export: ExportParams = ExportParams()
    answer: AnswerParams = AnswerParams()
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
                "for example --set model.name=microsoft/resnet-18"
            )
        return self

    @property
    def trained_model(self) -> Network:
        """What is trained, exported and served."""
        if self.train.model == "auto":
            return "resnet" if self.model.name is None else "pretrained"
        return self.train.model


def load(path: Path, overrides: list[str]) -> Params:
    """The project's settings from `path`, with `--set` overrides on top."""
    return load_params(Params, path, overrides)
