"""Training on two processes: the same texts in the same order, and a model as good."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import small_params

from {{ cookiecutter.package_name }} import train
from {{ cookiecutter.package_name }}.config import Params

# Writes down which texts each process has in each step, then trains as the command does.
SCRIPT = """
import json, os, sys
from pathlib import Path
from {{ cookiecutter.package_name }} import train, trainer
from {{ cookiecutter.package_name }}.config import Params

seen = []

class Noting(trainer.TextTrainer):
    def training_step(self, model, inputs, *more):
        seen.append([row[row != 0].tolist() for row in inputs["input_ids"]])
        return super().training_step(model, inputs, *more)

from {{ cookiecutter.package_name }} import fitting
fitting.TextTrainer = Noting
try:
    train.train(Params.model_validate_json(sys.argv[1]))
finally:
    Path(f"seen-{os.environ.get('RANK', 'alone')}.json").write_text(json.dumps(seen))
"""


def run(params: Params, processes: int) -> "subprocess.CompletedProcess[str]":
    Path("script.py").write_text(SCRIPT)
    start = [sys.executable]
    if processes > 1:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        start += ["-m", "torch.distributed.run", f"--nproc-per-node={processes}"]
        start += ["--master-addr=127.0.0.1", f"--master-port={port}"]
    return subprocess.run(
        [*start, "script.py", params.model_dump_json()],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(train.__file__).parents[1]),
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def steps(name: str) -> list[list[list[int]]]:
    found: list[list[list[int]]] = json.loads(Path(f"seen-{name}.json").read_text())
    return found


def metrics() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("reports/metrics.json").read_text())
    return found


@pytest.mark.slow
def test_two_processes_share_each_step_and_make_a_model_as_good(project: Path) -> None:
    plain: dict[str, Any] = {"epochs": 5, "mixed_precision": "none"}
    alone = run(small_params(train={**plain, "batch_size": 16}), 1)
    assert alone.returncode == 0, alone.stderr
    one = metrics()
    together = run(small_params(train={**plain, "batch_size": 8}), 2)
    assert together.returncode == 0, together.stderr
    two = metrics()
    pairs = zip(steps("0"), steps("1"), strict=True)
    shared = [sorted(first + second) for first, second in pairs]
    expected = [sorted(step) for step in steps("alone")]
    whole = [number for number, step in enumerate(expected) if len(step) == 16]
    assert len(shared) == len(expected)
    assert [shared[number] for number in whole] == [expected[number] for number in whole]
    assert two["training"]["processes"] == 2
    scores = [each["training"]["curve"] for each in (one, two)]
    best = [max(epoch["macro_f1"] for epoch in curve) for curve in scores]
    assert best[1] > best[0] - 0.1
    losses = [[epoch["train_loss"] for epoch in curve] for curve in scores]
    assert losses[1] == pytest.approx(losses[0], abs=0.1)


@pytest.mark.slow
def test_only_the_first_process_writes_and_prints(project: Path) -> None:
    found = run(small_params(train={"epochs": 1}), 2)
    assert found.returncode == 0, found.stderr
    assert found.stderr.count("Training small") == 1
    assert len(list(Path("models").glob("manifest.json"))) == 1
    assert not list(Path("models").glob(".new-*"))
    assert not Path("models/.checkpoints").exists()


@pytest.mark.slow
def test_a_mistake_ends_all_processes_with_one_line(project: Path) -> None:
    Path("params.yaml").write_text(small_params().model_dump_json())
    found = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"),
            *("-m", "{{ cookiecutter.package_name }}", "train"),
            *("--set", "model.name=./nowhere"),
        ],
        env={**os.environ, "PYTHONPATH": str(Path(train.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert found.returncode != 0
    assert "model.name = ./nowhere: no such folder" in " ".join(found.stderr.split())
