"""Test what must and must not change the served model's answer: `evaluate --behaviour`.

The sentences are those of behaviour_tests.py; the real texts are validation texts, whose labels are
not looked at. The held-out texts stay closed.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from . import tracking
from .api.predictor import Predictor
from .artifacts import write_json
from .behaviour_tests import TOLERANCE, Answer, BehaviourTest, Case, behaviour_tests
from .chat.moods import moods_of
from .chat.rules import MOODS, Mood
from .chat.rules import load as load_rules
from .config import Params
from .data import load_validation
from .error_list import LETTERS, SHOWN
from .errors import UserError
from .html_page import shorten
from .metrics_file import METRICS, MODELS, read_again, read_metrics
from .progress import CONSOLE
from .report import PROJECT
from .report_behaviour import by_reason
from .training_rows import chosen_rows

DIALOG = Path("dialog.yaml")  # may say which class is which mood
EXAMPLES = 3  # failures of a test in reports/metrics.json
TOLD = 5  # tests of which a failing text is shown, those that fail most


@dataclass(frozen=True)
class Behaviour:
    """What the tests found: the sections of reports/metrics.json."""

    metrics: dict[str, Any]


def run(params: Params) -> Behaviour:
    """Run every test on the model in models/; writes `behaviour` in reports/metrics.json.

    A failing test is a finding, not an error. Raises UserError if there is no model, or if the
    data are not those that it was trained on, or if dialog.yaml, which may name moods, is damaged.
    """
    predictor = Predictor.load(MODELS)
    manifest = predictor.manifest
    read_metrics(manifest)  # before the long part: is there a file to add to?
    name = f"behaviour {manifest.name}"
    with tracking.start_run(params.tracking, PROJECT, name, {"step": "behaviour"}) as run_:
        validation = chosen_rows(manifest, MODELS, load_validation(params))
        texts = drawn(validation.texts, params.evaluate.behaviour_texts, params.data.seed)
        tests = behaviour_tests(texts, params.data.seed)
        of_class, reason = _moods(predictor.classes)
        usable, left_out = _usable(tests, of_class, reason)
        with CONSOLE.status(f"Testing the behaviour of {manifest.name}"):
            answers = _answers(predictor, usable, of_class)
        found: dict[str, Any] = {
            "version": manifest.version,
            "tested": datetime.now(UTC).isoformat(timespec="seconds"),
            "seed": params.data.seed,
            "texts": len(texts),
            "tolerance": TOLERANCE,
            "tests": [_result(test, answers) for test in usable],
            "left_out": left_out,
        }
        metrics = {**read_again(manifest), "behaviour": found}
        write_json(METRICS, metrics)
        run_.log_params({"version": manifest.version})
        run_.log_metrics({f"behaviour/{each['name']}": each["rate"] for each in found["tests"]})
    return Behaviour(metrics)


def drawn(texts: Sequence[str], most: int, seed: int) -> list[str]:
    """At most so many of the texts, at random."""
    return random.Random(seed).sample(texts, min(most, len(texts)))


def _moods(classes: Sequence[str]) -> tuple[Mapping[str, Mood], str]:
    """The mood of each class; or none, and why. Raises UserError if dialog.yaml is damaged."""
    if not DIALOG.is_file():
        return {}, f"there is no {DIALOG} to say which class is which mood"
    rules = load_rules(DIALOG)
    try:
        return moods_of(rules, classes), ""
    except UserError as error:
        return {}, str(error).rstrip(".")


def _usable(
    tests: Sequence[BehaviourTest], of_class: Mapping[str, Mood], reason: str
) -> tuple[list[BehaviourTest], list[dict[str, str]]]:
    """The tests that these classes and texts allow, and the others with the reason."""
    usable, left_out = [], []
    for test in tests:
        absent = [mood for mood in test.expects.moods if mood not in of_class.values()]
        if absent:
            why = reason or f"no class is {absent[0]}"
        elif not test.cases:
            why = "no text can be changed so"
        else:
            usable.append(test)
            continue
        left_out.append({"name": test.name, "reason": why})
    return usable, left_out


def _answers(
    predictor: Predictor, tests: Sequence[BehaviourTest], of_class: Mapping[str, Mood]
) -> dict[str, Answer]:
    """The answer to each text of the tests; each text is asked once."""
    cases = [case for test in tests for case in test.cases]
    wanted = [text for case in cases for text in (case.before, case.text) if text is not None]
    texts = list(dict.fromkeys(wanted))
    answers = {}
    for text, shares in zip(texts, predictor.probabilities(texts), strict=True):
        place = int(shares.argmax())
        label = predictor.classes[place]
        by_mood = dict.fromkeys(MOODS, 0.0)
        for name, share in zip(predictor.classes, shares, strict=True):
            if name in of_class:
                by_mood[of_class[name]] += float(share)
        answers[text] = Answer(label, float(shares[place]), of_class.get(label), by_mood)
    return answers


def _result(test: BehaviourTest, answers: Mapping[str, Answer]) -> dict[str, Any]:
    """One test as reports/metrics.json holds it."""
    failed = [
        case
        for case in test.cases
        if not test.expects.holds(
            answers[case.before] if case.before is not None else None, answers[case.text]
        )
    ]
    return {
        "name": test.name,
        "kind": test.kind,
        "why": test.why,
        "expects": test.expects.words,
        "cases": len(test.cases),
        "failures": len(failed),
        "rate": len(failed) / len(test.cases),
        "examples": [_example(case, answers) for case in failed[:EXAMPLES]],
    }


def _example(case: Case, answers: Mapping[str, Answer]) -> dict[str, Any]:
    found = answers[case.text]
    example: dict[str, Any] = {
        "text": shorten(SHOWN.clean(case.text), LETTERS),
        "label": found.label,
        "confidence": found.confidence,
    }
    if case.before is not None:
        before = answers[case.before]
        example |= {
            "before": shorten(SHOWN.clean(case.before), LETTERS),
            "label_before": before.label,
            "confidence_before": before.confidence,
        }
    return example


def show(result: Behaviour, console: Console) -> None:
    """Print the failure rate of each test, with a failing text."""
    found = result.metrics["behaviour"]
    name = result.metrics["data"]["name"]
    console.print(
        f"{name}: behaviour of {result.metrics['model']}, with {found['texts']:,} validation texts",
        highlight=False,
        markup=False,
    )
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("test", no_wrap=True)
    table.add_column("the answer", no_wrap=True)
    for heading in ("cases", "failed"):
        table.add_column(heading, justify="right", no_wrap=True)
    kind = ""
    for each in found["tests"]:
        if each["kind"] != kind:
            kind = each["kind"]
            table.add_row(Text(kind, style="bold"), "", "", "")
        rate = f"{each['rate']:.1%}"
        table.add_row(f"  {each['name']}", each["expects"], f"{each['cases']:,}", rate)
    console.print(table)
    failing = sorted((each for each in found["tests"] if each["failures"]), key=_rate)
    for each in failing[: -TOLD - 1 : -1]:
        console.print(
            f"{each['name']}: {_told(each['examples'][0])}", highlight=False, markup=False
        )
    for reason, names in by_reason(found["left_out"]).items():
        console.print(f"Left out: {', '.join(names)} ({reason}).", highlight=False, markup=False)
    console.print(f"Wrote {METRICS}. A failure is a finding, not an error.", highlight=False)


def _rate(test: Mapping[str, Any]) -> float:
    return float(test["rate"])


def _told(example: Mapping[str, Any]) -> str:
    """A failing text with the answer; of a change, with the answer before it."""
    text = f"{shorten(example['text'], 60)}: {example['label']} {example['confidence']:.0%}"
    if "before" not in example:
        return text
    return f"{text}, before {example['label_before']} {example['confidence_before']:.0%}"
