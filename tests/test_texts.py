"""sentiment-bot on real texts, where they are at hand: what its door lets in, and how they part.

The data are not part of the library. They are looked for in ../shared/data beside it, or where
TEXTS_FOLDER says.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from engines import LIBRARY

TEXTS = Path(os.environ.get("TEXTS_FOLDER", LIBRARY.parent / "shared" / "data"))

pytestmark = pytest.mark.skipif(
    not (TEXTS / "sst2" / "train.tsv").is_file() or not (TEXTS / "semeval" / "dev.tsv").is_file(),
    reason=f"SST-2 and SemEval are not at {TEXTS} (TEXTS_FOLDER)",
)


@pytest.fixture
def prepared(rendered, tmp_path):
    """What `data` finds in a set's training and development files, and what it says."""

    def prepare(name, *settings):
        project = tmp_path / "project"
        shutil.copytree(rendered("sentiment-bot"), project)
        files = (f"data.path={TEXTS / name}/train.tsv", f"data.test_path={TEXTS / name}/dev.tsv")
        flags = [part for each in (*files, *settings) for part in ("--set", each)]
        process = subprocess.run(
            [sys.executable, "-m", "sentiment_bot", "data", "--set", "data.source=file", *flags],
            cwd=project,
            env={**os.environ, "PYTHONPATH": "src", "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode:
            return None, process.stderr
        return json.loads((project / "data/processed/dataset.json").read_text()), process.stdout

    return prepare


def test_a_file_without_names_is_read_by_positions_and_its_dev_set_held_out(prepared):
    found, said = prepared("sst2", "data.text=0", "data.label=1")
    meta = found["meta"]
    assert (meta["rows"], meta["classes"]) == (6920 + 872, ["0", "1"])
    # One sentence of the dev set is a training sentence too, and is not measured on.
    assert (meta["across"], meta["test_rows"]) == (1, 871)
    assert meta["train_rows"] + meta["validation_rows"] == 6920
    assert "1 text stood in two of the source's parts" in said


def test_names_that_are_not_there_are_refused_with_the_way_out(prepared):
    found, said = prepared("sst2")
    assert found is None
    assert "no column text (data.text)" in said
    assert "count them: 0 is the first column" in said


def test_tweets_with_lone_quotes_are_read_line_by_line(prepared):
    found, said = prepared("semeval")
    for part, name in (("train", "train.tsv"), ("test", "dev.tsv")):
        lines = (TEXTS / "semeval" / name).read_text(encoding="utf-8").split("\n")[1:]
        rows = sum(bool(line.strip()) for line in lines)
        counted = sum(found["counts"][part].values())
        if part == "train":
            counted += sum(found["counts"]["validation"].values())
        assert counted == rows
    assert found["meta"]["classes"] == ["negative", "neutral", "positive"]
    assert "texts stand with two labels" in said
