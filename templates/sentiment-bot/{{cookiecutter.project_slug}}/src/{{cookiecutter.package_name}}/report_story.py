"""What the documents say of moods: names, titles, and the blocks that only this project has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .classifier_story import MEASURES, demo, on_validation, parts, plainly
from .report_behaviour import behaviour, dialog, explanation
from .report_classes import against, calibration, per_class
from .report_facts import COMMANDS, Block, Facts, Picture, Story
from .report_pages import DOCUMENTS, PAGE
from .report_served import export, tokens, training
from .report_training import data, temperature, tried
from .report_words import escape, percent

ROWS = "texts"
MODELS = {
    "majority": "always the most frequent class",
    "tfidf": "TF-IDF with logistic regression",
    "small": "a small transformer, trained from scratch",
    "pretrained": "the fine-tuned pretrained transformer",
}
PICTURES = {
    "eda-words": Picture("eda", "For each class the words that tell it from the others."),
    "training-curve": Picture(
        "train", "Loss and macro-F1 on the validation texts, epoch by epoch."
    ),
    "held-out-confusion": Picture(
        "evaluate", "Held-out texts of each true class by the class that they were given."
    ),
    "held-out-precision-recall": Picture(
        "evaluate", "Precision over recall for each class, on the held-out texts."
    ),
    "held-out-calibration": Picture(
        "evaluate", "Accuracy over confidence, before and after temperature scaling."
    ),
    "held-out-slices": Picture(
        "evaluate", "Macro-F1 of each slice with its interval, against that of all texts."
    ),
    "words": Picture("explain", "For each class the words on which the model's answers rest most."),
    "ablation": Picture(
        "ablate",
        "What leaving each ingredient out takes off macro-F1, with its interval, largest first.",
    ),
}


def story(metrics: Mapping[str, Any]) -> Story:
    """The story of a run. metrics: reports/metrics.json."""
    classes = metrics["data"]["classes"]
    return Story(
        measures=MEASURES,
        models=MODELS,
        what=f"Telling the mood of a text ({', '.join(classes)}), and answering it",
        rows=ROWS,
        task="text-classification",
        tools="Python, PyTorch, Transformers, ONNX Runtime, FastAPI, Redis, MLflow",
        plainly=plainly,
        failure=failure,
        pictures=PICTURES,
        blocks=BLOCKS,
        documents=DOCUMENTS,
        page=PAGE,
        compared=on_validation(ROWS),
        split=partial(parts, rows=ROWS),
        commands={**COMMANDS, "behaviour": "evaluate --behaviour"},
        errors="surest mistakes",
        bias="confidence less accuracy",
    )


def failure(facts: Facts, row: Mapping[str, Any]) -> str:
    """A sure mistake: what the text says, what it is, what the model made of it."""
    return (
        f"Line {row['line']} of the data, “{escape(row['text'])}”: true "
        f"**{escape(row['true'])}**, predicted **{escape(row['predicted'])}**, with a confidence "
        f"of {percent(row['confidence'])} ({percent(row['probability'])} for the true class)."
    )


BLOCKS = {
    "data": Block(data),
    "tokens": Block(tokens),
    "tried": Block(tried),
    "training": Block(training),
    "temperature": Block(temperature),
    "export": Block(export),
    "per-class": Block(per_class, ("held_out",)),
    "against": Block(against, ("held_out",)),
    "calibration": Block(calibration, ("held_out",)),
    "behaviour": Block(behaviour, ("behaviour",)),
    "explanation": Block(explanation, ("explanation",)),
    "dialog": Block(dialog),
    "demo": Block(demo, ("held_out",)),
}
