"""The hub's data sets by their real loader, from a stub of the hub; cached, checked, or refused."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_stub import COMMIT, serving
from huggingface_hub import constants

from {{ cookiecutter.package_name }} import data, sources
from {{ cookiecutter.package_name }}.config import DataParams, Params
from {{ cookiecutter.package_name }}.errors import UserError

SOURCE = Path(sources.__file__).parents[1]
CLASSES = ["negative", "positive"]  # in this order, and not as numbers
SPLITS = {"train": 60, "validation": 20, "test": 20}


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """SST-2 as the hub has it: a Parquet file for each split, the test split without labels."""
    folder = tmp_path / "repository"
    (folder / "data").mkdir(parents=True)
    label = {"names": CLASSES, "_type": "ClassLabel"}
    text = {"dtype": "string", "_type": "Value"}
    features = {"info": {"features": {"sentence": text, "label": label}}}
    paths = []
    for split, rows in SPLITS.items():
        labels = [-1] * rows if split == "test" else [row % 2 for row in range(rows)]
        table = pa.table({"sentence": [f"{split} {row}" for row in range(rows)], "label": labels})
        path = folder / "data" / f"{split}-00000-of-00001.parquet"
        pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(features)}), path)
        paths.append(f"  - split: {split}\n    path: data/{split}-*\n")
    readme = f"---\nconfigs:\n- config_name: default\n  data_files:\n{''.join(paths)}---\n"
    (folder / "README.md").write_text(readme)
    return folder


def run_data(*settings: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`data` in a process of its own: the hub's address is read when its client is imported."""
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("HF_") and not key.endswith("_OFFLINE")
    }
    overrides = [part for setting in settings for part in ("--set", setting)]
    Path("params.yaml").write_text("{}\n")
    return subprocess.run(
        [sys.executable, "-m", "{{ cookiecutter.package_name }}", "data", *overrides],
        env={**inherited, "HF_HOME": "hub", "PYTHONPATH": str(SOURCE), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_data_set_of_the_hub_is_downloaded_once_and_keeps_its_parts(repository: Path) -> None:
    with serving(repository) as (address, asked):
        process = run_data("data.source=sst2", HF_ENDPOINT=address)
        assert process.returncode == 0, process.stderr
        assert any(f"/resolve/{COMMIT}/data/train" in path for path in asked)
    # The hub is gone by now.
    params = Params(data=DataParams(source="sst2"))
    dataset = data.prepare(params)
    assert dataset.meta.classes == tuple(CLASSES)
    assert (dataset.meta.rows, dataset.meta.test_rows) == (80, 20)
    assert dataset.official == ("test",)
    assert "stanfordnlp/sst2" in dataset.meta.name
    assert not dataset.meta.synthetic
    test = data.load_test(params)
    assert sorted(test.texts) == sorted(f"validation {row}" for row in range(20))
    assert all(test.labels[i] == int(text.split()[1]) % 2 for i, text in enumerate(test.texts))
    cached = Path("data/raw/sst2.parquet")
    assert cached.with_name("sst2.parquet.sha256").read_text().split()[0] == dataset.meta.sha256
    cached.write_bytes(cached.read_bytes() + b"\0")
    with pytest.raises(UserError, match="changed since it was downloaded"):
        data.prepare(params)


def test_offline_without_a_cache_is_one_line_that_says_what_to_do() -> None:
    process = run_data("data.source=imdb", HF_HUB_OFFLINE="1")
    assert process.returncode == 2, process.stderr
    (line,) = process.stderr.splitlines()
    assert "stanfordnlp/imdb: HF_HUB_OFFLINE is set" in line
    assert "--set data.source=sample" in line
    assert not list(Path("data").rglob("*.parquet*"))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (None, "cannot be reached or read .*refused"),
        (500, "cannot be reached or read .*500"),
        (404, "the hub does not have it"),
    ],
)
def test_a_hub_that_does_not_give_it_is_one_line_within_seconds(
    fault: int | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with serving(tmp_path, fault) as (address, _):
        if fault is not None:
            monkeypatch.setattr(constants, "ENDPOINT", address)
            refusal(words)
    if fault is None:  # nothing listens there any more
        monkeypatch.setattr(constants, "ENDPOINT", address)
        refusal(words)


def refusal(words: str) -> None:
    begun = time.monotonic()
    with pytest.raises(UserError, match=words) as caught:
        data.prepare(Params(data=DataParams(source="sst2")))
    assert time.monotonic() - begun < 10
    assert "\n" not in str(caught.value)
    assert "--set data.source=sample" in str(caught.value)
    assert list(Path("data/raw").iterdir()) == []


def test_a_revision_has_a_file_of_its_own() -> None:
    names = [sources.raw_file(DataParams(source="sst2", revision=r)) for r in (None, "v1", "a/b")]
    assert [name.name for name in names] == ["sst2.parquet", "sst2-v1.parquet", "sst2-a-b.parquet"]
