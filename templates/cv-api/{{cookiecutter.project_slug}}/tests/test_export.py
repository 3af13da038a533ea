"""The export: the same logits as PyTorch's for each kind of network, or none at all."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from transformers import ConvNextConfig, ResNetConfig, ViTConfig

from {{ cookiecutter.package_name }} import export as exporting
from {{ cookiecutter.package_name }}.config import ExportParams
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.export import Exported, export, run
from {{ cookiecutter.package_name }}.fitting import Trained
from {{ cookiecutter.package_name }}.networks import (
    Classifier,
    residual_network,
    small_cnn,
)
from {{ cookiecutter.package_name }}.picture import Pixels, Preprocessing
from {{ cookiecutter.package_name }}.pretrained import empty_body

SIZE, CLASSES = 32, ("cat", "dog", "horse")
MEAN, DEVIATION = [120.0, 110.0, 100.0], [60.0, 55.0, 65.0]
PRETRAINED: dict[str, Any] = {
    "ResNet": ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic"
    ),
    "ConvNeXt": ConvNextConfig(hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1]),
    "ViT": ViTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=SIZE,
        patch_size=8,
    ),
}
KINDS = ("cnn", "resnet", *PRETRAINED)


def network(kind: str) -> Classifier:
    """A network of a few channels, whose normalisation has seen other numbers than 0 and 1."""
    torch.manual_seed(0)
    count = len(CLASSES)
    if kind == "cnn":
        model = small_cnn(count, MEAN, DEVIATION)
    elif kind == "resnet":
        model = residual_network(4, SIZE, count, MEAN, DEVIATION, dropout=0.5)
    else:
        body = empty_body(PRETRAINED[kind].to_dict(), SIZE)
        model = Classifier(body, 16, count, MEAN, DEVIATION)
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(layer.running_mean, std=0.3)
            torch.nn.init.uniform_(layer.running_var, 0.5, 2.0)
            torch.nn.init.normal_(layer.weight)
    # As random weights begin, all pictures would get nearly the same answer.
    torch.nn.init.normal_(model.head.weight)
    return model.eval()


def trained(kind: str = "resnet", *, test_time: bool = False) -> Trained:
    return Trained("resnet", network(kind), CLASSES, Preprocessing(SIZE), test_time, {})


def pictures(count: int) -> Pixels:
    """Squares of colours: of noise, every network's features would be about the same."""
    colours = np.random.default_rng(count).integers(0, 256, (count, 4, 4, 3), dtype=np.uint8)
    return colours.repeat(SIZE // 4, axis=1).repeat(SIZE // 4, axis=2)


def passed(model: Trained, pixels: Pixels, folder: Path) -> Exported:
    return export(model, pixels, ExportParams(), folder)


@pytest.mark.parametrize("kind", KINDS)
def test_it_answers_as_pytorch_does(kind: str, tmp_path: Path) -> None:
    model, pixels = trained(kind), pictures(20)
    found = passed(model, pixels, tmp_path)
    expected = model.logits(pixels)
    assert np.ptp(expected, axis=0).min() > 0, "every picture gets the same answer"
    assert found.fp32_difference < 1e-4
    assert np.abs(found.logits - expected).max() == pytest.approx(found.fp32_difference)
    assert found.bytes_served == (tmp_path / "model.onnx").stat().st_size


@pytest.mark.parametrize("kind", KINDS)
def test_logits_follow_from_features_and_the_head(kind: str, tmp_path: Path) -> None:
    model = trained(kind)
    found = passed(model, pictures(6), tmp_path)
    head = np.load(tmp_path / "head.npy")
    assert head.shape == (len(CLASSES), found.features.shape[1])
    bias = model.model.head.bias.detach().numpy()
    assert np.abs(found.features @ head.T + bias - found.logits).max() < 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_any_number_of_pictures_can_be_asked(kind: str, tmp_path: Path) -> None:
    model = trained(kind)
    passed(model, pictures(3), tmp_path)
    for count in (1, 2, 70):
        logits, _ = run(tmp_path / "model.onnx", pictures(count))
        assert np.abs(logits - model.logits(pictures(count))).max() < 1e-4


def test_with_a_second_look_the_mirror_image_counts_as_much(tmp_path: Path) -> None:
    model, pixels = trained(test_time=True), pictures(8)
    found = passed(model, pixels, tmp_path)
    plain = replace(model, test_time=False)
    both = [plain.logits(each) for each in (pixels, np.ascontiguousarray(pixels[:, :, ::-1]))]
    assert np.abs(both[0] - both[1]).max() > 1e-3
    assert np.abs(found.logits - (both[0] + both[1]) / 2).max() < 1e-4


def test_normalisation_is_a_part_of_the_convolution_before_it(tmp_path: Path) -> None:
    model = trained("ResNet")
    passed(model, pictures(2), tmp_path)
    operators = {node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node}
    assert "Conv" in operators
    assert "BatchNormalization" not in operators
    assert "Dropout" not in operators


def test_a_graph_that_answers_otherwise_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = exporting.to_onnx

    def wrong(model: Classifier, size: int, path: Path) -> None:
        other = network("resnet")
        with torch.no_grad():
            other.head.bias += 0.01
        real(other, size, path)

    monkeypatch.setattr(exporting, "to_onnx", wrong)
    with pytest.raises(UserError, match=r"up to 0\.01, more than export\.max_difference = 0\.001"):
        passed(trained(), pictures(4), tmp_path)
    assert not (tmp_path / "head.npy").exists()


def test_answers_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    model = trained()
    with torch.no_grad():
        model.model.head.bias.fill_(float("nan"))
    with pytest.raises(UserError, match=r"training went astray.*train\.learning_rate lower"):
        passed(model, pictures(4), tmp_path)
