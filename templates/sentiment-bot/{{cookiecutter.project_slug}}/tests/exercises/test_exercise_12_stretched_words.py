"""Exercise 12: `drift` watches one more sign: words that are stretched, as in "sooo goood"."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import small_params

from {{ cookiecutter.package_name }} import drift, reference
from {{ cookiecutter.package_name }}.data import load_train
from {{ cookiecutter.package_name }}.prediction_log import Record
from {{ cookiecutter.package_name }}.reference import Reference
from {{ cookiecutter.package_name }}.sections import DriftParams
from {{ cookiecutter.package_name }}.text_features import features

NAME = "stretched"
COLUMN = "has a stretched word"
# No classifier is as good, so none is asked why.
SETTINGS = DriftParams(min_auc=1.0)


def stretched(text: str) -> int:
    found = getattr(features(text), NAME, None)
    assert isinstance(found, int), (
        "TextFeatures has no count `stretched` yet. Add it in text_features.py: to the class, and "
        "to `features`."
    )
    return found


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("sooo goood", 2),
        ("SOOO good", 1),
        ("Nooooo!", 1),
        ("süüüß", 1),
        ("so good, hmm, a book", 0),
        ("1000 times!!!", 0),
        ("wait... :)))", 0),
        ("read https://example.com/aaab and ask @annna", 0),
    ],
)
def test_words_with_a_letter_three_times_in_a_row_are_counted(text: str, count: int) -> None:
    found = stretched(text)
    assert found == count, f"{text!r}: {found} stretched words, not {count}"


def watched() -> Reference:
    """What `train` has kept beside the model in the current folder."""
    stretched("sooo")
    return reference.read(Path("models"))


def verdicts(texts: list[str]) -> dict[str, bool]:
    """Feature -> whether it has drifted, once these texts have been asked for."""
    # Of another version, whose answers are not compared.
    records = [
        Record(
            at=datetime(2026, 1, 1, tzinfo=UTC),
            request_id=f"request-{number}",
            version="another",
            inputs={"text": text},
            output={},
        )
        for number, text in enumerate(texts)
    ]
    _, columns, _ = drift.compare(watched(), records, SETTINGS, seed=0)
    return {column.name: column.drifted for column in columns}


def test_the_reference_beside_the_model_has_it(project: Path) -> None:
    names = sorted(watched().sample.frame.columns)
    assert COLUMN in names, f"the reference has {names}. What stands in SIGNS is watched."


def test_stretched_words_in_every_text_are_drift(project: Path) -> None:
    found = verdicts([f"{text} sooo" for text in load_train(small_params()).texts])
    assert found.get(COLUMN), f"every text has a stretched word, and nothing says so: {found}"


def test_the_training_texts_themselves_are_none(project: Path) -> None:
    found = verdicts(load_train(small_params()).texts)
    drifted = [name for name, moved in found.items() if moved]
    assert drifted == [], f"the training texts are said to have drifted: {drifted}"
