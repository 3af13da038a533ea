"""Where a model is trained, in which precision, and by how many processes."""

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }} import torch_device
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.torch_checkpoints import digest
from {{ cookiecutter.package_name }}.torch_device import (
    Abilities,
    abilities,
    choose_device,
)
from {{ cookiecutter.package_name }}.torch_processes import joined
from {{ cookiecutter.package_name }}.torch_quiet import quiet

PLAIN = Abilities(cuda=None, cuda_bf16=False, mps=False, cpu_tiles=False)
TILES = Abilities(cuda=None, cuda_bf16=False, mps=False, cpu_tiles=True)
APPLE = Abilities(cuda=None, cuda_bf16=False, mps=True, cpu_tiles=False)
OLD_GPU = Abilities(cuda="T4", cuda_bf16=False, mps=False, cpu_tiles=True)
NEW_GPU = Abilities(cuda="L4", cuda_bf16=True, mps=False, cpu_tiles=False)


@pytest.mark.parametrize(
    ("has", "kind", "precision"),
    [
        (PLAIN, "cpu", "none"),
        (TILES, "cpu", "bf16"),
        (APPLE, "mps", "none"),
        (OLD_GPU, "cuda", "fp16"),
        (NEW_GPU, "cuda", "bf16"),
    ],
)
def test_auto_takes_16_bits_where_the_machine_gains_from_them(
    has: Abilities, kind: str, precision: str
) -> None:
    found = choose_device("auto", has)
    assert (found.kind, found.precision) == (kind, precision)


def test_several_processes_do_not_share_an_apple_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    assert abilities().mps
    assert not abilities(processes=2).mps


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    with pytest.raises(UserError, match="--nproc-per-node=1"), joined():
        pass


@pytest.mark.parametrize("has", [PLAIN, TILES, APPLE, OLD_GPU, NEW_GPU])
def test_what_is_asked_for_is_taken(has: Abilities) -> None:
    assert choose_device("none", has).precision == "none"
    assert choose_device("bf16", has).precision == "bf16"


@pytest.mark.parametrize("has", [PLAIN, TILES, APPLE])
def test_fp16_without_a_gpu_is_one_line(has: Abilities) -> None:
    with pytest.raises(UserError, match=r"train\.mixed_precision is fp16") as caught:
        choose_device("fp16", has)
    assert "\n" not in str(caught.value)
    assert choose_device("fp16", OLD_GPU).precision == "fp16"


def test_the_device_is_named_with_its_precision() -> None:
    assert str(choose_device("auto", TILES)) == "CPU, bf16"
    assert str(choose_device("none", NEW_GPU)) == "L4"


def test_this_machine_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_device("auto", abilities()).kind in ("cuda", "mps", "cpu")
    # A PyTorch that cannot tell has none.
    monkeypatch.delattr(torch_device.torch.cpu, "_is_amx_tile_supported", raising=False)
    assert abilities().cpu_tiles is False


def test_alone_there_is_one_process_and_nothing_to_wait_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined() as processes:
        assert (processes.rank, processes.count, processes.first) == (0, 1, True)
        processes.wait()
        with processes.first_before_others():
            pass


IN_TURN = """
import sys, time
from pathlib import Path
from {{ cookiecutter.package_name }}.torch_processes import joined

note = Path(sys.argv[1])
with joined() as processes:
    with processes.first_before_others():
        if processes.first:
            time.sleep(0.5)
            note.write_text("written")
        else:
            assert note.read_text() == "written"
    processes.wait()
    Path(f"{note}.{processes.rank}").write_text(str(processes.count))
"""


def test_the_others_find_what_the_first_has_written(tmp_path: Path) -> None:
    script = tmp_path / "in_turn.py"
    script.write_text(IN_TURN)
    source = str(Path(torch_device.__file__).parents[1])
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    found = subprocess.run(
        [sys.executable, *command, str(script), str(tmp_path / "note")],
        env={**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert found.returncode == 0, found.stderr
    assert [(tmp_path / f"note.{rank}").read_text() for rank in (0, 1)] == ["2", "2"]


def test_any_change_gives_another_digest() -> None:
    first = digest({"a": 1, "b": [1, 2]}, "x")
    assert first == digest({"b": [1, 2], "a": 1}, "x")
    assert len({first, digest({"a": 1, "b": [2, 1]}, "x"), digest({"a": 1, "b": [1, 2]})}) == 3


def test_libraries_are_quiet_inside_and_as_before_outside(
    capfd: pytest.CaptureFixture[str],
) -> None:
    from transformers.utils import logging as hugging_face

    bars, level = hugging_face.is_progress_bar_enabled(), hugging_face.get_verbosity()
    logger = logging.getLogger("torch")
    before = logger.level
    with quiet():
        warnings.warn("some day", FutureWarning, stacklevel=1)
        logger.warning("a notice")
        assert not hugging_face.is_progress_bar_enabled()
    assert capfd.readouterr().err == ""
    assert (hugging_face.is_progress_bar_enabled(), hugging_face.get_verbosity()) == (bars, level)
    assert logger.level == before
