"""What the pictures of the training looked like, kept beside the model for `drift` to compare with.

No picture is kept: only its size, its light and colours, where it lies among the model's features,
and what the model said of it. `drift` asks for three things: `read`, `logged` and the `Sample` that
they give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .api.predictor import Predictor
from .artifacts import verify
from .asking import ask
from .data import ImageData
from .drift_sample import Logged, Sample, Words
from .prediction_log import Record

NAME = "reference.parquet"
MOST_ROWS = 2_000  # of each part: more would take time to decode, and hardly sharpen the tests
LABEL, CONFIDENCE, ENERGY = "label", "confidence", "energy"
ANSWERS = (LABEL, CONFIDENCE, ENERGY)
FEATURE = "feature "  # what the names of the model's own features begin with
WORDING = Words(
    row="picture",
    column="feature",
    advice=(
        "Look at the features above. Pictures that are suddenly darker, smaller or less sharp may "
        "come from a new camera, or from what sends them: mend it there. Where only the model's "
        "own features have moved, the pictures show something else than they did."
    ),
)


@dataclass(frozen=True)
class Reference:
    """The pictures of one model version's training, as numbers."""

    sample: Sample
    version: str


def write(
    train: ImageData, validation: ImageData, predictor: Predictor, seed: int, folder: Path
) -> None:
    """Write what is known of training and validation pictures to `folder`; of many, a seeded part.

    predictor: the served model. What it makes of a picture, its answer and its features, is kept of
    validation pictures alone: of those that it was trained on, it is far surer than of new ones,
    and their features lie further apart, which would look like drift.
    """
    facts = _facts(predictor, _drawn(train, seed))
    known = _facts(predictor, _drawn(validation, seed))
    table = pd.concat([facts.drop(columns=_made(facts)), known], ignore_index=True)
    table.to_parquet(folder / NAME, index=False)


def read(models: Path) -> Reference:
    """The reference of the model in `models`, once its hash has been checked. Raises UserError."""
    manifest = verify(models, (NAME,))
    return Reference(_sample(pd.read_parquet(models / NAME)), manifest.version)


def logged(records: Sequence[Record], reference: Reference, min_rows: int) -> Logged:
    """The pictures of the prediction log, in the reference's columns.

    Pictures of every model version count, since what is asked does not depend on who answers. What
    a model makes of them does: answers and features of other versions are left out.
    """
    made = reference.sample.outputs
    facts = [name for name in reference.sample.frame.columns if name not in made]
    own = [record.version == reference.version for record in records]
    columns: dict[str, list[Any]] = {}
    skipped: dict[str, str] = {}
    for name in facts:
        if all(name in record.inputs for record in records):
            columns[name] = [record.inputs[name] for record in records]
        else:
            skipped[name] = "not in every row of the log"
    repeated = int(pd.DataFrame(columns).duplicated().sum()) if columns else 0
    if sum(own) < min_rows:
        skipped["what the model made of them"] = (
            f"{sum(own):,} are by this model's version, {min_rows:,} are needed"
        )
    else:
        held = [
            {**record.inputs, **record.output} if mine else {}
            for record, mine in zip(records, own, strict=True)
        ]
        for name in made:
            if all(name in each for each, mine in zip(held, own, strict=True) if mine):
                columns[name] = [each.get(name) for each in held]
            else:
                skipped[name] = "not in every row of the log"
    versions = Counter(record.version for record in records)
    frame = pd.DataFrame(columns, index=range(len(records)))
    return Logged(_sample(frame), dict(versions.most_common()), skipped, repeated)


def _drawn(part: ImageData, seed: int) -> ImageData:
    """At most MOST_ROWS of the pictures, in their order."""
    count = len(part.labels)
    if count <= MOST_ROWS:
        return part
    drawn: npt.NDArray[np.int64] = np.random.default_rng(seed).choice(
        count, MOST_ROWS, replace=False
    )
    return part.take(np.sort(drawn))


def _facts(predictor: Predictor, part: ImageData) -> pd.DataFrame:
    """A row per picture: what is logged of it, and what the model said."""
    asked = ask(predictor, part.pictures, "Reference")
    said = {name: [getattr(each, name) for each in asked.answers] for name in ANSWERS}
    return pd.DataFrame({**asked.facts, **said})


def _made(table: pd.DataFrame) -> list[str]:
    """The columns that are the model's own."""
    return [name for name in table.columns if name in ANSWERS or name.startswith(FEATURE)]


def _sample(table: pd.DataFrame) -> Sample:
    kept = {
        name: table[name].astype(object).where(table[name].notna(), None)
        if table[name].dtype.kind == "O" or isinstance(table[name].dtype, pd.StringDtype)
        else table[name].astype(np.float64)
        for name in table.columns
    }
    frame = pd.DataFrame(kept, index=table.index)
    return Sample(frame, tuple(_made(frame)), WORDING)
