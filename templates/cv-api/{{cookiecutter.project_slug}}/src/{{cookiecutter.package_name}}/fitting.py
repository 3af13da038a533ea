"""Train one network on pictures: what the settings leave open, the weights, and what came of it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save

from . import defaults, optimizer, small_sets
from .ablation_cache import code_digest
from .artifacts import library_versions
from .class_weights import balanced_weights
from .config import Network, Params
from .data import ImageData
from .networks import Classifier, residual_network, small_cnn
from .picture import Pixels, Preprocessing
from .pixel_cache import pixels_of
from .pixel_statistics import moments
from .progress import steps
from .torch_checkpoints import digest, only
from .torch_device import Device, abilities, choose_device
from .torch_processes import ALONE, Processes
from .torch_quiet import quiet
from .trainer import Part, Recipe, answers, train
from .training_state import Epoch
from .watch import Watch

Logits = npt.NDArray[np.float32]

WEIGHTS, CONFIG = "model.safetensors", "config.json"
# What a training depends on beside its settings and pictures.
LIBRARIES = ("torch", "transformers", "accelerate")
# Sides of the pictures that a network from scratch sees: by their own, in steps, within bounds.
SIZE_STEP, SMALLEST_SIZE, LARGEST_SIZE = 8, 16, 64


@dataclass(frozen=True)
class Trained:
    """A trained network, with what it needs to be asked about a picture."""

    name: Network
    model: Classifier
    """On the CPU, in 32 bits, in evaluation mode."""
    classes: tuple[str, ...]
    """In the order of the logits."""
    preprocessing: Preprocessing
    test_time: bool
    """Whether an answer is the mean of those to a picture and its mirror image."""
    training: dict[str, Any]
    """As reports/metrics.json holds it."""

    def logits(self, pixels: Pixels) -> Logits:
        """What PyTorch says of each picture, (n, size, size, 3), and class: (n, classes)."""
        asked = torch.from_numpy(np.array(pixels))
        found = answers(self.model, asked)
        if self.test_time:
            found = (found + answers(self.model, asked.flip(2))) / 2
        logits: Logits = found.numpy()
        return logits

    def save(self, folder: Path) -> None:
        """Write model.safetensors and config.json, from which `load` makes it again."""
        body: Any = self.model.body
        training = dict(self.training)
        # How fast it was is not the model's: equal ones have equal files.
        del training["examples_per_second"]
        config = {
            "name": self.name,
            "classes": list(self.classes),
            "preprocessing": self.preprocessing.as_dict(),
            "test_time": self.test_time,
            "network": body.network.config.to_dict() if self.name == "pretrained" else None,
            "training": training,
        }
        # Not `save_file`, whose file only its owner may read.
        (folder / WEIGHTS).write_bytes(save(self.model.state_dict()))
        text = json.dumps(config, indent=2, ensure_ascii=False)
        (folder / CONFIG).write_text(text, encoding="utf-8")


def load(folder: Path) -> Trained:
    """A network that `Trained.save` wrote, to go on with in PyTorch; no code is run from there."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    weights = load_file(folder / WEIGHTS)
    preprocessing = Preprocessing.from_dict(config["preprocessing"])
    classes, channels = weights["head.weight"].shape
    blank = [0.0] * 3, [1.0] * 3  # the weights bring the pixels' mean and deviation
    if config["name"] == "pretrained":
        from .pretrained import empty_body

        body = empty_body(config["network"], preprocessing.size)
        model = Classifier(body, channels, classes, *blank)
    elif config["name"] == "cnn":
        model = small_cnn(classes, *blank)
    else:
        model = residual_network(config["training"]["width"], preprocessing.size, classes, *blank)
    model.load_state_dict(weights)
    return Trained(
        config["name"],
        model.eval(),
        tuple(config["classes"]),
        preprocessing,
        config["test_time"],
        config["training"],
    )


