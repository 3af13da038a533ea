"""What the documents say of pictures: names, titles, and the blocks that only this project has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .classifier_story import MEASURES, demo, on_validation, parts, plainly
from .report_classes import against, calibration, per_class
from .report_facts import Block, Facts, Picture, Story
from .report_pages import DOCUMENTS, PAGE
from .report_pictures import answers, errors_picture, explanation, robustness, strangers
from .report_served import export, image, threshold, training
from .report_training import data, temperature, tried
from .report_words import escape, percent

ROWS = "pictures"
MOST_NAMED = 12  # classes in a line that stands alone
MODELS = {
    "majority": "always the most frequent class",
    "logistic": "logistic regression on the pixels",
    "cnn": "a small convolutional network",
    "resnet": "a residual network, trained from scratch",
    "pretrained": "the fine-tuned pretrained network",
}
PICTURES = {
    "eda-grid": Picture("eda", "Some training pictures of each class."),
    "training-curve": Picture(
        "train", "Loss and macro-F1 on the validation pictures, epoch by epoch."
    ),
    "held-out-confusion": Picture(
        "evaluate", "Held-out pictures of each true class by the class that they were given."
    ),
    "held-out-precision-recall": Picture(
        "evaluate", "Precision over recall for each class, on the held-out pictures."
    ),
    "held-out-calibration": Picture(
        "evaluate", "Accuracy over confidence, before and after temperature scaling."
    ),
    "held-out-slices": Picture(
        "evaluate", "Macro-F1 of each slice with its interval, against that of all pictures."
    ),
    "held-out-robustness": Picture(
        "evaluate", "Accuracy over the strength of noise, blur, lost contrast and JPEG."
    ),
    "held-out-answers": Picture(
        "evaluate", "The share of wrong answers among the surest ones, by how many are answered."
    ),
    "held-out-unfamiliar": Picture(
        "evaluate", "The energies of held-out pictures and of pictures of other kinds."
    ),
    "held-out-errors": Picture(
        "evaluate", "The mistakes that the model is surest of, each with what it said and what is."
    ),
    "grad-cam": Picture(
        "explain", "Pictures, and beside each where the model sees its answer in it."
    ),
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
        what=f"Telling what a picture shows ({_named(classes)}), and where",
        rows=ROWS,
        task="image-classification",
        tools="Python, PyTorch, Accelerate, ONNX Runtime, FastAPI, MLflow",
        plainly=plainly,
        failure=failure,
        pictures=PICTURES,
        blocks=BLOCKS,
        documents=DOCUMENTS,
        page=PAGE,
        compared=on_validation(
            ROWS, "which also set the temperature and the limits of “sure” and “familiar”"
        ),
        split=partial(parts, rows=ROWS),
        errors="surest mistakes",
        bias="confidence less accuracy",
    )


def failure(facts: Facts, row: Mapping[str, Any]) -> str:
    """A sure mistake: which picture, what it is, what the model made of it."""
    return (
        f"“{escape(row['name'])}”: true **{escape(row['true'])}**, predicted "
        f"**{escape(row['predicted'])}**, with a confidence of {percent(row['confidence'])} "
        f"({percent(row['probability'])} for the true class)."
    )


def _named(classes: list[str]) -> str:
    """The classes, or the first of many."""
    if len(classes) <= MOST_NAMED:
        return ", ".join(classes)
    return f"{', '.join(classes[: MOST_NAMED - 1])} and others"


BLOCKS = {
    "data": Block(data),
    "image": Block(image),
    "tried": Block(tried),
    "training": Block(training),
    "temperature": Block(temperature),
    "threshold": Block(threshold),
    "export": Block(export),
    "per-class": Block(per_class, ("held_out",)),
    "against": Block(against, ("held_out",)),
    "calibration": Block(calibration, ("held_out",)),
    "robustness": Block(robustness, ("held_out",)),
    "answers": Block(answers, ("held_out",)),
    "strangers": Block(strangers, ("held_out",)),
    "figure-held-out-errors": Block(errors_picture, ("held_out",)),
    "explanation": Block(explanation, ("explanation",)),
    "demo": Block(demo, ("held_out",)),
}
