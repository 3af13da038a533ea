"""The exploration of pictures: what its page says beside the chapters of the story."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .eda_album import Album
from .eda_classes import class_counts
from .eda_page import Appendix, Section, opening, render
from .eda_phrases import percent
from .html_page import shorten, table


def report(album: Album, sections: Sequence[Section]) -> str:
    """The page. Everything that comes from the data is escaped."""
    meta, size = album.data.meta, album.preprocessing.size
    return render(
        sections,
        title="A look at the pictures",
        data=meta,
        note="",
        boxes=[
            ("Training pictures", f"{album.whole:,}"),
            ("Validation pictures", f"{meta.validation_rows:,}"),
            ("Classes", str(len(album.classes))),
            ("The model sees", f"{size} x {size}"),
            ("Not readable", f"{meta.unreadable:,}"),
        ],
        opening=opening(meta.test_rows, "pictures"),
        appendix=Appendix("every-class", "Every class", _classes(album)),
    )


def _classes(album: Album) -> str:
    counts = class_counts(album.data)
    medians = album.table.groupby("class", observed=False)[
        ["width", "height", "brightness", "contrast", "bytes"]
    ].median()
    rows = []
    for name in counts.index:
        own = medians.loc[name]
        size = "" if np.isnan(own["width"]) else f"{own['width']:.0f} x {own['height']:.0f}"
        rows.append(
            (
                shorten(str(name), 40),
                f"{counts[name]:,}",
                percent(float(counts[name] / counts.sum())),
                size,
                *("" if not size else text for text in _numbers(own)),
            )
        )
    header = ("Class", "Pictures", "Share", "Width x height", "Brightness", "Contrast", "Bytes")
    return (
        "<p>The most frequent first; sizes, light, contrast and bytes are medians.</p>\n"
        f"{table(header, rows, right={1, 2, 3, 4, 5, 6})}"
    )


def _numbers(own: pd.Series[float]) -> tuple[str, str, str]:
    return f"{own['brightness']:.2f}", f"{own['contrast']:.2f}", f"{own['bytes']:,.0f}"
