"""What the documents say of the training rows' target."""

from __future__ import annotations

from typing import Any

from .data import TableData
from .eda_figures import Units
from .eda_statistics import skewness


def target_facts(data: TableData) -> dict[str, Any]:
    """Median, quartiles and skewness of the training rows' target; its currency, if it is known.

    skewness_log is None where a value has no logarithm.
    """
    quartiles = data.target.quantile([0.25, 0.5, 0.75]).tolist()
    found = skewness(data.target)
    return {
        "name": data.schema.target,
        "currency": Units.of(data).currency,
        "rows": len(data.target),
        "lower_quartile": quartiles[0],
        "median": quartiles[1],
        "upper_quartile": quartiles[2],
        "skewness": found.raw,
        "skewness_log": found.log,
    }
