"""A training that was killed goes on where it was, and only there."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import small_params
from pretrained_stub import write_pretrained

from {{ cookiecutter.package_name }} import train
from {{ cookiecutter.package_name }}.data import load_train, load_validation
from {{ cookiecutter.package_name }}.fitting import Transformer, fit_transformer
from {{ cookiecutter.package_name }}.torch_checkpoints import newest, only
from {{ cookiecutter.package_name }}.trainer import Epoch

CHECKPOINTS = Path("models/.checkpoints/small")
# Dropout draws random numbers: going on must not draw others.
DROPOUT: dict[str, Any] = {"model": {"dropout": 0.1}}


class Killed(Exception):
    """Stands for a kill, in one process."""


def fit(kill_in: int = 99, checkpoints: Path | None = CHECKPOINTS, **train: Any) -> Transformer:
    """Train for four epochs; stop before the one after `kill_in` is told of."""
    params = small_params(**DROPOUT, train={"epochs": 4, **train})

    def on_epoch(epoch: Epoch) -> None:
        if epoch["epoch"] > kill_in:
            raise Killed

    data, validation = load_train(params), load_validation(params)
    return fit_transformer(
        "small", params, data, validation, checkpoints=checkpoints, on_epoch=on_epoch
    )


def states() -> list[str]:
    return sorted(str(path.parent) for path in CHECKPOINTS.rglob("trainer_state.json"))


def test_a_run_that_goes_on_ends_like_one_that_was_never_stopped(project: Path) -> None:
    texts = load_validation(small_params()).texts
    with pytest.raises(Killed):
        fit(kill_in=2)
    resumed, whole = fit(), fit(checkpoints=None)
    assert resumed.training["resumed"] is True
    assert whole.training["resumed"] is False
    assert np.array_equal(resumed.logits(texts), whole.logits(texts))
    assert resumed.training["curve"] == whole.training["curve"]


def test_a_run_that_was_killed_after_its_last_epoch_trains_no_more(project: Path) -> None:
    texts = load_validation(small_params()).texts
    done = fit(epochs=2)
    again = fit(epochs=2)
    assert again.training["resumed"] is True
    assert again.training["examples_per_second"] is None
    assert again.training["curve"] == done.training["curve"]
    assert np.array_equal(again.logits(texts), done.logits(texts))


def test_a_run_that_had_stopped_early_stays_stopped(project: Path) -> None:
    flat: dict[str, Any] = {"epochs": 20, "patience": 1, "learning_rate": 1e-9}
    assert fit(**flat).training["epochs"] == 2
    assert fit(**flat).training["epochs"] == 2


def test_with_other_pretrained_weights_it_begins_anew(project: Path) -> None:
    folder = write_pretrained(Path("pretrained"), load_validation(small_params()).texts)
    params = small_params(model={"name": str(folder)}, train={"epochs": 2})

    def resumed() -> bool:
        data, validation = load_train(params), load_validation(params)
        found = fit_transformer("pretrained", params, data, validation, checkpoints=CHECKPOINTS)
        return bool(found.training["resumed"])

    assert [resumed(), resumed()] == [False, True]
    weights = folder / "model.safetensors"
    later = weights.stat().st_mtime + 60
    os.utime(weights, (later, later))  # written anew, in a folder of the same age
    assert not resumed()


@pytest.mark.parametrize("change", [{"learning_rate": 0.001}, {"batch_size": 8}, {"resume": False}])
def test_with_another_setting_it_begins_anew(project: Path, change: dict[str, Any]) -> None:
    with pytest.raises(Killed):
        fit(kill_in=1)
    before = states()
    found = fit(**change)
    assert found.training["resumed"] is False
    assert found.training["epochs"] == 4
    # What belongs to the other settings is gone: checkpoints are large.
    assert not set(before).intersection(states()) or "resume" in change


def test_a_checkpoint_that_was_cut_off_is_not_used(project: Path) -> None:
    with pytest.raises(Killed):
        fit(kill_in=1)
    (state,) = CHECKPOINTS.rglob("trainer_state.json")
    last = state.parent.with_name("checkpoint-99999")
    shutil.copytree(state.parent, last)
    (last / "trainer_state.json").write_text('{"epoch": 1.0, "glo')
    assert fit().training["resumed"] is True
    assert not last.exists()


def test_the_newest_whole_checkpoint_is_taken(tmp_path: Path) -> None:
    for step in (9, 10, 100):
        (tmp_path / f"checkpoint-{step}").mkdir()
    assert newest(tmp_path) is None
    for step in (9, 10):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}/trainer_state.json").write_text("{}")
    assert newest(tmp_path) == tmp_path / "checkpoint-10"
    assert newest(tmp_path / "nowhere") is None


def test_only_one_folder_of_checkpoints_is_kept(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    assert only(tmp_path, "new") == tmp_path / "new"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


KILLED = """
import os, signal, sys
from {{ cookiecutter.package_name }} import train, trainer
from {{ cookiecutter.package_name }}.config import Params

class Deadly(trainer.Watch):
    def on_epoch_begin(self, args, state, control, **kwargs):
        if state.global_step and state.epoch >= 2:
            os.kill(os.getpid(), signal.SIGKILL)
        super().on_epoch_begin(args, state, control, **kwargs)

from {{ cookiecutter.package_name }} import fitting
fitting.Watch = Deadly
train.train(Params.model_validate_json(sys.argv[1]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_train_keeps_the_old_model_and_the_next_one_goes_on(project: Path) -> None:
    params = small_params(**DROPOUT, train={"epochs": 4})
    before = (Path("models") / "manifest.json").read_bytes()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, params.model_dump_json()],
        env={**os.environ, "PYTHONPATH": str(Path(train.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (Path("models") / "manifest.json").read_bytes() == before
    assert len(states()) in (1, 2)
    found = train.train(params)
    assert found.metrics["training"]["resumed"] is True
    assert len(found.metrics["training"]["curve"]) == 4
    assert not Path("models/.checkpoints").exists()
    assert json.loads(Path("models/manifest.json").read_text())["version"] == found.manifest.version
