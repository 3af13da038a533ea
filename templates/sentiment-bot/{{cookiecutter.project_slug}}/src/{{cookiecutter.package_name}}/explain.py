"""Which words drive the served model's answers: each is left out in turn, and the answer asked.

The texts are validation texts, which the model was not fitted on; the held-out ones stay closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .api.explanation import Explanation
from .api.explanation import explain as weigh
from .api.predictor import Predictor
from .artifacts import write_json, write_text
from .behaviour import drawn
from .config import Params
from .data import load_validation
from .explain_figures import words_figure
from .explain_page import as_page
from .metrics_file import METRICS, MODELS, read_again, read_metrics
from .plotting import save_figure
from .progress import steps
from .text_features import words
from .training_rows import chosen_rows

FIGURE, PAGE = Path("reports/figures/words.png"), Path("reports/explain.html")
LEAST = 3  # texts with a word: of fewer, its mean is that of one sentence
LIGHTEST = 0.01  # log-odds: a word that moves them by less does nothing
SHOWN = 3  # texts per class on the page


@dataclass(frozen=True)
class Explained:
    """What `explain` found: the sections of reports/metrics.json, and the files beside it."""

    metrics: dict[str, Any]
    files: tuple[Path, ...]


def explain(params: Params) -> Explained:
    """Weigh the words of validation texts; writes `explanation` in metrics.json, figure and page.

    Raises UserError if there is no model, or if the data are not those that it was trained on.
    """
    predictor = Predictor.load(MODELS)
    manifest = predictor.manifest
    read_metrics(manifest)  # before the long part: is there a file to add to?
    validation = chosen_rows(manifest, MODELS, load_validation(params))
    texts = drawn(validation.texts, params.explain.texts, params.data.seed)
    found = []
    with steps("Words", len(texts)) as bar:
        for text in texts:
            found.append(weigh(predictor, text))
            bar.advance("")
    section: dict[str, Any] = {
        "version": manifest.version,
        "explained": datetime.now(UTC).isoformat(timespec="seconds"),
        "texts": len(texts),
        "seed": params.data.seed,
        "least": LEAST,
        "classes": [_of_class(name, found, params.explain.top) for name in validation.classes],
    }
    metrics = {**read_again(manifest), "explanation": section}
    write_json(METRICS, metrics)
    save_figure(words_figure(section, validation.meta.name), FIGURE)
    pairs = list(zip(texts, found, strict=True))
    write_text(PAGE, as_page(pairs, validation, manifest.version, section["explained"], SHOWN))
    return Explained(metrics, (FIGURE, PAGE))


def _of_class(name: str, found: Sequence[Explanation], top: int) -> dict[str, Any]:
    """The words that speak most for a class, over the texts that the model gives it."""
    own = [each for each in found if each.prediction.label == name]
    weights: dict[str, list[float]] = defaultdict(list)
    for each in own:
        for word, weight in _by_word(each).items():
            weights[word].append(weight)
    frequent = {
        word: (sum(values) / len(values), len(values))
        for word, values in weights.items()
        if len(values) >= LEAST and sum(values) / len(values) >= LIGHTEST
    }
    ranked = sorted(frequent, key=lambda word: (-frequent[word][0], word))[:top]
    lines = [
        {"word": word, "weight": frequent[word][0], "texts": frequent[word][1]} for word in ranked
    ]
    return {"class": name, "texts": len(own), "words": lines}


def _by_word(each: Explanation) -> dict[str, float]:
    """The weight of each word of a text, in lower case; of one that it has twice, the mean."""
    found: dict[str, list[float]] = defaultdict(list)
    for part in each.words:
        for word in words(part.text):
            found[word].append(part.weight)
    return {word: sum(values) / len(values) for word, values in found.items()}


def show(result: Explained, console: Console) -> None:
    """Print the words that speak most for each class."""
    found = result.metrics["explanation"]
    console.print(
        f"{result.metrics['data']['name']}: the words of {found['texts']:,} validation texts, by "
        "how much the log-odds of the answer fall without them",
        highlight=False,
        markup=False,
    )
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("answer", no_wrap=True)
    table.add_column("texts", justify="right", no_wrap=True)
    table.add_column(f"words, each in {found['least']} of these texts or more")
    for each in found["classes"]:
        told = ", ".join(f"{line['word']} {line['weight']:+.2f}" for line in each["words"][:8])
        table.add_row(Text(each["class"]), f"{each['texts']:,}", Text(told or "none"))
    console.print(table)
    named = " and ".join(path.as_posix() for path in result.files)
    console.print(f"Wrote {METRICS}, {named}.", highlight=False)
