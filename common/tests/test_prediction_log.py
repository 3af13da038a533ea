"""The prediction log: what is written comes back, the folder stays bounded, nothing ever fails."""

import sqlite3
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }} import prediction_log
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.prediction_log import PredictionLog, read


def write(folder: Path, rows: int, **options: object) -> Counter[str]:
    """Log rows of two columns; returns what was counted."""
    counted: Counter[str] = Counter()
    log = PredictionLog(
        folder, ["area", "street"], "v1", count=lambda k, n: counted.update({k: n}), **options
    )
    for i in range(rows):
        log.add(f"id-{i}", (float(i), "Pave"), {"prediction": i * 2.0})
    log.close()
    return counted


def test_what_is_logged_comes_back_in_order(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    assert write(tmp_path, 500) == {"written": 500}
    found = list(read(tmp_path))
    assert [record.request_id for record in found] == [f"id-{i}" for i in range(500)]
    assert found[3].inputs == {"area": 3.0, "street": "Pave"}
    assert found[3].output == {"prediction": 6.0}
    assert found[3].version == "v1"
    assert before - timedelta(seconds=1) <= found[0].at <= datetime.now(UTC)
    assert found[0].at.tzinfo is UTC


def test_since_leaves_older_rows_out(tmp_path: Path) -> None:
    write(tmp_path, 3)
    later = datetime.now(UTC)
    time.sleep(0.01)
    write(tmp_path, 2)
    assert len(list(read(tmp_path))) == 5
    assert len(list(read(tmp_path, since=later))) == 2


def test_columns_left_out_are_not_on_the_disk(tmp_path: Path) -> None:
    write(tmp_path, 2, left_out=["street"])
    record = list(read(tmp_path))[1]
    assert (record.inputs, record.left_out) == ({"area": 1.0}, ("street",))
    assert not any(b"Pave" in path.read_bytes() for path in tmp_path.iterdir())


def test_load_tests_are_not_noted(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path, ["a"], "v1")
    log.add(f"{prediction_log.LOAD_TEST}7", [1], {"prediction": 0.0})
    log.add("someone", [1], {"prediction": 0.0})
    log.close()
    assert [record.request_id for record in read(tmp_path)] == ["someone"]


def test_a_column_to_leave_out_that_there_is_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"LEAVE_OUT names Steet"):
        PredictionLog(tmp_path, ["Street"], "v1", left_out=["Steet"])


def test_the_folder_stays_within_its_bound_and_keeps_the_newest(tmp_path: Path) -> None:
    most = 400_000
    for _ in range(4):
        write(tmp_path, 3_000, max_bytes=most)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= most
    found = list(read(tmp_path))
    assert 0 < len(found) < 12_000
    assert found[-1].request_id == "id-2999"


def test_more_than_can_wait_is_dropped_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction_log, "MOST_PENDING", 10)
    assert write(tmp_path, 25) == {"written": 10, "dropped": 15}


def test_a_disk_that_fails_costs_rows_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(prediction_log, "PAUSE_SECONDS", 0.01)
    counted: Counter[str] = Counter()
    log = PredictionLog(tmp_path, ["a"], "v1", count=lambda k, n: counted.update({k: n}))

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(prediction_log.sqlite3, "connect", full)
        for i in range(3):
            log.add(str(i), [i], {"prediction": 0.0})
            wait_for(counted, "dropped", i + 1)
    log.add("after", [1], {"prediction": 0.0})
    log.close()
    assert counted == {"dropped": 3, "written": 1}
    assert [record.request_id for record in read(tmp_path)] == ["after"]
    said = [record.message for record in caplog.records]
    assert sum("cannot be written" in text for text in said) == 1
    assert sum("is written again" in text for text in said) == 1


def wait_for(counted: Counter[str], outcome: str, rows: int) -> None:
    deadline = time.monotonic() + 10
    while counted[outcome] < rows and time.monotonic() < deadline:
        time.sleep(0.005)
    assert counted[outcome] == rows


def test_a_folder_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"APP_PREDICTION_LOG = .*cannot be written"):
        PredictionLog(tmp_path / "file", ["a"], "v1")


def test_a_folder_without_a_log_and_a_damaged_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no prediction log"):
        read(tmp_path)
    (tmp_path / "predictions-1.sqlite").write_bytes(b"not a database, and long enough" * 40)
    with pytest.raises(UserError, match=r"predictions-1.sqlite: not a readable"):
        list(read(tmp_path))
