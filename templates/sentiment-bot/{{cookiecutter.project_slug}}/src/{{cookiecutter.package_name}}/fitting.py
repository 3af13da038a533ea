"""Train one transformer: tokens, weights, epochs; stopped and chosen by the validation texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel, TrainingArguments, set_seed

from . import tokenization
from .artifacts import library_versions
from .batches import Encoded, Padding, padded
from .class_weights import balanced_weights
from .cleaning import Cleaning
from .config import Params
from .data import TextData
from .losses import ClassificationLoss
from .progress import steps
from .tokenization import Lengths
from .torch_checkpoints import digest, newest, only
from .torch_device import Device, abilities, choose_device
from .torch_processes import ALONE, Processes
from .torch_quiet import quiet
from .trainer import BEST, Epoch, TextTrainer, Watch, best_epoch, curve_of
from .transformer import (
    BERT_WIDTH,
    POSITIONS,
    hub_model,
    longest_input,
    merged,
    pretrained_config,
    pretrained_model,
    pretrained_tokenizer,
    small_model,
    with_lora,
)

Name = Literal["small", "pretrained"]
Logits = npt.NDArray[np.float32]

# Where the settings say null.
EPOCHS: dict[Name, int] = {"small": 12, "pretrained": 3}
BATCH_SIZES: dict[Name, int] = {"small": 32, "pretrained": 16}
SMALL_LEARNING_RATE = LORA_LEARNING_RATE = 1e-3
PRETRAINED_LEARNING_RATE = 5e-5
# Weight of R-Drop. A pretrained model soon knows a few thousand texts by heart.
CONSISTENCY: dict[Name, float] = {"small": 0.0, "pretrained": 1.0}
INFERENCE_BATCH = 64
# What a training depends on beside its settings and texts.
LIBRARIES = ("torch", "transformers", "tokenizers", "accelerate", "peft")


@dataclass(frozen=True)
class Transformer:
    """A trained model, with what it needs to read a text."""

    name: Name
    model: PreTrainedModel
    """On the CPU, in 32 bits; LoRA's matrices are merged."""
    tokenizer: Any
    cleaning: Cleaning
    lengths: Lengths
    training: dict[str, Any]
    """As reports/metrics.json holds it."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the logits."""
        return tuple((self.model.config.id2label or {}).values())

    def encode(self, texts: Sequence[str]) -> list[npt.NDArray[np.int64]]:
        """Token ids of texts as they were written: cleaned, and cut at the maximum length."""
        cleaned = [self.cleaning.clean(text) for text in texts]
        return tokenization.encode(self.tokenizer, cleaned, self.lengths.max_length)

    def logits(self, texts: Sequence[str]) -> Logits:
        """What PyTorch says of each text and class, shape (n, classes)."""
        ids = self.encode(texts)
        order = np.argsort([len(each) for each in ids], kind="stable")
        found = np.empty((len(ids), len(self.classes)), dtype=np.float32)
        with torch.inference_mode():
            for start in range(0, len(order), INFERENCE_BATCH):
                rows = order[start : start + INFERENCE_BATCH]
                batch = padded([ids[row] for row in rows], self.tokenizer.pad_token_id)
                tensors = {name: torch.from_numpy(each) for name, each in batch.items()}
                found[rows] = self.model(**tensors).logits.numpy()
        return found

    def save(self, folder: Path) -> None:
        """Write weights, configuration and tokenizer, as `from_pretrained` reads them."""
        with quiet():
            self.model.save_pretrained(folder)
            tokenization.save(self.tokenizer, folder)


@dataclass(frozen=True)
class _Plan:
    """A training before it begins."""

    name: Name
    epochs: int
    batch_size: int
    learning_rate: float
    consistency: float
    device: Device
    processes: Processes

    @classmethod
    def of(cls, name: Name, params: Params, processes: Processes) -> _Plan:
        return cls(
            name=name,
            epochs=params.train.epochs or EPOCHS[name],
            batch_size=params.train.batch_size or BATCH_SIZES[name],
            learning_rate=learning_rate_of(name, params),
            consistency=consistency_of(name, params),
            device=choose_device(params.train.mixed_precision, abilities()),
            processes=processes,
        )


