"""The trained model as serving sees it: pictures in, classes with probabilities out.

Reads models/ alone. Needs ONNX Runtime, Pillow and numpy: no torch, no transformers. Every step
that measures the model goes through it, so that what is served is what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import onnxruntime

from .. import components, examples, picture_facts
from ..artifacts import Manifest, verify
from ..components import Components
from ..energy import energy
from ..errors import UserError
from ..examples import Example
from ..picture import Pixels, Preprocessing, Reading

Floats = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]

GRAPH, HEAD = "model.onnx", "head.npy"
ARTIFACTS = (GRAPH, HEAD, components.NAME, examples.NAME)
BUCKETS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)

# Pixels of one run of the graph: 32 pictures of 64 x 64, or two of 256 x 256. On one thread more of
# them at once gain nothing, and who came first waits for all.
PIXELS_PER_RUN = 32 * 64 * 64


class Prediction(msgspec.Struct, frozen=True):
    """What one picture shows."""

    label: str
    confidence: float
    """The label's probability."""
    probabilities: dict[str, float]
    """Class -> its probability, calibrated on the validation pictures."""
    sure: bool
    """Whether answers of this confidence are as precise as was asked for."""
    energy: float
    """The higher, the less the picture looks like any class: see `energy` and `Components.beside`.
    """
    familiar: bool
    """Whether its energy is one that pictures like those of the training have."""


@dataclass(frozen=True)
class Outputs:
    """What the graph says of n pictures."""

    logits: Floats
    """(n, k)."""
    features: Floats
    """(n, c, h, w): what the last layer takes the mean of, by place in the picture."""