@dataclass(frozen=True)
class _Plan:
    """A training before it begins: what the settings left open is decided."""

    name: Network
    recipe: Recipe
    learning_rate: float
    weight_decay: float
    width: int | None
    """Of the residual network."""
    balanced: bool
    device: Device
    processes: Processes

    @classmethod
    def of(
        cls, name: Network, params: Params, train: ImageData, size: int, processes: Processes
    ) -> _Plan:
        device = choose_device(params.train.mixed_precision, abilities(processes.count))
        settings, pictures = params.train, len(train.labels)
        epochs = defaults.epochs_of(name, params, pictures, size, device)
        batch = defaults.batch_size_of(name, params, pictures, device)
        recipe = Recipe(
            epochs=epochs,
            low_epochs=defaults.low_epochs_of(name, epochs, size),
            frozen_epochs=defaults.frozen_epochs_of(name, params, epochs),
            # Each process has the same share of it.
            batch_size=max(1, batch // processes.count) * processes.count,
            warmup=settings.warmup,
            averaging=settings.averaging,
            clip=settings.clip,
            label_smoothing=settings.label_smoothing,
            augmentation=defaults.augmentation_of(params, train),
            seed=params.data.seed,
            unused_weights=name == "pretrained",
        )
        return cls(
            name,
            recipe,
            defaults.learning_rate_of(name, params, batch),
            defaults.weight_decay_of(name, params),
            defaults.width_of(params, pictures, size, device) if name == "resnet" else None,
            defaults.is_balanced(params, train.labels),
            device,
            processes,
        )


def fit_network(
    name: Network,
    params: Params,
    train: ImageData,
    validation: ImageData,
    *,
    checkpoints: Path | None = None,
    processes: Processes = ALONE,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> Trained:
    """Train a network on `train`, measured on `validation` after each epoch; the last is kept.

    checkpoints: a folder of this model's; a run that was killed goes on from there. None: a
    temporary one. on_epoch: called after each epoch; raises to give up. Raises UserError for a
    pretrained network that cannot be had.
    """
    with quiet():
        with processes.first_before_others():
            preprocessing = preprocessing_of(name, params, train)
            pixels = pixels_of(train, preprocessing), pixels_of(validation, preprocessing)
        plan = _Plan.of(name, params, train, preprocessing.size, processes)
        torch.manual_seed(params.data.seed)
        model = _untrained(plan, params, pixels[0], len(train.classes))
        digested = _digest(plan, params, preprocessing, (train, validation))
        parts = (
            Part(torch.from_numpy(pixels[0]), torch.from_numpy(train.labels)),
            Part(torch.from_numpy(pixels[1]), torch.from_numpy(validation.labels)),
        )
        with TemporaryDirectory(prefix="training-") as scratch:
            folder = Path(scratch) if checkpoints is None else checkpoints
            if processes.first:
                only(folder, digested)
            facts = _run(plan, params, model, parts, folder / digested, on_epoch)
    test_time = params.train.test_time
    return Trained(name, model.eval(), train.classes, preprocessing, test_time, facts)


def preprocessing_of(name: Network, params: Params, train: ImageData) -> Preprocessing:
    """How pictures become pixels for this network. Raises UserError.

    At the size that a pretrained one was trained with. For others it is by the training pictures:
    the median of their shorter sides, in steps and within bounds.
    """
    size = params.image.size
    if size is None and name == "pretrained":
        from .pretrained import processor_of  # with Transformers, which takes seconds to load

        size = processor_of(params.model).size
    if size is None:
        middle = float(np.median(train.sizes.min(axis=1)))
        size = min(LARGEST_SIZE, max(SMALLEST_SIZE, SIZE_STEP * math.ceil(middle / SIZE_STEP)))
    return Preprocessing(size, params.image.crop)


def _untrained(plan: _Plan, params: Params, pixels: Pixels, classes: int) -> Classifier:
    """The network before its first step; its first layer knows the pixels' mean and deviation."""
    dropout = params.model.dropout
    if plan.name == "pretrained":
        from .pretrained import pretrained_body, processor_of

        normal = processor_of(params.model)
        body, channels = pretrained_body(params.model, pixels.shape[1])
        return Classifier(body, channels, classes, normal.mean, normal.deviation, dropout)
    mean, deviation = moments(pixels)
    if plan.width is None:
        return small_cnn(classes, mean, deviation, dropout)
    return residual_network(plan.width, pixels.shape[1], classes, mean, deviation, dropout)


def _run(
    plan: _Plan,
    params: Params,
    model: Classifier,
    parts: tuple[Part, Part],
    home: Path,
    on_epoch: Callable[[Epoch], None],
) -> dict[str, Any]:
    """Train the model, and give what is to be said of the training."""
    recipe, pictures = plan.recipe, len(parts[0])
    classes, per_epoch = model.head.out_features, recipe.steps(pictures)
    weights = torch.ones(classes)
    if plan.balanced:
        weights = torch.from_numpy(balanced_weights(parts[0].labels.numpy(), classes)).float()
    total = recipe.epochs * per_epoch
    with steps(f"Training {plan.name}", total, shown=plan.processes.first) as bar:
        watch = Watch(bar)
        curve, resumed = train(
            model,
            _optimizer(plan, params, model, recipe.frozen_epochs * per_epoch),
            recipe,
            parts,
            weights,
            device=plan.device,
            processes=plan.processes,
            checkpoints=home,
            resume=params.train.resume,
            watch=watch,
            on_epoch=on_epoch,
        )
    facts: dict[str, Any] = {
        "epochs": len(curve),
        "best_epoch": len(curve),
        "curve": curve,
        "examples_per_second": watch.pictures_per_second,
        "resumed": resumed,
        "batch_size": recipe.batch_size,
        "learning_rate": plan.learning_rate,
        "weight_decay": plan.weight_decay,
        "low_epochs": recipe.low_epochs,
        "frozen_epochs": recipe.frozen_epochs,
        "device": str(plan.device),
        "processes": plan.processes.count,
        "parameters": sum(each.numel() for each in model.parameters()),
        "width": plan.width,
        "augmentation": recipe.augmentation.as_dict(),
        "flip": recipe.augmentation.flip,
        "balanced": plan.balanced,
    }
    pretrained = params.model.name if plan.name == "pretrained" else None
    return {**facts, "small": small_sets.facts(pictures, facts, pretrained)}


def _optimizer(
    plan: _Plan, params: Params, model: Classifier, first_step: int
) -> torch.optim.Optimizer:
    """first_step: from when on a pretrained body learns."""
    if plan.name == "pretrained":
        body: Any = model.body
        return optimizer.for_pretrained(
            model,
            body.layers(),
            plan.learning_rate,
            plan.weight_decay,
            params.model.layer_decay,
            first_step,
        )
    make = optimizer.for_plain if plan.name == "cnn" else optimizer.for_residual
    return make(model, plan.learning_rate, plan.weight_decay)


def _digest(
    plan: _Plan, params: Params, preprocessing: Preprocessing, parts: tuple[ImageData, ImageData]
) -> str:
    """A name for all that the weights depend on; checkpoints of anything else are not used."""
    return digest(
        params.model.model_dump(mode="json"),
        asdict(plan.recipe),
        [plan.name, plan.learning_rate, plan.weight_decay, plan.width, plan.balanced],
        [str(plan.device), plan.processes.count],
        preprocessing.as_dict(),
        [_sha256(each) for each in parts],
        library_versions(LIBRARIES),
        code_digest(Path(__file__).parent),
        _written(params),
    )


def _sha256(data: ImageData) -> str:
    """Of the pictures' contents and classes, in their order."""
    return hashlib.sha256(data.hashes.tobytes() + data.labels.tobytes()).hexdigest()


def _written(params: Params) -> float | None:
    """When a pretrained model's folder, or a file in it, last changed; None without one."""
    if params.model.name is None:
        return None
    from .pretrained import hub_model

    return hub_model(params.model).written()