def fit_transformer(
    name: Name,
    params: Params,
    train: TextData,
    validation: TextData,
    *,
    checkpoints: Path | None = None,
    processes: Processes = ALONE,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    pad_to_max: bool = False,
) -> Transformer:
    """Train a transformer on `train`; the epoch with the best macro-F1 on `validation` is kept.

    checkpoints: a folder of this model's; a run that was killed goes on from there. None: a
    temporary one. on_epoch: called after each epoch; raises to give up. pad_to_max: pad every batch
    to the maximum length, for comparison. Raises UserError for a model that cannot be had.
    """
    with quiet():
        plan = _Plan.of(name, params, processes)
        set_seed(params.data.seed)
        tokenizer, cleaning, cleaned = read_texts(name, params, train)
        model = _untrained(name, params, train.classes, tokenizer)
        limit = POSITIONS if name == "small" else longest_input(model, tokenizer)
        lengths = tokenization.measure(tokenizer, cleaned, params.tokens, limit)
        parts = [
            Encoded(tokenization.encode(tokenizer, texts, lengths.max_length), part.labels)
            for texts, part in (
                (cleaned, train),
                ([cleaning.clean(text) for text in validation.texts], validation),
            )
        ]
        padding = Padding(tokenizer.pad_token_id, lengths.max_length if pad_to_max else None)
        with TemporaryDirectory(prefix="training-") as scratch:
            folder = Path(scratch) if checkpoints is None else checkpoints
            trained, facts = _run(plan, params, model, parts, padding, folder, on_epoch)
    return Transformer(name, trained, tokenizer, cleaning, lengths, facts)


def learning_rate_of(name: Name, params: Params) -> float:
    """The highest learning rate of this model's training.

    By default that of BERT (Devlin et al. 2019) at its width, and in inverse proportion at another,
    which is where the best one goes with Adam (Yang et al. 2021, "Tensor Programs V").
    """
    if params.train.learning_rate is not None:
        return params.train.learning_rate
    if name == "small":
        return SMALL_LEARNING_RATE
    if params.model.lora:
        return LORA_LEARNING_RATE
    width = getattr(pretrained_config(params.model), "hidden_size", BERT_WIDTH)
    return PRETRAINED_LEARNING_RATE * BERT_WIDTH / float(width)


def consistency_of(name: Name, params: Params) -> float:
    """The weight of R-Drop in this model's training, 0 without it; see `losses.disagreement`."""
    chosen = params.train.consistency
    return CONSISTENCY[name] if chosen is None else chosen


def read_texts(name: Name, params: Params, train: TextData) -> tuple[Any, Cleaning, list[str]]:
    """The tokenizer, how texts are cleaned for it, and the training texts cleaned."""
    if name == "pretrained":
        tokenizer = pretrained_tokenizer(params.model)
        cleaning = tokenization.cleaning_for(params.clean, tokenization.lower_cases(tokenizer))
        return tokenizer, cleaning, [cleaning.clean(text) for text in train.texts]
    cleaning = tokenization.cleaning_for(params.clean, lower=True)
    cleaned = [cleaning.clean(text) for text in train.texts]
    tokenizer = tokenization.train_tokenizer(cleaned, params.tokens.vocabulary, cleaning.lower)
    return tokenizer, cleaning, cleaned


def _untrained(name: Name, params: Params, classes: Sequence[str], tokenizer: Any) -> Any:
    if name == "small":
        return small_model(params.model, classes, tokenizer)
    model = pretrained_model(params.model, classes)
    return with_lora(model, params.model.lora_rank) if params.model.lora else model


