"""Where a class was seen: Grad-CAM from the served features, as PyTorch's own gradients give it."""

import base64
import io
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from captum.attr import LayerGradCam
from PIL import Image
from small_model import CLASSES, encoded, picture, write_model

from {{ cookiecutter.package_name }}.api.cam import grad_cam, overlay
from {{ cookiecutter.package_name }}.api.predictor import Predictor, stacked
from {{ cookiecutter.package_name }}.export import to_onnx
from {{ cookiecutter.package_name }}.networks import (
    Classifier,
    residual_network,
    small_cnn,
)

MEAN, DEVIATION = (120.0, 110.0, 100.0), (60.0, 61.0, 62.0)
SIZE = 32


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """A model of which is known what it sees and where."""
    folder = tmp_path_factory.mktemp("colours")
    write_model(folder)
    return Predictor.load(folder)


def networks() -> dict[str, Classifier]:
    torch.manual_seed(0)
    return {
        "small": small_cnn(5, MEAN, DEVIATION),
        "residual": residual_network(8, SIZE, 5, MEAN, DEVIATION),
    }


@pytest.mark.parametrize("name", ["small", "residual"])
def test_heat_is_what_captum_finds_in_the_pytorch_model(name: str, tmp_path: Path) -> None:
    model = networks()[name].eval()
    to_onnx(model, SIZE, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    pixels = np.random.default_rng(1).integers(0, 256, (6, SIZE, SIZE, 3), dtype=np.uint8)
    logits, features = session.run(["logits", "features"], {"pixels": pixels})
    weights = model.head.weight.detach().numpy()
    asked = torch.from_numpy(logits.argmax(axis=1))
    given = torch.from_numpy(pixels).float().requires_grad_()
    found = LayerGradCam(model, model.body).attribute(given, asked, relu_attributions=True)
    expected = found.detach().numpy()[:, 0]
    assert (expected.max(axis=(1, 2)) > 0).any()
    for row, label in enumerate(asked.tolist()):
        most = expected[row].max()
        heat = grad_cam(features[row], weights[label])
        np.testing.assert_allclose(heat, expected[row] / (most or 1), atol=1e-4)


@pytest.mark.parametrize("label", CLASSES)
def test_heat_lies_where_the_class_is(colours: Predictor, label: str) -> None:
    shown = ("red", "green", "blue", "red")
    reading = colours.read(encoded(picture(*shown)))
    features = colours.run(stacked([reading])).features[0]
    heat = grad_cam(features, colours.head[colours.classes.index(label)])
    expected = np.array([colour == label for colour in shown], dtype=float)
    np.testing.assert_allclose(heat, np.tile(expected, (4, 1)), atol=1e-3)


def test_a_class_that_is_nowhere_has_no_heat(colours: Predictor) -> None:
    reading = colours.read(encoded(picture("red")))
    features = colours.run(stacked([reading])).features[0]
    heat = grad_cam(features, colours.head[colours.classes.index("green")])
    assert not heat.any()
    assert np.isfinite(heat).all()


def test_an_overlay_is_a_picture_that_shows_more_where_there_is_more() -> None:
    heat = np.zeros((4, 4), dtype=np.float32)
    heat[0, 0], heat[3, 3] = 1.0, 0.5
    text = overlay(heat, 64)
    beginning, _, content = text.partition(",")
    assert beginning == "data:image/png;base64"
    shown = Image.open(io.BytesIO(base64.b64decode(content)))
    assert (shown.format, shown.mode, shown.size) == ("PNG", "RGBA", (64, 64))
    pixels = np.asarray(shown).astype(int)
    hot, warm, cold = pixels[6, 6], pixels[57, 57], pixels[6, 57]
    assert hot[3] > warm[3] > cold[3] == 0
    assert hot[0] > hot[2]  # red, where there is most


def test_one_place_alone_is_an_overlay_too() -> None:
    assert overlay(np.ones((1, 1), dtype=np.float32), 8).startswith("data:image/png;base64,")
