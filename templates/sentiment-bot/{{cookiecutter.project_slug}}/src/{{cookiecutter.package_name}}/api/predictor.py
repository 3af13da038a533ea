"""The trained model as serving sees it: texts in, classes with probabilities out.

Reads models/ alone. Needs ONNX Runtime, tokenizers and numpy: no torch, no transformers. Every step
that measures the model goes through it, so that what is served is what was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import onnxruntime

from ..artifacts import Manifest, verify
from ..errors import UserError
from .grouping import Limits, groups
from .reading import Reader, Reading

Floats = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]

ARTIFACTS = ("model.onnx", "tokenizer.json")
TEXT = "text"
BUCKETS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)

# Sizes are tokens. With 22 million parameters in int8, on one thread, a run took about 0.8 ms and
# 0.066 ms per token; from some 200 tokens on, a longer run gains nothing and answers later.
LIMITS = Limits(rows=32, total=256, fixed=12)


class Prediction(msgspec.Struct, frozen=True):
    """The mood of one text."""

    label: str
    confidence: float
    """The label's probability."""
    probabilities: dict[str, float]
    """Class -> its probability, calibrated on the validation texts."""
    truncated: bool
    """Whether the text goes on behind what was read."""
    tokens: int
    """That were read, with those that frame every text."""


class Predictor:
    """Reads texts as training did, and runs the ONNX graph on them. May be used by several threads.

    reader: of the tokenizer and the cleaning that the model was trained with.
    """

    inputs = (TEXT,)
    prediction_buckets = BUCKETS

    def __init__(
        self, session: onnxruntime.InferenceSession, manifest: Manifest, reader: Reader
    ) -> None:
        self.manifest = manifest
        self.reader = reader
        self.classes: tuple[str, ...] = tuple(manifest.settings["classes"])
        self._session = session
        self._pad = int(manifest.settings["pad_id"])
        self._temperature = float(manifest.settings["temperature"])

    @classmethod
    def load(cls, folder: Path) -> Predictor:
        """The model that `train` wrote to `folder`, once its hashes have been checked.

        Raises UserError, which names the file and the mend.
        """
        manifest = verify(folder, ARTIFACTS, not_older=("onnxruntime", "tokenizers"))
        options = onnxruntime.SessionOptions()
        # A short text takes milliseconds: threads of its own would only fight the server's other
        # workers for the cores.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            tokenizer = (folder / "tokenizer.json").read_text(encoding="utf-8")
            reader = Reader.from_manifest(tokenizer, manifest.settings)
            session = onnxruntime.InferenceSession(
                (folder / "model.onnx").read_bytes(),
                options,
                providers=["CPUExecutionProvider"],
                # On a processor, ONNX Runtime's fused operator takes several times as long as the
                # addition and the normalisation that it stands for.
                disabled_optimizers=["SkipLayerNormFusion"],
            )
            predictor = cls(session, manifest, reader)
            width = predictor.run([reader.read("a text")]).shape[1]
            if width != len(predictor.classes):
                raise ValueError(f"{len(predictor.classes)} classes, but {width} logits")
        except Exception as error:  # ONNX Runtime and tokenizers raise nothing narrower
            reason = " ".join(str(error).split())[:200]
            raise UserError(
                f"{folder}: does not fit this version of the project ({reason}). Run `train` again."
            ) from None
        return predictor

    @property
    def max_length(self) -> int:
        """Tokens of a text that the model reads at most, with those that frame it."""
        return self.reader.max_length

    def warm_up(self) -> None:
        """Run the graph once: the first run of a session allocates what later ones reuse."""
        self.logits(["a text"])

    def logits(self, texts: Sequence[str]) -> Floats:
        """What the model says of each text and class, shape (n, k); texts as they were written.

        In as many runs as it takes, each with texts of like length.
        """
        return self.logits_of([self.reader.read(text) for text in texts])

    def logits_of(self, readings: Sequence[Reading]) -> Floats:
        """The same for texts that have been read."""
        found = np.empty((len(readings), len(self.classes)), dtype=np.float32)
        for group in groups([len(reading.ids) for reading in readings], LIMITS):
            found[group] = self.run([readings[position] for position in group])
        return found

    def run(self, readings: Sequence[Reading]) -> Floats:
        """Logits in one run of the graph, all padded to the longest: for texts of like length."""
        lengths = [len(reading.ids) for reading in readings]
        shape = (len(lengths), max(lengths))
        ids = np.full(shape, self._pad, dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        for row, (reading, length) in enumerate(zip(readings, lengths, strict=True)):
            ids[row, :length] = reading.ids
            mask[row, :length] = 1
        logits: Floats = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return logits

    def scaled(self, logits: Floats) -> Array:
        """Logits divided by the temperature that calibrates them, in double precision."""
        return logits.astype(np.float64) / self._temperature

    def probabilities(self, texts: Sequence[str]) -> Array:
        """Each class's calibrated probability, shape (n, k)."""
        return softmax(self.scaled(self.logits(texts)))

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """The mood of each text."""
        readings = [self.reader.read(text) for text in texts]
        return self.predictions(readings, self.logits_of(readings))

    def predict_group(self, readings: Sequence[Reading]) -> list[Prediction]:
        """The mood of texts that have been read, in one run of the graph."""
        return self.predictions(readings, self.run(readings))

    def predictions(self, readings: Sequence[Reading], logits: Floats) -> list[Prediction]:
        """Logits, shape (n, k), as answers."""
        chances = softmax(self.scaled(logits))
        found = []
        for reading, row, best in zip(
            readings, chances.tolist(), chances.argmax(axis=1).tolist(), strict=True
        ):
            found.append(
                Prediction(
                    label=self.classes[best],
                    confidence=row[best],
                    probabilities=dict(zip(self.classes, row, strict=True)),
                    truncated=reading.truncated,
                    tokens=len(reading.ids),
                )
            )
        return found


def softmax(scores: Array) -> Array:
    """Probabilities over the last axis."""
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    chances: Array = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return chances
