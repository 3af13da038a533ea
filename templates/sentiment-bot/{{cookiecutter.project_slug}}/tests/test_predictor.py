"""The served model: its answers, how much of a text it reads, and what it refuses to load."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from {{ cookiecutter.package_name }}.api.predictor import Predictor, softmax
from {{ cookiecutter.package_name }}.artifacts import sha256_of
from {{ cookiecutter.package_name }}.cleaning import Cleaning
from {{ cookiecutter.package_name }}.errors import UserError

TEXTS = ["I love it!", "It is bad, and " * 9, "fine", "Not what I wanted 😀", "a" * 300]
MILLION = 1_000_000
# What a cut in the wrong place would change: parts of words, entities, accents, capital sigmas.
PIECES = [
    *("good", "bad ", " ", "&amp;", "&amp;lt;", "&", "lt;", "好", "😀", "e\u0301", "שלום", "\x07"),
    *("http://x.y/z", "@me", "don't", "ΟΔΟΣ", "Σ", "İ", "...", "-", "\u200d", "\u200b", "\t"),
    "x" * 90,
]


def test_an_answer_is_the_likeliest_class_with_all_probabilities(predictor: Predictor) -> None:
    for text, found in zip(TEXTS, predictor.predict(TEXTS), strict=True):
        assert tuple(found.probabilities) == predictor.classes
        assert sum(found.probabilities.values()) == pytest.approx(1)
        assert found.confidence == found.probabilities[found.label]
        assert found.confidence == max(found.probabilities.values())
        assert 0 < found.tokens <= predictor.max_length
        assert found.truncated == (text == TEXTS[1] and predictor.max_length < 40)


def test_probabilities_are_those_of_the_logits_at_the_models_temperature(
    predictor: Predictor,
) -> None:
    logits = predictor.logits(TEXTS[:1]).astype(float)
    temperature = predictor.manifest.settings["temperature"]
    expected = np.exp(logits / temperature)
    np.testing.assert_allclose(
        predictor.probabilities(TEXTS[:1]), expected / expected.sum(), rtol=1e-6
    )
    assert np.isfinite(softmax(np.array([[1e5, -1e5]]))).all()


def test_each_text_gets_its_own_answer_whatever_comes_with_it(predictor: Predictor) -> None:
    texts = [text for text in TEXTS for _ in range(9)] + [f"number {i} is good" for i in range(50)]
    together = predictor.logits(texts)
    alone = np.concatenate([predictor.logits([text]) for text in texts])
    # Integer arithmetic rounds by the largest value of a batch, so neighbours show in the digits.
    spread = float(np.ptp(alone))
    np.testing.assert_allclose(together, alone, atol=0.1 * spread)
    assert predictor.logits([]).shape == (0, len(predictor.classes))


@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(st.tuples(st.sampled_from(PIECES), st.integers(1, 400)), max_size=12))
def test_what_is_read_of_a_long_text_is_what_the_whole_text_begins_with(
    predictor: Predictor, trained_folder: Path, pieces: list[tuple[str, int]]
) -> None:
    text = "".join(piece * count for piece, count in pieces)
    text = text[: predictor.reader.looks[-1]]
    whole = Tokenizer.from_file(str(trained_folder / "tokenizer.json"))
    whole.enable_truncation(predictor.max_length)
    cleaning = Cleaning.from_dict(predictor.manifest.settings["cleaning"])
    expected = whole.encode(cleaning.clean(text))
    found = predictor.reader.read(text)
    assert found.ids == expected.ids
    assert found.truncated == bool(expected.overflowing)


@pytest.mark.parametrize(
    "piece", ["a", "好", "😀", "\u0301", "good ", "&amp;", "!", "\x01", "\ud800", "http://a/"]
)
def test_of_a_million_characters_only_the_beginning_is_looked_at(
    predictor: Predictor, piece: str
) -> None:
    text = piece * (MILLION // len(piece))
    found = predictor.reader.read(text)
    assert found.truncated
    assert found.ids == predictor.reader.read(text[: predictor.reader.looks[-1]]).ids
    # Blanks before a text are not a part of it.
    assert predictor.reader.read(" " * MILLION + "fine" + "\n" * MILLION) == predictor.reader.read(
        "fine"
    )


def changed(trained_folder: Path, folder: Path, file: str, text: str) -> Path:
    """A copy of the model in which a file has another content, which the manifest vouches for."""
    shutil.copytree(trained_folder, folder)
    (folder / file).write_text(text)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["artifacts"][file] = sha256_of(folder / file)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize(("file", "text"), [("tokenizer.json", "{}"), ("model.onnx", "none")])
def test_a_file_of_another_shape_is_one_line_that_names_the_mend(
    trained_folder: Path, tmp_path: Path, file: str, text: str
) -> None:
    with pytest.raises(UserError, match="Run `train` again") as caught:
        Predictor.load(changed(trained_folder, tmp_path / "models", file, text))
    assert "\n" not in str(caught.value)


def test_a_model_with_other_classes_than_its_manifest_is_refused(
    trained_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    shutil.copytree(trained_folder, folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["settings"]["classes"].append("bored")
    path.write_text(json.dumps(manifest))
    with pytest.raises(UserError, match=r"4 classes, but 3 logits"):
        Predictor.load(folder)
