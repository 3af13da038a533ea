"""Encoded texts as batches: which texts come together, in which order, and how they are padded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices

Ids = npt.NDArray[np.int64]
Item = tuple[Ids, int]


class Encoded(Dataset[Item]):
    """Token ids and class of each text."""

    def __init__(self, ids: Sequence[Ids], labels: npt.NDArray[np.int64]) -> None:
        self.ids = ids
        self.labels = labels

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, position: int) -> Item:
        return self.ids[position], int(self.labels[position])

    def by_length(self) -> Encoded:
        """The same texts, shortest first: to be measured on, where their order does not matter."""
        order = np.argsort([len(each) for each in self.ids], kind="stable")
        return Encoded([self.ids[position] for position in order], self.labels[order])


@dataclass(frozen=True)
class Padding:
    """Makes one batch of texts of several lengths.

    Padded to the longest of its own batch, or always to `length`: that is for comparison.
    """

    pad_id: int
    length: int | None = None

    def __call__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """Tensors input_ids and attention_mask, (n, longest), and labels, (n,)."""
        ids = [item[0] for item in items]
        batch = padded(ids, self.pad_id, self.length)
        labels = torch.tensor([item[1] for item in items], dtype=torch.long)
        return {**{name: torch.from_numpy(each) for name, each in batch.items()}, "labels": labels}


def padded(ids: Sequence[Ids], pad_id: int, length: int | None = None) -> dict[str, Ids]:
    """input_ids and attention_mask of texts, (n, longest) or (n, length)."""
    shape = (len(ids), length or max(len(each) for each in ids))
    tokens, mask = np.full(shape, pad_id, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for row, each in enumerate(ids):
        tokens[row, : len(each)] = each
        mask[row, : len(each)] = 1
    return {"input_ids": tokens, "attention_mask": mask}


class EpochOrder(Sampler[int]):
    """The order of the texts in each epoch: it follows from the seed and the epoch alone.

    So it is the same on every process, and in a run that goes on after a kill; the order that
    Transformers draws hangs on the random numbers that dropout has used up by then.
    """

    def __init__(
        self, lengths: Sequence[int], batch_size: int, seed: int, group_by_length: bool
    ) -> None:
        """batch_size: texts of one step on all processes together."""
        self._lengths = list(lengths)
        self._batch_size = batch_size
        self._seed = seed
        self._group = group_by_length
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._lengths)

    def set_epoch(self, epoch: int) -> None:
        """Called by the Trainer at the start of each epoch, from 0."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        if not self._group:
            return iter(torch.randperm(len(self), generator=generator).tolist())
        order = get_length_grouped_indices(self._lengths, self._batch_size, generator=generator)
        whole = len(order) // self._batch_size
        # Grouped, they come from long to short; the batches are shuffled, or the last texts that
        # the model sees in an epoch would always be short ones.
        places = torch.randperm(whole, generator=generator).tolist()
        batches = [order[n * self._batch_size : (n + 1) * self._batch_size] for n in places]
        rest = order[whole * self._batch_size :]
        return iter([position for batch in [*batches, rest] for position in batch])
