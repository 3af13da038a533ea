"""Champion against challenger: on texts that neither has seen, by macro-F1, or a reason why not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bag_of_words import MOODS, write_model

from {{ cookiecutter.package_name }} import contest as step
from {{ cookiecutter.package_name }} import data, training_rows
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.artifacts import read_manifest
from {{ cookiecutter.package_name }}.classification import macro_f1
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import TextData
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.promotion import Comparison

OLD, NEW = Path("old"), Path("new")
WEAK = {"negative": ("hate",), "positive": ("love",)}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings(**values: Any) -> Params:
    return Params.model_validate({"data": {"sample_rows": 300, **values}, "evaluate": FEW})


FEW = {"bootstrap": 200}


def parts(params: Params) -> tuple[TextData, TextData]:
    return data.load_train(params), data.load_validation(params)


def only(found: TextData, rows: Any) -> TextData:
    """Some of the texts."""
    kept = np.arange(len(found.texts))[rows]
    texts = [found.texts[row] for row in kept]
    return replace(found, texts=texts, labels=found.labels[kept], lines=found.lines[kept])


def test_the_better_model_is_told_by_macro_f1_on_the_same_texts() -> None:
    params = settings()
    train, validation = parts(params)
    write_model(OLD, train, validation, moods=WEAK)
    write_model(NEW, train, validation)
    found = step.contest(params, OLD, NEW)
    assert isinstance(found, Comparison)
    test = data.load_test(params)
    expected = [
        macro_f1(test.labels, Predictor.load(folder).logits(test.texts).argmax(axis=1), 3)
        for folder in (OLD, NEW)
    ]
    assert [found.champion, found.challenger] == pytest.approx(expected)
    assert found.higher_is_better
    assert found.better
    assert (found.rows, found.left_out) == (len(test.texts), 0)
    back = step.contest(params, NEW, OLD)
    assert isinstance(back, Comparison)
    assert back.worse


def test_texts_that_either_has_seen_are_left_out() -> None:
    params = settings()
    train, validation = parts(params)
    test = data.load_test(params)
    # The champion was trained on some of them, the challenger was chosen by others.
    both = replace(train, texts=[*train.texts, *test.texts[:5]])
    write_model(OLD, both, validation)
    chosen = replace(only(test, slice(3, 9)), meta=validation.meta)
    write_model(NEW, train, chosen)
    found = step.contest(params, OLD, NEW)
    assert isinstance(found, Comparison)
    assert found.left_out == 9
    assert found.rows == len(test.texts) - 9


def test_the_order_of_the_classes_does_not_matter() -> None:
    params = settings()
    train, validation = parts(params)
    write_model(OLD, train, validation)
    write_model(NEW, train, replace(validation, classes=train.classes[::-1]), train.classes[::-1])
    found = step.contest(params, OLD, NEW)
    assert isinstance(found, Comparison)
    assert found.challenger == pytest.approx(found.champion, abs=0.02)


def test_other_classes_cannot_be_compared_and_the_reason_names_them() -> None:
    params = settings()
    train, validation = parts(params)
    moods = {"calm": ("calm",), **MOODS}
    write_model(OLD, train, validation)
    classes = (*train.classes, "calm")
    write_model(NEW, train, replace(validation, classes=classes), classes, moods)
    found = step.contest(params, OLD, NEW)
    assert found == "the champion has other classes than the new model (it does not know calm)"
    found = step.contest(params, NEW, OLD)
    assert found == "the champion has other classes than the new model (it alone knows calm)"


def test_too_few_new_texts_and_none_held_out_are_reasons() -> None:
    params = settings()
    train, validation = parts(params)
    test = data.load_test(params)
    write_model(OLD, replace(train, texts=[*train.texts, *test.texts[2:]]), validation)
    write_model(NEW, train, validation)
    found = step.contest(params, OLD, NEW)
    assert f"only 2 of {len(test.texts)} held-out texts are new to both models" in str(found)
    params = settings(test_size=0.0)
    data.prepare(params)
    assert "data.test_size is 0" in str(step.contest(params, OLD, NEW))


def test_a_damaged_champion_is_a_reason_and_no_traceback() -> None:
    params = settings()
    train, validation = parts(params)
    write_model(OLD, train, validation)
    write_model(NEW, train, validation)
    (OLD / "model.onnx").write_bytes(b"no graph")
    found = step.contest(params, OLD, NEW)
    assert isinstance(found, str)
    assert found.startswith("the champion cannot be measured on these texts (old/model.onnx: its")


# --- which texts a model has seen -----------------------------------------------------------------


def test_a_text_is_known_again_by_what_a_reader_sees() -> None:
    params = settings()
    train, validation = parts(params)
    write_model(OLD, train, validation)
    texts = [
        train.texts[0].upper() + " ",
        validation.texts[0] + "!",
        "a text that nobody has written before",
    ]
    asked = replace(only(train, slice(3)), texts=texts)
    assert training_rows.seen(asked, OLD).tolist() == [True, True, False]


def test_more_texts_than_the_model_was_trained_on_are_parted_from_its_own() -> None:
    params = settings()
    train, validation = parts(params)
    write_model(OLD, only(train, slice(0, 150)), only(validation, slice(0, 15)))
    manifest = read_manifest(OLD)
    older = manifest.model_copy(
        update={"data": {**manifest.data, "train_rows": 150, "validation_rows": 15, "sha256": "x"}}
    )
    assert training_rows.trained_rows(older, OLD, train).texts[:150] == train.texts[:150]
    assert len(training_rows.trained_rows(older, OLD, train).texts) < len(train.texts)
    assert training_rows.chosen_rows(older, OLD, validation).texts[:15] == validation.texts[:15]
    test = data.load_test(params)
    assert training_rows.held_out_rows(older, OLD, test) is test
    with pytest.raises(UserError, match=r"trained on other data \(sha256 was x, now"):
        training_rows.held_out_rows(older, OLD, train)
    with pytest.raises(UserError, match="run `train` again"):
        training_rows.trained_rows(older, OLD, only(train, slice(0, 100)))
    other = manifest.model_copy(update={"data": {**manifest.data, "label": "stars"}})
    with pytest.raises(UserError, match="label was stars, now label"):
        training_rows.held_out_rows(other, OLD, test)
