"""Training on several processes that `torchrun` has started; one alone is the usual case.

Each process trains on its share of every batch. The first one does all the rest: it downloads,
prepares, writes and prints, while the others wait.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist

from .errors import UserError


@dataclass(frozen=True)
class Processes:
    """How many train together, and which of them this one is."""

    rank: int
    """0 for the first."""
    count: int

    @property
    def first(self) -> bool:
        """Whether this process writes and prints."""
        return self.rank == 0

    def wait(self) -> None:
        """Go on once every process has come here."""
        if self.count > 1:
            dist.barrier()

    @contextmanager
    def first_before_others(self) -> Iterator[None]:
        """The first process runs the block alone, then the others: they find what it has written.

        If the first one fails, torchrun ends the others.
        """
        if not self.first:
            self.wait()
        yield
        if self.first:
            self.wait()


ALONE = Processes(rank=0, count=1)


@contextmanager
def joined() -> Iterator[Processes]:
    """This process among those of its `torchrun`; by itself where there is none.

    Raises UserError if there are more of them than GPUs, on a machine that has one.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield ALONE
        return
    gpu = torch.cuda.is_available()
    if gpu:
        here, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", count)), torch.cuda.device_count()
        if here > gpus:
            raise UserError(
                f"torchrun has started {here} processes on a machine with {gpus} GPUs, and each "
                f"needs one of its own. Start it with --nproc-per-node={gpus}."
            )
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group("nccl" if gpu else "gloo")
    try:
        yield Processes(rank=dist.get_rank(), count=count)
    finally:
        dist.destroy_process_group()
