"""A model made by hand, for tests that need one and not its training: each word has its scores."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from {{ cookiecutter.package_name }} import reference, training_rows
from {{ cookiecutter.package_name }}.api.predictor import ARTIFACTS, Predictor
from {{ cookiecutter.package_name }}.artifacts import Manifest, write_manifest
from {{ cookiecutter.package_name }}.data import TextData
from {{ cookiecutter.package_name }}.row_hashes import NAME

LIBRARIES = ("onnxruntime", "tokenizers")
MOODS = {
    "negative": ("not", "hate", "hated", "dislike", "disliked", "regret", "bad", "terrible"),
    "positive": ("love", "loved", "enjoyed", "charming", "lovely", "nice", "great", "glad"),
}
"""Class of the sample -> some of its words."""


def scores_of(classes: Sequence[str], moods: Mapping[str, Sequence[str]]) -> dict[str, list[float]]:
    """Word -> two for the class that it speaks for, nought for the others."""
    return {
        word: [2.0 * (name == mood) for name in classes]
        for mood, words in moods.items()
        for word in words
    }


def write_model(
    folder: Path,
    train: TextData,
    validation: TextData,
    classes: Sequence[str] | None = None,
    moods: Mapping[str, Sequence[str]] = MOODS,
) -> Manifest:
    """Write to `folder` what `train` writes and `drift`, `retrain` and the service read.

    classes: in the model's order; None: in that of the data. moods: class -> words that speak for
    it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = tuple(classes or train.classes)
    scores = scores_of(names, moods)
    # Of a text without any such word, the classes' names decide: their order must not.
    others = [0.01 * sorted(names).index(name) for name in names]
    table = np.array([others, *scores.values()], dtype=np.float32)
    onnx.save(_graph(table), str(folder / "model.onnx"))
    _tokenizer(list(scores)).save(str(folder / "tokenizer.json"))
    training_rows.write(train, validation, folder)
    _manifest(folder, (*ARTIFACTS, NAME), names, train)
    predictions = Predictor.load(folder).predict(validation.texts)
    reference.write(train, validation, predictions, 0, folder)
    return _manifest(folder, (*ARTIFACTS, NAME, *reference.ARTIFACTS), names, train)


def _manifest(
    folder: Path, artifacts: tuple[str, ...], classes: tuple[str, ...], train: TextData
) -> Manifest:
    return write_manifest(
        folder,
        artifacts,
        name="small",
        data=train.meta.model_dump(mode="json"),
        metrics={},
        settings={
            "classes": list(classes),
            "text": train.meta.text,
            "label": train.meta.label,
            "max_length": 64,
            "pad_id": 0,
            "temperature": 1.0,
            "cleaning": {"lower": True, "links": True, "mentions": True},
        },
        libraries=LIBRARIES,
    )


def _tokenizer(words: Sequence[str]) -> Tokenizer:
    """One token per word; number 0 stands for all words without scores, and for padding."""
    numbers = {"[UNK]": 0, **{word: number for number, word in enumerate(words, 1)}}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def _graph(table: np.ndarray) -> onnx.ModelProto:
    """The logits are the sums of the scores of a text's words; table: shape (words, classes)."""
    shape = ["batch", "length"]
    return helper.make_model(
        helper.make_graph(
            [
                helper.make_node("Gather", ["table", "input_ids"], ["scores"]),
                helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
                helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
                helper.make_node("Mul", ["scores", "wide"], ["kept"]),
                helper.make_node("ReduceSum", ["kept", "length"], ["logits"], keepdims=0),
            ],
            "bag of words",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, shape)
                for name in ("input_ids", "attention_mask")
            ],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", table.shape[1]])],
            [
                numpy_helper.from_array(table, "table"),
                numpy_helper.from_array(np.array([2]), "last"),
                numpy_helper.from_array(np.array([1]), "length"),
            ],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
