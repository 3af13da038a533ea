"""The drift gauges: what is in the report, read anew when it changes, never in the way."""

import json
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from {{ cookiecutter.package_name }}.api.drift_metrics import DriftCollector

REPORT: dict[str, Any] = {
    "checked": "2024-05-01T12:00:00+00:00",
    "model": "20240430-0a1b2c3d",
    "reference_rows": 960,
    "logged_rows": 480,
    "drifted": True,
    "settings": {},
    "domain": {"auc": 0.75, "p_value": 0.001, "drifted": True, "importance": {"LotArea": 0.2}},
    "columns": [
        {"name": 'Lot "Area"', "kind": "number", "distance": 0.5, "drifted": True},
        {"name": "Fence", "kind": "category", "distance": 0.01, "drifted": False},
    ],
}


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "drift.json"


def samples(collector: DriftCollector) -> dict[str, float]:
    """Sample with its labels -> value, by way of Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(collector)
    lines = generate_latest(registry).decode().splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return {name: float(value) for name, value in pairs}


def test_the_gauges_are_those_of_the_report(report: Path) -> None:
    report.write_text(json.dumps(REPORT))
    assert samples(DriftCollector(report)) == {
        "drift_detected": 1.0,
        "drift_columns": 1.0,
        "drift_rows": 480.0,
        "drift_domain_auc": 0.75,
        "drift_checked_timestamp_seconds": 1714564800.0,
        'drift_column_distance{column="Lot \\"Area\\""}': 0.5,
        'drift_column_distance{column="Fence"}': 0.01,
    }


def test_a_report_that_comes_later_changes_or_goes_is_seen(report: Path) -> None:
    collector = DriftCollector(report)
    assert samples(collector) == {}
    report.write_text(json.dumps(REPORT))
    assert samples(collector)["drift_detected"] == 1.0
    report.write_text(json.dumps(REPORT | {"drifted": False, "logged_rows": 1_000}))
    assert samples(collector)["drift_detected"] == 0.0
    report.unlink()
    assert samples(collector) == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        json.dumps(REPORT).encode()[:200],
        b"[1, 2]",
        json.dumps(REPORT | {"domain": None}).encode(),
        json.dumps(REPORT | {"checked": "2024-05-01T12:00:00"}).encode(),
        json.dumps(REPORT | {"logged_rows": "many"}).encode(),
    ],
)
def test_a_damaged_report_gives_no_gauges(report: Path, content: bytes) -> None:
    report.write_bytes(content)
    assert samples(DriftCollector(report)) == {}


def test_a_folder_in_its_place_gives_no_gauges(report: Path) -> None:
    report.mkdir()
    assert samples(DriftCollector(report)) == {}


def test_an_unchanged_report_is_read_once(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report.write_text(json.dumps(REPORT))
    collector = DriftCollector(report)
    first = samples(collector)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"read {path} again"))
    assert samples(collector) == first
