"""What a training shows while it runs, and how fast it was."""

from __future__ import annotations

import time

from torch import Tensor

from .progress import Steps

SHOWN_EVERY_S = 0.5


class Watch:
    """Moves the bar on, and measures the speed of what is trained now."""

    def __init__(self, bar: Steps | None = None) -> None:
        self.seconds = 0.0
        """Of the steps, without the measuring on validation pictures."""
        self.pictures = 0
        self._bar = bar
        self._shown = 0.0
        self._text = ""

    @property
    def pictures_per_second(self) -> float | None:
        """On all processes together; None if nothing was left to train."""
        return self.pictures / self.seconds if self.seconds else None

    def skip(self, steps: int) -> None:
        """Steps that a run before this one took."""
        for _ in range(steps if self._bar is not None else 0):
            self._advance()

    def step(self, pictures: int, began: float, epoch: int, loss: Tensor, rate: float) -> None:
        """A step that began at this time of `time.perf_counter` is done."""
        now = time.perf_counter()
        self.seconds += now - began
        self.pictures += pictures
        if now - self._shown > SHOWN_EVERY_S:
            # Asking a GPU for a number makes it wait, so not at each step.
            self._text = (
                f"epoch {epoch}, loss {float(loss):.3f}, rate {rate:.2g}, "
                f"{self.pictures / self.seconds:,.0f} pictures/s"
            )
            self._shown = now
        self._advance()

    def _advance(self) -> None:
        if self._bar is not None:
            self._bar.advance(self._text)
