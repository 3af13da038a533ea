"""From the fitted pipeline to what serving reads: model.onnx, schema.json, background.npy."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pandas as pd
from sklearn.pipeline import Pipeline

from . import onnx_graph
from .artifacts import write_json
from .errors import UserError
from .schema import TableSchema

Array = npt.NDArray[np.float64]

LARGEST_DIFFERENCE = 1e-4  # in log price; relative to the predictions' spread without the log
BACKGROUND_ROWS = 12


def export(
    pipeline: Pipeline,
    schema: TableSchema,
    frame: pd.DataFrame,
    target_transform: Literal["log", "identity"],
    folder: Path,
) -> float:
    """Write model.onnx, schema.json and background.npy into `folder`.

    frame: all training rows. ONNX Runtime's prediction of each is compared with scikit-learn's.
    Returns the largest difference, in model space (without the logarithm: as a share of the
    predictions' standard deviation). Raises UserError, and writes nothing, if it is over
    LARGEST_DIFFERENCE.
    """
    model = onnx_graph.build(pipeline)
    content = model.SerializeToString()
    encoder = pipeline.named_steps["encode"]
    encoded = encoder.transform(frame)
    expected = np.asarray(pipeline.predict(frame), dtype=np.float64)
    difference = np.abs(_run(content, encoded) - expected)
    if target_transform == "identity":
        difference /= float(np.std(expected)) or 1.0
    row = int(np.argmax(difference))
    if not difference[row] <= LARGEST_DIFFERENCE:
        raise UserError(
            f"export to ONNX: row {row} of the training table differs from scikit-learn by "
            f"{difference[row]:.2g}, and {LARGEST_DIFFERENCE:g} is allowed. The old model stays; "
            "set train.model to another one, and report this with your versions."
        )
    onnx.save_model(model, str(folder / "model.onnx"))
    np.save(folder / "background.npy", _background(encoded, expected))
    write_json(
        folder / "schema.json",
        {"table": schema.model_dump(mode="json"), "vocabularies": encoder.vocabularies_},
    )
    return float(difference[row])


def _run(content: bytes, encoded: Array) -> Array:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    predicted: Array = session.run(["prediction"], {"encoded": encoded})[0][:, 0]
    return predicted


def _background(encoded: Array, predicted: Array) -> Array:
    """The middle row of each of m equal shares of the rows, by predicted price, (m, k).

    `/explain` measures a column's contribution against these. Not the cheapest and the dearest:
    among so few, they would pull the base away from the average.
    """
    order = np.argsort(predicted, kind="stable")
    rows = min(BACKGROUND_ROWS, len(order))
    picks = ((np.arange(rows) + 0.5) * len(order) / rows).astype(int)
    chosen: Array = encoded[order[picks]]
    return chosen
