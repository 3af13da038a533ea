"""A number by class: a lying box per class, as every exploration of labelled data draws it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from .eda_bars import shown
from .plotting import BLUE, RED


def class_boxes(
    axis: Axes, names: Sequence[str], groups: Sequence[npt.NDArray[Any]], label: str
) -> None:
    """The middle half of each group, and whiskers from 5 % to 95 %, the first on top.

    Call in `style()`.
    """
    axis.boxplot(
        [np.asarray(group) for group in groups],
        orientation="horizontal",
        tick_labels=[shown(name) for name in names],
        widths=0.65,
        whis=(5, 95),
        showfliers=False,
        patch_artist=True,
        boxprops={"facecolor": "#CFE3F2", "edgecolor": BLUE},
        medianprops={"color": RED, "linewidth": 2},
        whiskerprops={"color": BLUE},
        capprops={"color": BLUE},
    )
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    axis.set_xlabel(label)
