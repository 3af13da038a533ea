"""What the documents say of moods: names, titles, and the blocks that only this project has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .report_behaviour import behaviour, dialog, explanation
from .report_classes import against, calibration, per_class
from .report_facts import COMMANDS, Block, Compared, Facts, Measure, Picture, Story
from .report_pages import DOCUMENTS, PAGE
from .report_training import data, export, temperature, tokens, training, tried
from .report_words import bullets, escape, percent

MODELS = {
    "majority": "always the most frequent class",
    "tfidf": "TF-IDF with logistic regression",
    "small": "a small transformer, trained from scratch",
    "pretrained": "the fine-tuned pretrained transformer",
}
# In this order they are shown; the first is what models are ranked by.
MEASURES = (
    Measure(
        "macro_f1",
        "Macro-F1",
        lower_is_better=False,
        digits=3,
        identifier="f1",
        relative=False,
    ),
    Measure("accuracy", "Accuracy", lower_is_better=False, share=True),
)
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
        rows="texts",
        task="text-classification",
        tools="Python, PyTorch, Transformers, ONNX Runtime, FastAPI, Redis, MLflow",
        plainly=plainly,
        failure=failure,
        pictures=PICTURES,
        blocks=BLOCKS,
        documents=DOCUMENTS,
        page=PAGE,
        compared=Compared(
            on_validation,
            section="validation",
            adjective="on the validation texts",
            folds=False,
            ladder=True,
        ),
        split=parts,
        commands={**COMMANDS, "behaviour": "evaluate --behaviour"},
        errors="surest mistakes",
        bias="confidence less accuracy",
    )


def plainly(facts: Facts) -> str:
    """The share of texts that are given their own class."""
    share = facts.need("held_out")["metrics"]["accuracy"]["value"]
    return f"Right on {percent(share)} of the texts"


def failure(facts: Facts, row: Mapping[str, Any]) -> str:
    """A sure mistake: what the text says, what it is, what the model made of it."""
    return (
        f"Line {row['line']} of the data, “{escape(row['text'])}”: true "
        f"**{escape(row['true'])}**, predicted **{escape(row['predicted'])}**, with a confidence "
        f"of {percent(row['confidence'])} ({percent(row['probability'])} for the true class)."
    )


def on_validation(found: Mapping[str, Any], place: str) -> str:
    """The note on models that were compared on the validation part. See `Compared`."""
    return (
        f"The models are compared on {found['rows']:,} validation texts (seed {found['seed']}), "
        "which also say when the training stops. A lift is in macro-F1, over the model in the line "
        f"above. Time is of the training ({place})."
    )


def parts(found: Mapping[str, Any]) -> str:
    """How many texts each part has. Takes the section `data`."""
    return (
        f"Split: {found['train_rows']:,} texts to train on, {found['validation_rows']:,} to choose "
        f"by, {found['test_rows']:,} held out (seed {found['seed']})"
    )


def demo(facts: Facts) -> str:
    """What to say with the numbers of this run, in two minutes."""
    found, measure = facts.need("held_out"), facts.measures[0]
    own = found["metrics"]
    scale = found["calibration"]
    lines = [
        f"\u201cOn {found['rows']:,} {facts.story.rows} that it had never seen, the model is right "
        f"on {percent(own['accuracy']['value'])}, and has a {escape(measure.title)} of "
        f"{measure.form(own[measure.name]['value'])}. "
        + " ".join(
            f"That is {measure.against(lift, facts.title(name))}."
            for name, lift in reversed(found["lift"].items())
        )
        + "\u201d",
        f"\u201cIts confidence is off by {percent(scale['ece_after'])} on average; before "
        f"temperature scaling it was {percent(scale['ece_before'])}.\u201d",
        f"Say what the data are: {facts.data}.",
    ]
    if found["worst"]:
        lines.insert(2, f"\u201cIts surest mistake: {failure(facts, found['worst'][0])}\u201d")
    return bullets(lines)


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
