"""A new model is registered and challenges the champion; run and aliases say how it went."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .artifacts import MANIFEST, Manifest, json_text
from .errors import UserError
from .promotion import Comparison, Decision, Policy, decide
from .registry import CHAMPION, DATA, SERVING, VERSION, Registered, Registry
from .tracking import Run

Contest = Callable[[Path], Comparison | str]
"""The champion's folder -> how it compares, or the reason why it cannot be compared."""


@dataclass(frozen=True)
class Candidate:
    """A new model that a run has logged."""

    model_id: str
    folder: Path
    """Its models/ folder."""
    manifest: Manifest
    metrics: Mapping[str, Any]
    """Its reports/metrics.json, still without the section `promotion`."""
    figures: Sequence[Path]


def challenge(
    run: Run, registry: Registry, candidate: Candidate, policy: Policy, contest: Contest
) -> dict[str, Any]:
    """Register a model and decide who is champion.

    Returns its metrics with the section `promotion`: the decision, its reason, both models and the
    comparison; `opened` counts how often the held-out rows were looked at for it. Raises UserError
    if the server cannot be used; the champion is the old one then.
    """
    manifest = candidate.manifest
    champion = registry.alias(CHAMPION)
    found = _compare(registry, champion, contest) if champion else None
    decision = decide(policy, found)
    registered = registry.add(
        candidate.model_id,
        run.run_id or "",
        [candidate.folder / name for name in (*manifest.artifacts, MANIFEST)],
        _tags(manifest, decision),
        f"{manifest.name} {manifest.version}, trained on {manifest.data['name']}. "
        f"{decision.word.capitalize()}: {decision.reason}.",
    )
    promotion = {
        **decision.as_dict(),
        "name": registry.name,
        "champion": _described(champion, decision, "champion"),
        "challenger": _described(registered, decision, "challenger"),
        "opened": int(decision.comparison is not None),
    }
    metrics = {**candidate.metrics, "promotion": promotion}
    texts = {"metrics.json": json_text(metrics)}
    registry.add_reports(candidate.model_id, candidate.figures, texts)
    _log(run, decision, registered)
    # Last: whoever is told of a new champion finds all of it.
    if decision.promoted:
        registry.promote(registered)
    else:
        registry.challenge(registered)
    # `retrain` takes it for a sign that these rows are done with.
    registry.tag(registered, DATA, str(manifest.data["sha256"]))
    return metrics


def summary(promotion: dict[str, Any]) -> str:
    """The outcome in one line, for the terminal."""
    new = promotion["challenger"]
    place = "champion" if promotion["decision"] == "promoted" else "challenger"
    line = (
        f"Registered {promotion['name']} version {new['number']} as {place}: {promotion['reason']}."
    )
    if promotion["decision"] == "kept" and "difference" not in promotion:
        line += (
            f" To promote it by hand, give version {new['number']} the alias champion in MLflow, "
            "or set registry.promote to always."
        )
    return line


def _compare(registry: Registry, champion: Registered, contest: Contest) -> Comparison | str:
    with tempfile.TemporaryDirectory(prefix="champion-") as name:
        try:
            folder = registry.download(champion, SERVING, Path(name))
        except UserError as error:
            return f"the champion's files cannot be had ({error})"
        return contest(folder)


def _tags(manifest: Manifest, decision: Decision) -> dict[str, str]:
    return {
        VERSION: manifest.version,
        "data": str(manifest.data["name"]),
        "decision": decision.word,
        "reason": decision.reason,
    }


def _log(run: Run, decision: Decision, registered: Registered) -> None:
    run.set_tags(
        {
            "decision": decision.word,
            "reason": decision.reason,
            "registered": f"{registered.name} version {registered.number}",
        }
    )
    if decision.comparison:
        names = ("champion", "challenger", "difference", "low", "high", "rows")
        run.log_metrics({f"promotion/{each}": getattr(decision.comparison, each) for each in names})


def _described(
    registered: Registered | None, decision: Decision, role: str
) -> dict[str, Any] | None:
    if registered is None:
        return None
    value = getattr(decision.comparison, role) if decision.comparison else None
    return {"number": registered.number, "version": registered.version, "value": value}
