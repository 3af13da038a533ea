"""The trained model as serving sees it: rows in, prices with intervals out.

Reads models/ alone. Needs ONNX Runtime and numpy: no pandas, no scikit-learn.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import onnxruntime
from pydantic import ValidationError

from ..artifacts import Manifest, verify
from ..errors import UserError
from ..schema import TableSchema, parse_category, parse_number

Array = npt.NDArray[np.float64]

ARTIFACTS = ("model.onnx", "schema.json", "background.npy")
MISSING_CODE, UNKNOWN_CODE = 0.0, -1.0


class Prediction(msgspec.Struct, frozen=True):
    """One price with its interval, all in the target's unit."""

    prediction: float
    lower: float
    upper: float


class Predictor:
    """Encodes rows as training did, and runs the ONNX graph on them."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        manifest: Manifest,
        schema: TableSchema,
        vocabularies: Mapping[str, Mapping[str, int]],
        background: Array,
    ) -> None:
        self.manifest = manifest
        self.schema = schema
        self.background = background
        self._session = session
        self._codes = [
            None if column.kind == "number" else _codes(vocabularies[column.name])
            for column in schema.columns
        ]
        self._levels = [
            None if codes is None else {code: level for level, code in codes.items()}
            for codes in self._codes
        ]
        self._log = manifest.settings["target_transform"] == "log"
        self._halfwidth = float(manifest.settings["interval_halfwidth"])

    @classmethod
    def load(cls, folder: Path) -> Predictor:
        """The model that `train` wrote to `folder`, once its hashes have been checked.

        Raises UserError, which names the file and the mend.
        """
        manifest = verify(folder, ARTIFACTS, not_older=("onnxruntime",))
        options = onnxruntime.SessionOptions()
        # One row takes a fraction of a millisecond: threads of its own would only fight the
        # server's other workers for the cores.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            stored = json.loads((folder / "schema.json").read_bytes())
            schema = TableSchema.model_validate(stored["table"])
            background = np.load(folder / "background.npy", allow_pickle=False)
            session = onnxruntime.InferenceSession(
                (folder / "model.onnx").read_bytes(), options, providers=["CPUExecutionProvider"]
            )
            if background.shape[1:] != (len(schema.columns),):
                raise ValueError(
                    f"{len(schema.columns)} columns, but rows of {background.shape[-1]} values"
                )
            predictor = cls(session, manifest, schema, stored["vocabularies"], background)
            predictor.warm_up()
        except (KeyError, ValueError, ValidationError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(
                f"{folder}: does not fit this version of the project ({reason}). Run `train` again."
            ) from None
        return predictor

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns of a row, in order."""
        return self.schema.names

    @cached_property
    def prediction_buckets(self) -> tuple[float, ...]:
        """Bounds for a histogram of predictions: prices of training rows from all of the market."""
        prices = (*self.target_range, *self.prices(self.background))
        return tuple(sorted({float(f"{price:.3g}") for price in prices}))

    @property
    def target_range(self) -> tuple[float, float]:
        """The lowest and the highest target of the training rows."""
        low, high = self.manifest.settings["target_range"]
        return float(low), float(high)

    def warm_up(self) -> None:
        """Run the graph once: the first run of a session allocates what later ones reuse."""
        self.raw(self.background[:1])

    def encode(self, values: Iterable[Any]) -> list[float]:
        """One row, given as raw values in the schema's column order, as the graph's input.

        None counts as missing. Raises ValueError for a number's column that holds something else.
        """
        row = []
        for value, codes in zip(values, self._codes, strict=True):
            if codes is None:
                row.append(_number(value))
            else:
                code = codes.get(value) if isinstance(value, str) or value is None else None
                row.append(_code(value, codes) if code is None else code)
        return row

    def decode(self, row: Iterable[float]) -> list[float | str | None]:
        """The raw values of an encoded row; None for one that is missing or of unknown level."""
        return [
            (None if math.isnan(value) else value) if levels is None else levels.get(value)
            for value, levels in zip(row, self._levels, strict=True)
        ]

    def raw(self, encoded: Array) -> Array:
        """Model-space predictions, shape (n,), of encoded rows, shape (n, k)."""
        found: Array = self._session.run(None, {"encoded": encoded})[0][:, 0]
        return found

    def prices(self, encoded: Array) -> Array:
        """Predictions in the target's unit, shape (n,), of encoded rows, shape (n, k)."""
        raw = self.raw(encoded)
        return np.exp(raw) if self._log else raw

    def predict(self, rows: Sequence[Sequence[float]]) -> list[Prediction]:
        """Predictions with intervals of encoded rows, in one run of the graph."""
        raw = self.raw(np.array(rows, dtype=np.float64)).tolist()
        back: Callable[[float], float] = math.exp if self._log else float
        width = self._halfwidth
        return [Prediction(back(v), back(v - width), back(v + width)) for v in raw]

    def unknown(self, row: Sequence[float]) -> list[str]:
        """The columns of an encoded row whose category training has not seen."""
        return [
            column.name
            for column, code, codes in zip(self.schema.columns, row, self._codes, strict=True)
            if codes is not None and code == UNKNOWN_CODE
        ]


def _codes(vocabulary: Mapping[str, int]) -> dict[Any, float]:
    return {None: MISSING_CODE, **{level: float(code) for level, code in vocabulary.items()}}


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    return value if type(value) is float else parse_number(value)


def _code(value: Any, codes: Mapping[Any, float]) -> float:
    return codes.get(parse_category(value), UNKNOWN_CODE)
