"""The figures of the exploration. Each title says what there is to see, from the texts at hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from .eda_bars import shown
from .eda_boxes import class_boxes
from .eda_phrases import percent
from .eda_statistics import Corpus, Vocabulary
from .html_page import shorten
from .plotting import BLUE, GREY, ORANGE, RED, new_figure, set_title, style
from .telling_words import TellingWord

WIDE = 8.5  # inches
PANELS = 6  # classes whose words are drawn; the page's table has those of all
SURE = 5.0  # standard deviations: among tens of thousands of words, chance alone gives four


def length_figure(
    corpus: Corpus, lengths: dict[str, npt.NDArray[np.int64]], limit: int | None
) -> Figure:
    """Words per class, and how many texts a maximum length would cut.

    lengths: what is counted, such as tokens, to the number of them in each text. limit: the most
    tokens that the model reads, drawn if it is known.
    """
    names = corpus.by_frequency()
    groups = [corpus.table.loc[corpus.table["class"] == name, "words"].to_numpy() for name in names]
    with style():
        figure = new_figure(WIDE, max(3.6, 1.4 + 0.27 * len(names)))
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1.0))
        class_boxes(left, names, groups, "words (box: middle half; whiskers: 5 % to 95 %)")
        left.set_xlim(0, None)
        for (name, values), color in zip(lengths.items(), (BLUE, ORANGE), strict=False):
            ordered = np.sort(values)
            longer = 1.0 - np.arange(1, len(ordered) + 1) / len(ordered)
            right.step(ordered, longer, where="post", color=color, label=name, lw=1.8)
        if limit:
            right.axvline(limit, color=RED, lw=1, ls="--", label=f"read: {limit} tokens")
        right.set(xlabel="more words or tokens than this", ylabel="share of the texts", ylim=(0, 1))
        right.set_xscale("log", base=2)
        right.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        right.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        # Where no text is longer than a few words: the curves begin at the top there.
        right.legend(loc="lower left", labelcolor=GREY)
        set_title(figure, _length_title(corpus, names))
    return figure


def _length_title(corpus: Corpus, names: Sequence[str]) -> str:
    medians = corpus.table.groupby("class", observed=True)["words"].median()
    low, high = str(medians.idxmin()), str(medians.idxmax())
    if medians[high] <= 1.15 * max(1.0, medians[low]):
        middle = corpus.table["words"].median()
        return f"Texts of every class are about as long: {middle:.0f} words in the middle"
    return (
        f"{shorten(high)} texts are longest: {medians[high]:.0f} words in the middle against "
        f"{medians[low]:.0f} of {shorten(low)}"
    )


def words_figure(names: Sequence[str], told: Sequence[Sequence[TellingWord]]) -> Figure:
    """The most telling words of each class, the classes side by side."""
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    longest, farthest = max(map(len, told)), max(each.z for found in told for each in found)
    with style():
        figure = new_figure(WIDE, rows * (0.9 + 0.21 * longest) + 0.4)
        axes = np.ravel(figure.subplots(rows, columns, squeeze=False))
        for axis, name, found in zip(axes, names, told, strict=False):
            places = np.arange(len(found))
            axis.barh(places, [each.z for each in found], color=BLUE)
            axis.set_yticks(places, [shown(each.word) for each in found])
            axis.set(ylim=(longest - 0.4, -0.6), xlim=(0, 1.05 * farthest))
            axis.set_title(shown(name))
            axis.set_xlabel("z of its log-odds")
            axis.grid(visible=False, axis="y")
        for axis in axes[len(names) :]:
            axis.remove()
        set_title(figure, _words_title(names, told))
    return figure


def _words_title(names: Sequence[str], told: Sequence[Sequence[TellingWord]]) -> str:
    name, best = max(
        ((name, each) for name, found in zip(names, told, strict=True) for each in found),
        key=lambda pair: pair[1].z,
    )
    if best.z < SURE:
        return "No word tells a class with more than chance could give"
    return (
        f"\u201c{best.word}\u201d tells most: in {percent(best.own)} of the {shorten(name)} texts "
        f"and {percent(best.others)} of the others"
    )


def signs_figure(shares: pd.DataFrame, titles: Sequence[str], finding: str) -> Figure:
    """Share of each class's texts that have each sign, shape (classes, signs)."""
    values = shares.to_numpy()
    with style():
        figure = new_figure(WIDE, 2.0 + 0.3 * len(shares))
        axis = figure.subplots()
        image = axis.imshow(
            values, cmap="Blues", vmin=0.0, vmax=max(0.01, values.max()), aspect="auto"
        )
        axis.grid(visible=False)
        axis.set_xticks(range(len(titles)), titles, rotation=25, ha="right", rotation_mode="anchor")
        axis.set_yticks(range(len(shares)), [shown(str(name)) for name in shares.index])
        for (row, column), share in np.ndenumerate(values):
            colour = "white" if share > 0.6 * values.max() else "#111827"
            axis.text(column, row, percent(share), ha="center", va="center", color=colour, size=8)
        figure.colorbar(image, ax=axis, label="share of the texts").ax.yaxis.set_major_formatter(
            PercentFormatter(1.0, decimals=0)
        )
        set_title(figure, finding)
    return figure


def vocabulary_figure(found: Vocabulary) -> Figure:
    """Distinct words over the words read."""
    with style():
        figure = new_figure(WIDE, 3.8)
        axis = figure.subplots()
        axis.plot(found.read, found.distinct, color=BLUE, marker="o", ms=3, label="these texts")
        law = found.scale * found.read**found.exponent
        axis.plot(
            found.read,
            law,
            color=ORANGE,
            ls="--",
            label=f"Heaps' law, exponent {found.exponent:.2f}",
        )
        for scale in (axis.xaxis, axis.yaxis):
            scale.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axis.set(xlabel="words read", ylabel="distinct words among them", xlim=(0, None))
        axis.set_ylim(0, None)
        axis.legend(loc="lower right")
        set_title(
            figure,
            f"{percent(found.unseen)} of the words of the last tenth of the texts are new, "
            f"after {found.read[-1] * 9 // 10:,} words",
        )
    return figure