def _run(
    plan: _Plan,
    params: Params,
    model: Any,
    parts: list[Encoded],
    padding: Padding,
    folder: Path,
    on_epoch: Callable[[Epoch], None],
) -> tuple[PreTrainedModel, dict[str, Any]]:
    """Train, and give the best epoch's model with what is to be said of the training."""
    train, validation = parts
    home = folder / _digest(plan, params, parts, padding)
    checkpoint = None
    if plan.processes.first:
        only(folder, home.name)
        checkpoint = newest(home) if params.train.resume else None
    plan.processes.wait()
    if not plan.processes.first and params.train.resume:
        checkpoint = newest(home)
    labels, classes = train.labels, model.config.num_labels
    balanced = params.train.class_weights == "balanced"
    loss = ClassificationLoss(
        balanced_weights(labels, classes) if balanced else np.ones(classes),
        params.train.focal_gamma if params.train.loss == "focal" else 0.0,
    )
    total = plan.epochs * _steps_of_epoch(len(train), plan, params)
    with steps(f"Training {plan.name}", total, shown=plan.processes.first) as bar:
        watch = Watch(len(train), bar, on_epoch)
        trainer = TextTrainer(
            model,
            _arguments(plan, params, home),
            train,
            validation,
            loss=loss,
            consistency=plan.consistency,
            padding=padding,
            group_by_length=params.train.group_by_length,
            patience=params.train.patience,
            watch=watch,
        )
        trainer.run(checkpoint, plan.epochs, params.train.patience)
    curve = curve_of(trainer.state)
    # Without Accelerate's casts around the forward pass: from here on it computes in 32 bits.
    plain = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    return merged(plain).float().cpu().eval(), {
        "epochs": len(curve),
        "best_epoch": best_epoch(curve),
        "curve": curve,
        "examples_per_second": watch.texts_per_second,
        "resumed": checkpoint is not None,
        "batch_size": plan.batch_size,
        "learning_rate": plan.learning_rate,
        "consistency": plan.consistency,
        "device": str(plan.device),
        "processes": plan.processes.count,
        "parameters": sum(each.numel() for each in model.parameters()),
        "lora": params.model.lora and plan.name == "pretrained",
    }


def _arguments(plan: _Plan, params: Params, folder: Path) -> TrainingArguments:
    settings = params.train
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=plan.epochs,
        per_device_train_batch_size=plan.batch_size,
        per_device_eval_batch_size=INFERENCE_BATCH,
        gradient_accumulation_steps=settings.accumulate,
        learning_rate=plan.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_steps=settings.warmup,
        bf16=plan.device.precision == "bf16",
        fp16=plan.device.precision == "fp16",
        use_cpu=plan.device.kind == "cpu",
        dataloader_pin_memory=plan.device.kind == "cuda",
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model=BEST,
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,
        ddp_find_unused_parameters=False,
        remove_unused_columns=False,
        label_names=["labels"],
        seed=params.data.seed,
        report_to="none",
        disable_tqdm=True,
        log_level="error",
        log_level_replica="error",
    )


def _steps_of_epoch(texts: int, plan: _Plan, params: Params) -> int:
    """Moves of the weights in one epoch."""
    batches = -(-texts // (plan.batch_size * plan.processes.count))
    return -(-batches // params.train.accumulate)


def _digest(plan: _Plan, params: Params, parts: list[Encoded], padding: Padding) -> str:
    """A name for all that the weights depend on; checkpoints of anything else are not used."""
    settings = params.model_dump(mode="json")
    chosen = {key: settings[key] for key in ("model", "tokens", "clean")}
    ignored = {"model", "compare", "resume"}
    chosen["train"] = {key: each for key, each in settings["train"].items() if key not in ignored}
    return digest(
        chosen,
        params.data.seed,
        [[ids.tolist() for ids in part.ids] for part in parts],
        [part.labels.tolist() for part in parts],
        [plan.name, plan.epochs, plan.batch_size, plan.learning_rate, plan.consistency],
        [str(plan.device), plan.processes.count],
        [padding.pad_id, padding.length],
        library_versions(LIBRARIES),
        hub_model(params.model).written() if params.model.name else None,
    )
