"""A training that was killed goes on where it was, and only there."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from killed import needs_sigkill, run_until_killed
from trained_parts import fit, same_weights, tiny

from {{ cookiecutter.package_name }} import fitting
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.fitting import Trained
from {{ cookiecutter.package_name }}.training_state import NAME, Epoch

CHECKPOINTS = Path("models/.checkpoints/resnet")
# Dropout and mixup draw random numbers: going on must not draw others.
RANDOM: dict[str, Any] = {"epochs": 4, "mixup": 0.3}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Killed(Exception):
    """Stands for a kill, in one process."""


def random(**train: Any) -> Params:
    return tiny(model={"dropout": 0.2}, train={**RANDOM, **train})


def stopped(kill_in: int, **train: Any) -> None:
    """Train, and stop before the epoch after `kill_in` is told of."""

    def on_epoch(epoch: Epoch) -> None:
        if epoch["epoch"] > kill_in:
            raise Killed

    with pytest.raises(Killed):
        fit(random(**train), checkpoints=CHECKPOINTS, on_epoch=on_epoch)


def gone_on(**train: Any) -> Trained:
    return fit(random(**train), checkpoints=CHECKPOINTS)


def test_a_run_that_goes_on_ends_like_one_that_was_never_stopped() -> None:
    stopped(kill_in=2)
    resumed, whole = gone_on(), fit(random())
    assert resumed.training["resumed"] is True
    assert whole.training["resumed"] is False
    assert same_weights(resumed, whole)
    assert resumed.training["curve"] == whole.training["curve"]


def test_a_run_that_was_killed_after_its_last_epoch_trains_no_more() -> None:
    done = gone_on()
    again = gone_on()
    assert again.training["resumed"] is True
    assert again.training["examples_per_second"] is None
    assert again.training["curve"] == done.training["curve"]
    assert same_weights(again, done)


KILLED = """
from pathlib import Path
from {{ cookiecutter.package_name }} import trainer
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import load_train, load_validation
from {{ cookiecutter.package_name }}.fitting import fit_network

trainer.CHECKPOINT_EVERY_S = 0.0  # a checkpoint after each step
plain = trainer.numbers_for

def deadly(seed, epoch, step):
    if (epoch, step) == (2, 3):
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(seed, epoch, step)

trainer.numbers_for = deadly
params = Params.model_validate_json(sys.argv[1])
fit_network("resnet", params, load_train(params), load_validation(params),
            checkpoints=Path(sys.argv[2]))
"""


@needs_sigkill
def test_a_run_that_is_killed_within_an_epoch_goes_on_from_that_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    params = random()
    run_until_killed(KILLED, params.model_dump_json(), str(CHECKPOINTS))
    drawn: list[tuple[int, int]] = []
    from {{ cookiecutter.package_name }} import trainer

    plain = trainer.numbers_for

    def noting(seed: int, epoch: int, step: int) -> np.random.Generator:
        drawn.append((epoch, step))
        return plain(seed, epoch, step)

    monkeypatch.setattr(trainer, "numbers_for", noting)
    resumed = gone_on()
    assert drawn[0] == (2, 3)
    assert resumed.training["resumed"] is True
    whole = fit(params)
    assert same_weights(resumed, whole)
    assert resumed.training["curve"] == whole.training["curve"]


@pytest.mark.parametrize("change", [{"learning_rate": 0.001}, {"batch_size": 8}, {"resume": False}])
def test_with_another_setting_it_begins_anew(change: dict[str, Any]) -> None:
    stopped(kill_in=1)
    before = {path.parent.name for path in CHECKPOINTS.rglob(NAME)}
    found = gone_on(**change)
    assert found.training["resumed"] is False
    assert found.training["epochs"] == 4
    # What belongs to other settings is gone: checkpoints are large.
    after = {path.parent.name for path in CHECKPOINTS.rglob(NAME)}
    assert len(after) == 1
    assert not before & after or "resume" in change


def test_with_other_code_it_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(kill_in=1)
    monkeypatch.setattr(fitting, "code_digest", lambda folder: "edited")
    assert gone_on().training["resumed"] is False


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no checkpoint", b"not even that"])
def test_a_checkpoint_that_cannot_be_read_is_not_used(content: bytes) -> None:
    stopped(kill_in=1)
    (path,) = CHECKPOINTS.rglob(NAME)
    path.write_bytes(content)
    assert gone_on().training["resumed"] is False


def test_a_checkpoint_that_was_cut_off_is_not_used() -> None:
    stopped(kill_in=1)
    (path,) = CHECKPOINTS.rglob(NAME)
    path.write_bytes(path.read_bytes()[:-200])
    assert gone_on().training["resumed"] is False


def test_a_checkpoint_holds_only_what_can_be_loaded_without_running_code() -> None:
    import torch

    stopped(kill_in=1)
    (path,) = CHECKPOINTS.rglob(NAME)
    state = torch.load(path, weights_only=True)
    assert state["progress"]["epoch"] == 1
    assert json.dumps(state["progress"])
