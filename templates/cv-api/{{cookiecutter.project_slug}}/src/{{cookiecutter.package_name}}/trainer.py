"""The training loop, from top to bottom: batch, augmentation, loss, gradient, step, average.

All pictures lie on the device as one tensor of 8 bits, so no worker has to load them. What is
random in a step follows from the seed, the epoch and the step alone; so a run that goes on after a
kill ends with the same weights, to the bit, as one that was never stopped.

What is kept are the averaged weights after the last epoch: a one-cycle schedule ends where the
learning rate is zero, and every epoch before is on the way there. To choose among them by a few
validation pictures would be to choose by chance.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedDataParallelKwargs
from torch import Tensor, nn
from torch.nn import functional

from .augmentation import Augmentation, augment, numbers_for
from .averaging import Average, copy, measure_statistics
from .classification import accuracy, macro_f1
from .losses import ClassificationLoss, plain_loss
from .networks import Classifier
from .optimizer import set_rates
from .torch_device import Device
from .torch_processes import Processes
from .training_state import Epoch, State
from .watch import Watch

INFERENCE_BATCH = 256
# Pictures that the statistics of batch normalisation are measured on.
STATISTICS = 4096
# Side of the pictures of the first epochs, as a share of the full one: about half of the work.
LOW = 0.75
CHECKPOINT_EVERY_S = 60.0


@dataclass(frozen=True)
class Recipe:
    """How a network is trained."""

    epochs: int
    low_epochs: int
    """The first epochs, which see the pictures at three quarters of their size."""
    frozen_epochs: int
    """The first epochs, in which only the last layer learns."""
    batch_size: int
    """Pictures of one step, on all processes together."""
    warmup: float
    averaging: float
    clip: float
    label_smoothing: float
    augmentation: Augmentation
    seed: int
    unused_weights: bool = False
    """Whether the network may have some that no answer depends on, as pretrained ones have."""

    def steps(self, pictures: int) -> int:
        """Of an epoch. What fills no step any more waits for the next epoch's order."""
        return max(1, pictures // self.batch_size)


@dataclass(frozen=True)
class Part:
    """Pictures and their classes."""

    pixels: Tensor
    """Of 8 bits, (n, size, size, 3)."""
    labels: Tensor
    """(n,)."""

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> Part:
        """The same on another device."""
        return Part(self.pixels.to(device), self.labels.to(device))


def train(
    model: Classifier,
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
    parts: tuple[Part, Part],
    weights: Tensor,
    *,
    device: Device,
    processes: Processes,
    checkpoints: Path,
    resume: bool,
    watch: Watch,
    on_epoch: Callable[[Epoch], None],
) -> tuple[list[Epoch], bool]:
    """Train `model` in place; it ends on the CPU, with the averaged weights, ready to be asked.

    parts: what to train on and what to measure each epoch on. weights: of the classes. checkpoints:
    a folder. on_epoch: may raise, to give up. Returns the curve, and whether an earlier run was
    taken up.
    """
    accelerator = _accelerator(device, recipe)
    _move(model, accelerator.device, torch.channels_last)
    pictures, validation = (part.to(accelerator.device) for part in parts)
    criterion = ClassificationLoss(weights, recipe.label_smoothing).to(accelerator.device)
    state = State(
        model, accelerator.prepare(optimizer), Average(model, recipe.averaging), accelerator
    )
    resumed = resume and state.load(checkpoints, processes)
    progress = state.progress
    steps = recipe.steps(len(pictures))
    watch.skip(progress.epoch * steps + progress.step)
    saved, learner = time.perf_counter(), None

    for epoch in range(progress.epoch, recipe.epochs):
        if learner is None or epoch == recipe.frozen_epochs:
            learner = _learner(accelerator, model, frozen=epoch < recipe.frozen_epochs)
        learner.train()
        order = _order(recipe.seed, epoch, len(pictures)).to(accelerator.device)
        total = torch.tensor(progress.loss, device=accelerator.device)
        for step in range(progress.step, steps):
            began = time.perf_counter()
            numbers = numbers_for(recipe.seed, epoch, step)
            torch.manual_seed(int(numbers.integers(2**62)) + processes.rank)  # for dropout
            done = epoch * steps + step
            rate = set_rates(state.optimizer, done, steps * recipe.epochs, recipe.warmup)

            rows = order[step * recipe.batch_size : (step + 1) * recipe.batch_size]
            targets = functional.one_hot(pictures.labels[rows], len(weights)).float()
            batch, targets = augment(
                pictures.pixels[rows], targets, recipe.augmentation, numbers, model.mean
            )
            mine = slice(processes.rank, None, processes.count)
            batch, targets = batch[mine], targets[mine]
            if epoch < recipe.low_epochs:
                batch = smaller(batch)

            logits = learner(batch)
            accelerator.backward(criterion(logits, targets))
            accelerator.clip_grad_norm_(model.parameters(), recipe.clip)
            state.optimizer.step()
            state.optimizer.zero_grad()
            state.average.update(model, done)

            loss = plain_loss(logits, targets)
            total += loss
            watch.step(len(rows), began, epoch + 1, loss, rate)
            long_ago = time.perf_counter() - saved > CHECKPOINT_EVERY_S
            if processes.first and long_ago and step + 1 < steps:
                progress.step, progress.loss = step + 1, float(total)
                state.save(checkpoints)
                saved = time.perf_counter()
        with state.average.inside(model):
            measure_statistics(model, _spread(pictures))
            found = _measured(model, validation, accelerator, processes)
        mean = float(accelerator.reduce(total, "mean")) / steps
        point = {"epoch": epoch + 1, "train_loss": mean, **found, "learning_rate": rate}
        on_epoch(point)
        progress.curve.append(point)
        progress.epoch, progress.step, progress.loss = epoch + 1, 0, 0.0
        if processes.first:
            state.save(checkpoints)
            saved = time.perf_counter()

    # Without Accelerate's casts: the final statistics are measured in full precision.
    accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    copy(state.average.values, model)
    measure_statistics(model, _spread(pictures))
    _move(model, torch.device("cpu"), torch.contiguous_format)
    model.requires_grad_(True)
    return progress.curve, resumed


def smaller(pixels: Tensor) -> Tensor:
    """Pictures at three quarters of their size: (n, size, size, 3) to floats of the same form."""
    size = round(LOW * pixels.shape[1])
    images = pixels.permute(0, 3, 1, 2).float()
    found = functional.interpolate(images, (size, size), mode="bilinear", antialias=True)
    return found.permute(0, 2, 3, 1)


@torch.inference_mode()
def answers(model: Classifier, pixels: Tensor) -> Tensor:
    """The model's logits of pictures, (n, classes), in 32 bits, where the model is."""
    batches = pixels.split(INFERENCE_BATCH)
    return torch.cat([model(batch.to(model.mean.device)).float() for batch in batches])


def _accelerator(device: Device, recipe: Recipe) -> Accelerator:
    # Accelerate remembers the precision of the process's first training; each has its own here.
    AcceleratorState._reset_state(reset_partial_state=True)
    precision = "no" if device.precision == "none" else device.precision
    # To look for weights without a gradient takes time in each step, and warns where all have one.
    shared = DistributedDataParallelKwargs(find_unused_parameters=recipe.unused_weights)
    return Accelerator(
        mixed_precision=precision, cpu=device.kind == "cpu", kwargs_handlers=[shared]
    )


def _move(model: Classifier, device: torch.device, form: torch.memory_format) -> None:
    """Move a model in place; form: how its convolutions' weights lie in memory."""
    model.to(device)
    for each in model.parameters():
        if each.ndim == 4:
            each.data = each.data.contiguous(memory_format=form)


def _learner(accelerator: Accelerator, model: Classifier, *, frozen: bool) -> nn.Module:
    """The model as it is trained: in mixed precision, its gradients the same on all processes."""
    accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    model.body.requires_grad_(not frozen)
    learner: nn.Module = accelerator.prepare(model)
    return learner


def _order(seed: int, epoch: int, pictures: int) -> Tensor:
    """The order of the pictures in an epoch, the same on every process."""
    return torch.from_numpy(np.random.default_rng((seed, epoch)).permutation(pictures))


def _spread(pictures: Part) -> Iterator[Tensor]:
    """Batches of pictures from all over the set, for the statistics of batch normalisation."""
    rows = torch.linspace(0, len(pictures) - 1, min(len(pictures), STATISTICS))
    some = pictures.pixels[rows.round().long().to(pictures.pixels.device)]
    return iter(some.split(INFERENCE_BATCH))


def _measured(
    model: Classifier, part: Part, accelerator: Accelerator, processes: Processes
) -> Epoch:
    """The figures of an epoch; each process asks about its share of the pictures."""
    share = -(-len(part) // processes.count)
    rows = torch.arange(share * processes.count, device=part.labels.device) % len(part)
    mine = rows[processes.rank * share : (processes.rank + 1) * share]
    logits = accelerator.gather(answers(model, part.pixels[mine]))[: len(part)].cpu()
    labels = part.labels.cpu()
    target, predicted = labels.numpy(), logits.argmax(dim=1).numpy()
    return {
        "validation_loss": float(functional.cross_entropy(logits, labels)),
        "macro_f1": macro_f1(target, predicted, logits.shape[1]),
        "accuracy": accuracy(target, predicted),
    }
