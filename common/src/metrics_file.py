"""reports/metrics.json: the one source of every figure that the documents show.

`train` begins it anew for each model; `evaluate`, `explain` and `ablate` add a section each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .artifacts import Manifest, json_text, read_manifest, write_all
from .errors import UserError

MODELS = Path("models")
METRICS = Path("reports/metrics.json")


def read_metrics(manifest: Manifest) -> dict[str, Any]:
    """The file's content, once it is known to be of the model in models/. Raises UserError."""
    try:
        metrics: dict[str, Any] = json.loads(METRICS.read_bytes())
        version = metrics["version"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{METRICS}: missing or damaged. Run `train` again.") from None
    if version != manifest.version:
        raise UserError(
            f"{METRICS}: is of model {version}, but {MODELS} holds {manifest.version}. "
            "Run `train` again."
        )
    return metrics


def read_again(manifest: Manifest) -> dict[str, Any]:
    """`read_metrics` at the end of a long step, with what other steps have added meanwhile.

    manifest: of the model that the step worked with. Raises UserError if there is a newer one.
    """
    if read_manifest(MODELS).version != manifest.version:
        raise UserError(f"{MODELS}: a new model was trained while this ran. Run this again.")
    return read_metrics(manifest)


def write_held_out(
    manifest: Manifest, found: Mapping[str, Any], files: Mapping[Path, bytes]
) -> dict[str, Any]:
    """Put what a model did on the held-out rows into the file, and how often it was measured there.

    files: what belongs to it, written with it or not at all. Returns the file's content. Raises
    UserError as `read_again` does.
    """
    metrics = read_again(manifest)
    # The comparison with the champion was a look at those rows, too.
    before = metrics.get("held_out") or metrics.get("promotion") or {}
    metrics["held_out"] = {"opened": before.get("opened", 0) + 1, **found}
    write_all({**files, METRICS: json_text(metrics).encode()})
    return metrics
