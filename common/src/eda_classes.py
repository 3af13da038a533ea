"""How frequent the classes are: the counts, the chapter and the figure of any labelled data."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from .eda_bars import share_bars
from .eda_chapter import Chapter
from .eda_phrases import listed, percent
from .html_page import shorten
from .plotting import GREY, new_figure, set_title, style

FEW = 100  # of a class, below which its figures are rough
UNBALANCED = 1.5  # times as frequent as the rarest, from which it matters to training
MOST_BARS = 30  # classes that are drawn; of more, the two ends
WIDE = 8.5  # inches


class Labelled(Protocol):
    """Rows with a class each."""

    @property
    def labels(self) -> npt.NDArray[np.int64]: ...
    @property
    def classes(self) -> tuple[str, ...]: ...


def class_counts(data: Labelled) -> pd.Series[int]:
    """Training rows per class, the most frequent first."""
    counts = np.bincount(data.labels, minlength=len(data.classes))
    found = pd.Series(counts, index=list(data.classes))
    return found.sort_values(ascending=False, kind="stable")


def classes_chapter(counts: pd.Series[int], noun: str, unbalanced: str) -> Chapter:
    """Who always says the most frequent class is right how often, and which classes are rare.

    noun: what the rows are, in the plural. unbalanced: a sentence on what training does about
    classes that are not about as frequent as one another.
    """
    share = counts.iloc[0] / counts.sum()
    text = (
        f"Who always says {counts.index[0]!s} is right in {percent(share)} of the {noun}, and has "
        f"learned nothing: so models are ranked by macro-F1, the mean of the classes' F1, in which "
        f"a rare class counts as much as a frequent one. "
    )
    if counts.iloc[0] > UNBALANCED * counts.iloc[-1]:
        text += f"{unbalanced} "
    few = [f"{name} ({number})" for name, number in counts.items() if number < FEW]
    if few:
        text += (
            f"{listed(few)} {'has' if len(few) == 1 else 'have'} under {FEW} {noun}: what is "
            "measured there is rough. Label more of them before anything else."
        )
    question = (
        "Is a rare class rare in the world too, or only here? Which mistake would cost you most?"
    )
    return Chapter(
        "classes",
        "How frequent the classes are",
        question,
        text.strip(),
        lambda: classes_figure(counts, noun),
    )


def classes_figure(counts: pd.Series[int], noun: str) -> Figure:
    """Each class's share of the rows, the most frequent on top."""
    shares, part = counts / counts.sum(), ""
    if len(shares) > MOST_BARS:
        half = MOST_BARS // 2
        part = f"The {half} most frequent and the {half} rarest of {len(shares)} classes"
        shares = pd.concat([shares.iloc[:half], shares.iloc[-half:]])
    with style():
        figure = new_figure(WIDE, 1.2 + 0.3 * len(shares) + (0.25 if part else 0.0))
        names = [f"{shorten(str(name))} ({counts[name]:,})" for name in shares.index]
        axis = share_bars(figure, names, shares.tolist())
        axis.set(xlabel=f"share of the training {noun}", xlim=(0, shares.max() * 1.15))
        axis.axvline(
            1 / len(counts), color=GREY, lw=1, ls="--", zorder=0, label="if all were as frequent"
        )
        # Above the bars: where all are about as long, there is no room beside them.
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0, labelcolor=GREY)
        ratio = counts.iloc[0] / max(1, counts.iloc[-1])
        if ratio < 1.2:
            title = "The classes are about as frequent as one another"
        else:
            first, last = (shorten(str(counts.index[place])) for place in (0, -1))
            title = f"{first} is {ratio:.1f} times as frequent as {last}"
        set_title(figure, title, part)
    return figure
