"""Training on two processes: each step's pictures are shared out, and the model is as good."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pretrained_stub import write_pretrained
from safetensors.numpy import load_file
from trained_parts import tiny

from {{ cookiecutter.package_name }} import train
from {{ cookiecutter.package_name }}.config import Params

# Writes down which pictures each process has in each step, then trains as the command does.
SCRIPT = """
import json, os, sys
from pathlib import Path
from {{ cookiecutter.package_name }} import train, trainer
from {{ cookiecutter.package_name }}.config import Params

seen = []
plain = trainer.plain_loss

def noting(logits, targets):
    seen.append(len(targets))
    return plain(logits, targets)

trainer.plain_loss = noting
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


def sizes(name: str) -> list[int]:
    found: list[int] = json.loads(Path(f"seen-{name}.json").read_text())
    return found


def metrics() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("reports/metrics.json").read_text())
    return found


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
def test_two_processes_share_each_step_and_make_the_same_model() -> None:
    # Without batch normalisation, which sees a process's share alone, both do the same sums.
    params = tiny(train={"model": "cnn", "mixed_precision": "none"})
    alone = run(params, 1)
    assert alone.returncode == 0, alone.stderr
    one, weights = metrics(), load_file("models/model.safetensors")
    together = run(params, 2)
    assert together.returncode == 0, together.stderr
    two, shared = metrics(), load_file("models/model.safetensors")
    assert set(sizes("alone")) == {16}
    assert sizes("0") == sizes("1") == [8] * len(sizes("alone"))
    assert two["training"]["processes"] == 2
    assert two["training"]["batch_size"] == one["training"]["batch_size"] == 16
    for name, each in weights.items():
        assert float(np.abs(each - shared[name]).mean()) < 1e-4, name
    losses = [[e["train_loss"] for e in each["training"]["curve"]] for each in (one, two)]
    assert losses[1] == pytest.approx(losses[0], abs=0.01)


@pytest.mark.slow
def test_with_batch_normalisation_the_model_is_as_good() -> None:
    params = tiny(data={"max_rows": 600}, model={"width": 8}, train={"epochs": 6})
    scores = []
    for processes in (1, 2):
        found = run(params, processes)
        assert found.returncode == 0, found.stderr
        scores.append(metrics()["training"]["curve"][-1]["macro_f1"])
    assert scores[1] > scores[0] - 0.1


@pytest.mark.slow
def test_a_pretrained_network_with_weights_that_nothing_depends_on_is_trained(
    tmp_path: Path,
) -> None:
    folder = write_pretrained(tmp_path / "vit", "vit")
    params = tiny(model={"name": str(folder), "width": None}, train={"epochs": 4})
    found = run(params, 2)
    assert found.returncode == 0, found.stderr
    assert 0 < metrics()["training"]["frozen_epochs"] < 4


@pytest.mark.slow
def test_only_the_first_process_writes_and_prints() -> None:
    found = run(tiny(train={"epochs": 1}), 2)
    assert found.returncode == 0, found.stderr
    assert found.stderr.count("Training resnet") == 1
    assert len(list(Path("models").glob("manifest.json"))) == 1
    assert not list(Path("models").glob(".new-*"))
    assert not Path("models/.checkpoints").exists()


@pytest.mark.slow
def test_a_mistake_ends_all_processes_with_one_line() -> None:
    Path("params.yaml").write_text(tiny().model_dump_json())
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
