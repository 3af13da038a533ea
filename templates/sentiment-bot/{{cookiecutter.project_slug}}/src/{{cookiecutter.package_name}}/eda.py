"""Look at the training texts before modelling: figures in reports/figures, and reports/eda.html.

The held-out texts are not opened: what is seen here shapes the model, so it must not come from the
texts that the model is judged on. The story itself, which notebooks/01-eda.ipynb tells too, is in
eda_story.py.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from . import tokenization
from .artifacts import write_text
from .config import Params
from .data import TextData, load_train
from .eda_page import REPORT, drawn
from .eda_report import report
from .eda_statistics import Corpus
from .eda_story import Reading, chapters
from .errors import UserError
from .progress import CONSOLE


def explore(params: Params) -> Path:
    """Draw the figures and write the report. Returns the report's path."""
    data = load_train(params)
    with CONSOLE.status("Counting words and tokens"):
        corpus = Corpus.of(data)
        read = reading(params, data, corpus)
    write_text(REPORT, report(data, corpus, drawn(chapters(data, corpus, read))))
    return REPORT


def reading(params: Params, data: TextData, corpus: Corpus) -> Reading:
    """How the model that the settings name would read these texts.

    Without tokens if its tokenizer cannot be had: the texts can be looked at all the same.
    """
    from .fitting import read_texts  # with PyTorch, which takes seconds to load
    from .transformer import POSITIONS, longest_input, pretrained_config

    name = params.trained_model
    limit: int | None = POSITIONS
    texts = replace(data, texts=corpus.texts, labels=corpus.labels, lines=corpus.lines)
    try:
        tokenizer, cleaning, cleaned = read_texts(name, params, texts)
        if name == "pretrained":
            limit = longest_input(pretrained_config(params.model), tokenizer)
    except UserError:
        return Reading(tokenization.cleaning_for(params.clean, lower=False))
    tokens = np.array([len(ids) for ids in tokenization.encode(tokenizer, cleaned)], dtype=np.int64)
    lengths = tokenization.measure(tokenizer, cleaned, params.tokens, limit)
    return Reading(cleaning, tokens, lengths.max_length)
