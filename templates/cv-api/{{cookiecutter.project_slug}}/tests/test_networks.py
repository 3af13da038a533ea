"""The networks: normalising first, maps that keep their places, one linear layer last."""

import pytest
import torch

from {{ cookiecutter.package_name }}.networks import (
    STAGES,
    Classifier,
    residual_network,
    small_cnn,
)

MEAN, DEVIATION = [120.0, 110.0, 100.0], [60.0, 50.0, 40.0]


def pixels(count: int = 4, size: int = 16) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, size, size, 3), generator=generator, dtype=torch.uint8)


def networks() -> list[Classifier]:
    torch.manual_seed(0)
    return [small_cnn(5, MEAN, DEVIATION), residual_network(8, 16, 5, MEAN, DEVIATION)]


def test_the_first_layer_takes_pixels_of_eight_bits_to_mean_0_and_deviation_1() -> None:
    shown = pixels(200)
    values = shown.reshape(-1, 3).float()
    model = residual_network(4, 16, 2, values.mean(0).tolist(), values.std(0).tolist())
    found = model.normalised(shown)
    assert found.shape == (200, 3, 16, 16)
    assert found.mean((0, 2, 3)).tolist() == pytest.approx([0.0] * 3, abs=1e-4)
    assert found.std((0, 2, 3)).tolist() == pytest.approx([1.0] * 3, abs=1e-3)
    assert torch.equal(found[:, 0, 2, 5], (shown[:, 2, 5, 0] - model.mean[0]) / model.deviation[0])


def test_pictures_lie_channels_last_from_the_first_layer_on() -> None:
    found = networks()[1].normalised(pixels())
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_a_channel_that_is_the_same_everywhere_is_not_divided_by_nothing() -> None:
    model = small_cnn(2, [7.0] * 3, [0.0] * 3)
    assert torch.isfinite(model(torch.full((2, 16, 16, 3), 7, dtype=torch.uint8))).all()


@pytest.mark.parametrize("which", [0, 1])
def test_a_logit_is_the_mean_of_the_maps_times_its_weights(which: int) -> None:
    # What Grad-CAM in the service relies on: how a logit changes with a map is a constant.
    model = networks()[which].eval()
    shown = pixels()
    features = model.maps(model.normalised(shown)).detach().requires_grad_()
    logits = model.head(features.mean((2, 3)))
    assert torch.allclose(logits, model(shown), atol=1e-6)
    logits[:, 2].sum().backward()
    places = features.shape[2] * features.shape[3]
    expected = (model.head.weight[2] / places)[None, :, None, None].expand_as(features)
    assert features.grad is not None
    assert torch.allclose(features.grad, expected)


@pytest.mark.parametrize(("size", "places"), [(8, 4), (16, 4), (24, 6), (32, 4), (64, 8)])
def test_each_stage_halves_the_picture_as_long_as_places_are_left(size: int, places: int) -> None:
    model = residual_network(8, size, 5, MEAN, DEVIATION).eval()
    expected = (2, STAGES[-1] * 8, places, places)
    assert model.maps(model.normalised(pixels(2, size))).shape == expected


def test_the_width_sets_the_channels() -> None:
    narrow, wide = (residual_network(width, 16, 5, MEAN, DEVIATION) for width in (8, 16))
    sizes = [sum(each.numel() for each in model.parameters()) for model in (narrow, wide)]
    assert sizes[1] > 3 * sizes[0]


@pytest.mark.parametrize("which", [0, 1])
def test_any_size_of_picture_gives_an_answer(which: int) -> None:
    model = networks()[which].eval()
    for size in (8, 20, 33):
        assert model(pixels(2, size)).shape == (2, 5)


def test_dropout_works_in_training_alone() -> None:
    model = residual_network(8, 16, 5, MEAN, DEVIATION, dropout=0.5)
    shown = pixels()
    model.eval()
    assert torch.equal(model(shown), model(shown))
    model.train()
    assert not torch.equal(model(shown), model(shown))


def test_the_same_seed_gives_the_same_weights() -> None:
    for one, other in zip(networks(), networks(), strict=True):
        for mine, its in zip(one.parameters(), other.parameters(), strict=True):
            assert torch.equal(mine, its)
