"""Augmentation: what each part does, and that a step's randomness can be had again."""

import numpy as np
import pytest
import torch

from {{ cookiecutter.package_name }}.augmentation import (
    Augmentation,
    Kind,
    augment,
    cut_out,
    mixed,
    numbers_for,
    recoloured,
    shifted,
    turned,
)

FILL = torch.tensor([9.0, 8.0, 7.0])
SIZE = 16


def pixels(count: int = 40) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, SIZE, SIZE, 3), generator=generator, dtype=torch.uint8)


def targets(count: int = 40) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.arange(count) % 3, 3).float()


def how(kind: Kind, flip: bool = True, cutout: float = 0.25, mixup: float = 0.0) -> Augmentation:
    return Augmentation(kind, flip, cutout, mixup)


@pytest.mark.parametrize("kind", ["light", "strong"])
@pytest.mark.parametrize("mixup", [0.0, 0.4])
def test_a_step_can_be_repeated_and_another_one_is_another(kind: Kind, mixup: float) -> None:
    def step(number: int) -> tuple[torch.Tensor, torch.Tensor]:
        numbers = numbers_for(seed=1, epoch=2, step=number)
        return augment(pixels(), targets(), how(kind, mixup=mixup), numbers, FILL)

    first, again, other = step(3), step(3), step(4)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])
    assert not torch.equal(first[0], pixels())


@pytest.mark.parametrize("kind", ["light", "strong"])
def test_shapes_stay_and_values_are_still_pixels(kind: Kind) -> None:
    found, _ = augment(pixels(), targets(), how(kind), numbers_for(1, 1, 1), FILL)
    assert found.shape == pixels().shape
    assert float(found.min()) >= 0
    assert float(found.max()) <= 255
    assert torch.isfinite(found.float()).all()


def test_none_leaves_everything_as_it_is() -> None:
    shown = pixels()
    found, same = augment(shown, targets(), how("none", mixup=0.5), numbers_for(1, 1, 1), FILL)
    assert found is shown
    assert torch.equal(same, targets())


def test_a_shifted_picture_is_a_crop_of_the_reflected_one() -> None:
    shown = pixels()
    found = shifted(shown, numbers_for(1, 1, 1), share=0.125, flip=False)
    most = round(0.125 * SIZE)
    places = set()
    for before, after in zip(shown.numpy(), found.numpy(), strict=True):
        padded = np.pad(before, ((most, most), (most, most), (0, 0)), mode="reflect")
        fits = [
            (down, across)
            for down in range(2 * most + 1)
            for across in range(2 * most + 1)
            if np.array_equal(padded[down : down + SIZE, across : across + SIZE], after)
        ]
        assert len(fits) == 1
        places.add(fits[0])
    assert len(places) > 10  # each picture goes its own way


def test_half_of_the_pictures_are_mirrored_and_none_if_they_must_not_be() -> None:
    shown = pixels(200)
    for flip, least, most in ((True, 70, 130), (False, 0, 0)):
        found = shifted(shown, numbers_for(1, 1, 1), share=0.0, flip=flip)
        mirrored = (found == shown.flip(2)).all(dim=(1, 2, 3))
        kept = (found == shown).all(dim=(1, 2, 3))
        assert least <= int(mirrored.sum()) <= most
        assert int(mirrored.sum()) + int(kept.sum()) == 200


def test_cutout_paints_one_square_in_the_mean_colour() -> None:
    shown = pixels(100).clamp_min(20)
    found = cut_out(shown, numbers_for(1, 1, 1), 0.25, FILL)
    for before, after in zip(shown, found, strict=True):
        painted = (after == FILL).all(dim=2)
        assert torch.equal(after[~painted], before[~painted])
        rows, columns = painted.any(dim=1).nonzero(), painted.any(dim=0).nonzero()
        assert painted.sum() == len(rows) * len(columns)  # a whole rectangle
        assert max(len(rows), len(columns)) <= 4
    whole = [int((each == FILL).all(dim=2).sum()) for each in found]
    assert np.mean([area == 16 for area in whole]) > 0.5


def test_mixup_mixes_targets_as_it_mixes_pictures() -> None:
    shown = pixels().float()
    found, shares = mixed(shown, targets(), numbers_for(1, 1, 1), 0.5)
    assert torch.allclose(shares.sum(dim=1), torch.ones(40))
    # The sum of all pictures and targets: with weights that are known, it can be had twice.
    flat = torch.cat([shown.flatten(1), targets()], dim=1)
    both = torch.cat([found.flatten(1), shares], dim=1)
    solved = torch.linalg.lstsq(flat.T.double(), both.T.double()).solution
    assert torch.allclose(flat.T.double() @ solved, both.T.double(), atol=1e-3)
    assert float(solved.diagonal().min()) >= 0.5 - 1e-6  # the larger share is the picture's own


def test_turning_and_scaling_keep_a_plain_picture_plain() -> None:
    plain = torch.full((8, SIZE, SIZE, 3), 77.0)
    assert torch.allclose(turned(plain, numbers_for(1, 1, 1)), plain, atol=1e-3)


def test_turning_moves_the_edge_more_than_the_middle() -> None:
    ramp = torch.linspace(0, 255, SIZE)[None, :, None, None].expand(50, SIZE, SIZE, 3)
    moved = (turned(ramp.contiguous(), numbers_for(1, 1, 1)) - ramp).abs().mean(dim=(0, 3))
    assert float(moved[SIZE // 2, SIZE // 2]) < float(moved[0, 0]) / 2


def test_another_colour_is_another_brightness_contrast_and_saturation() -> None:
    grey = torch.full((300, 4, 4, 3), 128.0)
    found = recoloured(grey, numbers_for(1, 1, 1))
    assert torch.allclose(found[..., 0], found[..., 2], atol=1e-3)  # grey has no colour to change
    brightness = found.mean(dim=(1, 2, 3))
    assert float(brightness.min()) < 100 < 150 < float(brightness.max())
    vivid = torch.zeros((300, 4, 4, 3))
    vivid[..., 0] = 150.0
    colour = recoloured(vivid, numbers_for(1, 1, 1))
    distance = colour[..., 0] - colour[..., 1]
    assert float(distance.mean(dim=(1, 2)).std()) > 5