class Predictor:
    """Reads pictures as training did, and runs the ONNX graph on them.

    May be used by several threads. head: the last layer's weights, (k, c).
    """

    prediction_buckets = BUCKETS

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        manifest: Manifest,
        head: Floats,
        directions: Components,
        shown: Sequence[Example],
    ) -> None:
        settings = manifest.settings
        self.manifest = manifest
        self.head = head
        self.classes: tuple[str, ...] = tuple(settings["classes"])
        self.preprocessing = Preprocessing.from_dict(settings["preprocessing"])
        self.examples = tuple(shown)
        self.inputs: tuple[str, ...] = (
            *picture_facts.NAMES,
            *(f"feature {i}" for i in range(1, len(directions.directions) + 1)),
        )
        """What the prediction log keeps of a picture, and `drift` compares."""
        self._session = session
        self._directions = directions
        self._temperature = float(settings["temperature"])
        self._sure_from = float(settings["threshold"]["confidence"])
        self._familiar_to = float(settings["energy"]["threshold"])
        self._mirrored = bool(settings["test_time"])

    @classmethod
    def load(cls, folder: Path) -> Predictor:
        """The model that `train` wrote to `folder`, once its hashes have been checked.

        Raises UserError, which names the file and the mend.
        """
        manifest = verify(folder, ARTIFACTS, not_older=("onnxruntime",))
        options = onnxruntime.SessionOptions()
        # A picture takes milliseconds: threads of its own would only fight the server's other
        # workers for the cores.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            session = onnxruntime.InferenceSession(
                (folder / GRAPH).read_bytes(), options, providers=["CPUExecutionProvider"]
            )
            head = np.load(folder / HEAD, allow_pickle=False)
            directions = Components.load(folder)
            predictor = cls(session, manifest, head, directions, examples.read(folder))
            predictor._check_shapes()
        except Exception as error:  # ONNX Runtime raises nothing narrower
            reason = " ".join(str(error).split())[:200]
            raise UserError(
                f"{folder}: does not fit this version of the project ({reason}). Run `train` again."
            ) from None
        return predictor

    def _check_shapes(self) -> None:
        """Raise ValueError if the artifacts are of different models."""
        found = self.run(self._grey())
        k, c = found.logits.shape[1], found.features.shape[1]
        if k != len(self.classes):
            raise ValueError(f"{len(self.classes)} classes, but {k} logits")
        if self.head.shape != (k, c):
            raise ValueError(f"{HEAD} has shape {self.head.shape}, and not {(k, c)}")
        self._directions.project(found.features.mean(axis=(2, 3)))

    def _grey(self) -> Pixels:
        size = self.preprocessing.size
        return np.full((1, size, size, 3), 128, dtype=np.uint8)

    def warm_up(self) -> None:
        """Run the graph once: the first run of a session allocates what later ones reuse."""
        self.logits(self._grey())

    @property
    def pictures_per_run(self) -> int:
        """How many pictures one run of the graph takes at most."""
        return max(1, PIXELS_PER_RUN // self.preprocessing.size**2)

    def read(self, content: bytes) -> Reading:
        """A file as the model sees it. Raises PictureError."""
        return self.preprocessing.read(content)

    def run(self, pixels: Pixels) -> Outputs:
        """Logits and features of pictures, shape (n, size, size, 3), in as many runs as it takes.

        If the model was measured so, the logits are the mean of those of the picture and of its
        mirror image; the features are always the picture's own.
        """
        runs = [self._run(part) for part in self._parts(pixels)]
        logits, features = zip(*runs, strict=True)
        if len(runs) == 1:
            return Outputs(logits[0], features[0])
        return Outputs(np.concatenate(logits), np.concatenate(features))

    def _run(self, pixels: Pixels) -> tuple[Floats, Floats]:
        logits, features = self._session.run(["logits", "features"], {"pixels": pixels})
        if self._mirrored:
            logits = (logits + self._logits_of_mirrored(pixels)) / 2
        return logits, features

    def _logits_of_mirrored(self, pixels: Pixels) -> Floats:
        mirrored = np.ascontiguousarray(pixels[:, :, ::-1])
        logits: Floats = self._session.run(["logits"], {"pixels": mirrored})[0]
        return logits

    def _parts(self, pixels: Pixels) -> Iterator[Pixels]:
        for start in range(0, max(len(pixels), 1), self.pictures_per_run):
            yield pixels[start : start + self.pictures_per_run]

    def logits(self, pixels: Pixels) -> Floats:
        """What the model says of each picture and class, shape (n, k)."""
        return self.run(pixels).logits

    def scaled(self, logits: Floats) -> Array:
        """Logits divided by the temperature that calibrates them, in double precision."""
        return logits.astype(np.float64) / self._temperature

    def probabilities(self, pixels: Pixels) -> Array:
        """Each class's calibrated probability, shape (n, k)."""
        return softmax(self.scaled(self.logits(pixels)))

    def predict(self, contents: Sequence[bytes]) -> list[Prediction]:
        """What each picture shows. Raises PictureError for one that cannot be read."""
        found: list[Prediction] = []
        # Decoded pictures of hundreds of files would take much more memory than the files.
        for start in range(0, len(contents), self.pictures_per_run):
            part = contents[start : start + self.pictures_per_run]
            found += self.predict_group([self.read(content) for content in part])
        return found

    def predict_group(self, readings: Sequence[Reading]) -> list[Prediction]:
        """What each of n > 0 pictures shows that have been read."""
        return self.predictions(readings, self.run(stacked(readings)))

    def predictions(self, readings: Sequence[Reading], outputs: Outputs) -> list[Prediction]:
        """What the graph says of n > 0 pictures as answers."""
        chances = softmax(self.scaled(outputs.logits))
        pooled = outputs.features.mean(axis=(2, 3))
        beside = self._directions.beside(pooled)
        energies = (energy(outputs.logits, self._temperature) + beside).tolist()
        found = []
        for row, best, unlike in zip(
            chances.tolist(), chances.argmax(axis=1).tolist(), energies, strict=True
        ):
            found.append(
                Prediction(
                    label=self.classes[best],
                    confidence=row[best],
                    probabilities=dict(zip(self.classes, row, strict=True)),
                    sure=row[best] >= self._sure_from,
                    energy=unlike,
                    familiar=unlike <= self._familiar_to,
                )
            )
        return found

    def logged(self, readings: Sequence[Reading], features: Floats) -> list[list[float]]:
        """What the log keeps of n > 0 pictures, in the order of `inputs`.

        features: (n, c), the mean over all places.
        """
        known = picture_facts.facts(readings)
        own = self._directions.project(features)
        rows: list[list[float]] = np.concatenate([known, own], axis=1).round(4).tolist()
        return rows

    def facts(self, reading: Reading, pooled: Floats) -> dict[str, float]:
        """What the log keeps of one picture by name. pooled: (c,)."""
        (row,) = self.logged([reading], pooled[None])
        return dict(zip(self.inputs, row, strict=True))


def stacked(readings: Sequence[Reading]) -> Pixels:
    """The pixels of n > 0 pictures, (n, size, size, 3)."""
    return np.stack([reading.pixels for reading in readings])


def softmax(scores: Array) -> Array:
    """Probabilities over the last axis."""
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    chances: Array = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return chances
