"""Transformers' Trainer with this project's loss, order of texts, progress bar and resumption."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from .batches import Encoded, EpochOrder, Padding
from .classification import accuracy, macro_f1
from .losses import ClassificationLoss, disagreement
from .progress import Steps
from .torch_checkpoints import STATE

Epoch = dict[str, float]
"""One epoch of the curve: epoch, train_loss, validation_loss, macro_f1, accuracy."""
BEST = "eval_macro_f1"
READ = ("input_ids", "attention_mask")
SHOWN_EVERY_S = 0.5


class TextTrainer(Trainer):
    """The Trainer for encoded texts."""

    def __init__(
        self,
        model: Any,
        arguments: TrainingArguments,
        train: Encoded,
        validation: Encoded,
        *,
        loss: ClassificationLoss,
        consistency: float,
        padding: Padding,
        group_by_length: bool,
        patience: int,
        watch: Watch,
    ) -> None:
        """consistency: the weight of R-Drop, 0 without it."""
        classes = len(loss.weights)
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=train,
            eval_dataset=validation.by_length(),
            data_collator=padding,
            compute_metrics=lambda found: _figures(found, classes),
            callbacks=[EarlyStoppingCallback(patience), watch],
        )
        # It would print each line of the log.
        self.remove_callback(PrinterCallback)
        # The loss is a mean over the batch: the Trainer is to divide by the accumulated batches.
        self.model_accepts_loss_kwargs = False
        self.loss = loss.to(arguments.device)
        self._consistency = consistency
        self._order = EpochOrder(
            [len(ids) for ids in train.ids],
            arguments.train_batch_size * arguments.world_size,
            arguments.seed,
            group_by_length,
        )
        self._watch = watch

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """The loss of a batch, and what the model said if asked for; see `ClassificationLoss`."""
        labels, tokens = inputs["labels"], {name: inputs[name] for name in READ}
        if self._consistency and model.training:
            # One pass over each text twice: dropout leaves out other units in the second.
            both = model(**{name: each.repeat(2, 1) for name, each in tokens.items()}).logits
            loss = self.loss(both, labels.repeat(2))
            loss = loss + self._consistency * disagreement(*both.chunk(2))
            logits = both[: len(labels)]
        else:
            logits = model(**tokens).logits
            loss = self.loss(logits, labels)
        self._watch.loss = loss.detach()
        return (loss, {"logits": logits}) if return_outputs else loss

    def _get_train_sampler(self, train_dataset: Any = None) -> EpochOrder:
        return self._order

    def run(self, checkpoint: Path | None, epochs: int, patience: int) -> None:
        """Train to the end, from the checkpoint if there is one; the best weights are loaded."""
        if checkpoint is not None:
            state = TrainerState.load_from_json(str(checkpoint / STATE))
            curve = curve_of(state)
            if len(curve) >= epochs or since_best(curve) >= patience:
                # It was killed after its last epoch: nothing is left to train.
                self.state = state
                self._load_best_model()
                return
        self.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)


class Watch(TrainerCallback):
    """Moves the bar on, measures the speed, and tells of each epoch."""

    def __init__(self, texts: int, bar: Steps | None, on_epoch: Callable[[Epoch], None]) -> None:
        """texts: of an epoch. on_epoch: may raise, to give up."""
        self.loss: Tensor | None = None
        self.seconds = 0.0
        """Of the epochs of this process, without their evaluations."""
        self.epochs = 0
        self._texts = texts
        self._bar = bar
        self._on_epoch = on_epoch
        self._began = 0.0
        self._shown = ("", 0.0)

    @property
    def texts_per_second(self) -> float | None:
        """How fast this process and those beside it trained; None if nothing was left to train."""
        return self._texts * self.epochs / self.seconds if self.seconds else None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._advance(state.global_step, state)

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._began = time.perf_counter()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._advance(1, state)

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.seconds += time.perf_counter() - self._began
        self.epochs += 1

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        curve = curve_of(state)
        if curve:
            self._on_epoch(curve[-1])

    def _advance(self, steps: int, state: TrainerState) -> None:
        if self._bar is None:
            return
        now = time.perf_counter()
        if self.loss is not None and now - self._shown[1] > SHOWN_EVERY_S:
            # Asking a GPU for a number makes it wait, so not at each step.
            epoch = math.ceil(state.epoch or 1)
            self._shown = (f"epoch {epoch}, loss {float(self.loss):.3f}", now)
        for _ in range(steps):
            self._bar.advance(self._shown[0])


def curve_of(state: TrainerState) -> list[Epoch]:
    """What the Trainer noted of each epoch that it has measured, in order."""
    epochs: dict[int, Epoch] = {}
    for line in state.log_history:
        found = epochs.setdefault(round(line["epoch"]), {})
        if "loss" in line:
            found["train_loss"] = line["loss"]
        if BEST in line:
            found |= {
                "validation_loss": line["eval_loss"],
                "macro_f1": line[BEST],
                "accuracy": line["eval_accuracy"],
            }
    return [
        {"epoch": epoch, **found} for epoch, found in sorted(epochs.items()) if "macro_f1" in found
    ]


def best_epoch(curve: list[Epoch]) -> int:
    """The epoch with the highest macro-F1, the first of equal ones."""
    return int(max(curve, key=lambda each: (each["macro_f1"], -each["epoch"]))["epoch"])


def since_best(curve: list[Epoch]) -> int:
    """Epochs after the best one."""
    return int(curve[-1]["epoch"]) - best_epoch(curve) if curve else 0


def _figures(found: EvalPrediction, classes: int) -> dict[str, float]:
    target = np.asarray(found.label_ids)
    predicted = np.asarray(found.predictions).argmax(axis=1)
    return {
        "macro_f1": macro_f1(target, predicted, classes),
        "accuracy": accuracy(target, predicted),
    }
