"""What the training rows looked like, kept beside the model for `drift` to compare with.

Another template writes its own: what is watched may be the columns of a table, or features of a
text or an image. `drift` asks for three things: `read`, `logged` and the `Sample` that they give.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .artifacts import verify
from .columns import canonical, categories, numbers
from .data import TableData
from .drift_sample import Logged, Sample
from .prediction_log import Record
from .schema import Column, TableSchema

NAME = "reference.parquet"
SCHEMA = "schema.json"
MOST_ROWS = 5_000  # more would cost disk space and time, and hardly sharpen the tests
PREDICTION = "prediction"


@dataclass(frozen=True)
class Reference:
    """The training rows of one model version, and how to read others like them."""

    sample: Sample
    schema: TableSchema
    version: str


def write(data: TableData, prediction: npt.NDArray[np.float64], seed: int, folder: Path) -> None:
    """Write the training rows with their predictions to `folder`; a seeded sample if many.

    prediction: shape (n,), in the target's unit, each by a model that did not see the row. The
    fitted model knows its training rows: its predictions of them are spread wider than those of
    new rows ever are, which would look like drift.
    """
    table = data.frame.assign(**{_output(data.schema): prediction})
    if len(table) > MOST_ROWS:
        table = table.sample(MOST_ROWS, random_state=seed)
    table.to_parquet(folder / NAME, index=False)


def read(models: Path) -> Reference:
    """The reference of the model in `models`, once its hash has been checked. Raises UserError."""
    manifest = verify(models, (NAME, SCHEMA))
    schema = TableSchema.model_validate(json.loads((models / SCHEMA).read_bytes())["table"])
    output = _output(schema)
    table = pd.read_parquet(models / NAME)
    frame = canonical(table, schema).assign(**{output: table[output].astype("float64")})
    return Reference(Sample(frame, (output,)), schema, manifest.version)


def logged(records: Sequence[Record], reference: Reference, min_rows: int) -> Logged:
    """Rows of the prediction log, read as training reads a file, in the reference's columns.

    Rows of every model version count, since what is asked does not depend on who answers. What is
    predicted does: predictions of other versions are left out.
    """
    schema = reference.schema
    inputs = pd.DataFrame([record.inputs for record in records])
    columns: dict[str, Any] = {}
    skipped: dict[str, str] = {}
    for column in schema.columns:
        if not all(column.name in record.inputs for record in records):
            skipped[column.name] = "not in every row of the log"
            continue
        try:
            columns[column.name] = _typed(inputs[column.name], column)
        except ValueError as error:
            skipped[column.name] = f"the log has values that do not fit ({error})"
    output = _output(schema)
    own = [record.version == reference.version for record in records]
    if sum(own) < min_rows:
        skipped[output] = f"{sum(own):,} rows are by this model's version, {min_rows:,} are needed"
    else:
        columns[output] = [
            float(record.output[PREDICTION]) if mine else np.nan
            for record, mine in zip(records, own, strict=True)
        ]
    versions = Counter(record.version for record in records)
    sample = Sample(pd.DataFrame(columns), (output,))
    repeated = int(sample.inputs().duplicated().sum())
    return Logged(sample, dict(versions.most_common()), skipped, repeated)


def _typed(values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    # Objects: a column that has no value in any row would be taken for numbers.
    raw = values.astype(object)
    return numbers(raw) if column.kind == "number" else categories(raw)


def _output(schema: TableSchema) -> str:
    """The name under which the prediction is compared, next to the inputs."""
    return PREDICTION if PREDICTION not in schema.names else "prediction of the model"
