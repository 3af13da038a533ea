"""Exercise 4: CutMix, a rectangle of another picture in the place of a part of this one."""

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from {{ cookiecutter.package_name }}.augmentation import Augmentation, augment, numbers_for
from {{ cookiecutter.package_name }}.config import TrainParams

COUNT, SIZE = 64, 24


def how(**settings: Any) -> Augmentation:
    """Nothing but what is asked for; to move a picture of one grey changes nothing."""
    given: dict[str, Any] = {"kind": "light", "flip": False, "cutout": 0.0, "mixup": 0.0}
    with suppress(TypeError):
        return Augmentation(**given | settings)
    pytest.fail(
        "Augmentation in augmentation.py has no `cutmix` yet: the parameter of the beta "
        "distribution of the share of a picture that stays.",
        pytrace=False,
    )


def batch() -> tuple[Tensor, Tensor]:
    """Pictures of one grey each, no two of the same, each of a class of its own."""
    greys = torch.arange(COUNT, dtype=torch.uint8) * 3
    pixels = greys[:, None, None, None].expand(COUNT, SIZE, SIZE, 3).contiguous()
    return pixels, torch.eye(COUNT)


def augmented(seed: int = 0, **settings: Any) -> tuple[np.ndarray, np.ndarray]:
    """(which picture each pixel is of, (n, size, size); targets, (n, n)) of the batch."""
    fill = torch.tensor([255.0, 255.0, 255.0])
    pixels, targets = augment(*batch(), how(**settings), numbers_for(seed, 0, 0), fill)
    owner = np.rint(pixels[..., 0].numpy().astype(float) / 3).astype(int)
    return owner, targets.numpy()


def test_a_rectangle_of_one_other_picture_is_put_in() -> None:
    owner, _ = augmented(cutmix=1.0)
    changed = 0
    for row, picture in enumerate(owner):
        strange = picture != row
        changed += bool(strange.any())
        others = set(picture[strange].tolist())
        assert len(others) <= 1, f"parts of several pictures are in one: {sorted(others)}"
        if others:
            down, across = np.flatnonzero(strange.any(axis=1)), np.flatnonzero(strange.any(axis=0))
            area = (np.ptp(down) + 1) * (np.ptp(across) + 1)
            assert strange.sum() == area, "what was put in is no rectangle without a hole"
    assert changed > COUNT / 2, f"only {changed} of {COUNT} pictures have a part of another"


def test_the_target_is_mixed_by_the_areas() -> None:
    owner, targets = augmented(cutmix=1.0)
    shares = np.stack([(owner == row).mean(axis=(1, 2)) for row in range(COUNT)], axis=1)
    wrong = np.abs(shares - targets).max()
    assert wrong < 1e-4, (
        f"a target differs from the share of the pixels by {wrong:.3f}. Where a rectangle is cut "
        "off at the edge, less of the picture is replaced than was drawn."
    )


def test_how_much_stays_is_drawn_anew_for_each_picture() -> None:
    _, targets = augmented(cutmix=1.0)
    kept = np.diag(targets)
    assert len(np.unique(kept.round(4))) > COUNT / 4, "nearly all pictures keep the same share"
    assert 0.4 < kept.mean() < 0.9, (
        f"{kept.mean():.0%} of the pictures stay on average; with the parameter 1, half and a "
        "little more, since rectangles are cut off at the edges"
    )
    other = np.diag(augmented(seed=1, cutmix=1.0)[1])
    assert not np.array_equal(kept, other), "another step has the same random numbers"


def test_a_small_parameter_takes_all_or_nothing() -> None:
    _, targets = augmented(cutmix=0.05)
    kept = np.diag(targets)
    assert np.mean(kept > 0.95) > 0.25, "with a beta distribution of 0.05, many stay as they are"


def test_without_it_nothing_changes() -> None:
    owner, targets = augmented(cutmix=0.0)
    assert (owner == np.arange(COUNT)[:, None, None]).all(), "0 means: no part of another picture"
    assert np.array_equal(targets, np.eye(COUNT)), "0 means: the targets stay"
    plain = augment(*batch(), how(kind="none", cutmix=1.0), numbers_for(0, 0, 0), torch.zeros(3))
    assert torch.equal(plain[0], batch()[0]), "train.augment none: nothing at all is done"


def test_it_is_a_setting() -> None:
    how(cutmix=0.0)
    found = None
    with suppress(ValidationError):
        found = TrainParams(**{"cutmix": 1.0})
    assert found is not None, "train.cutmix is no setting yet: add it to TrainParams in config.py"
    default = TrainParams().model_dump().get("cutmix")
    assert default == 0, f"train.cutmix is to be 0 by default, and is {default!r}"
