"""The served model: its answers, what the log keeps of a picture, and what it refuses to load."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from small_model import CLASSES, encoded, picture, write_model

from {{ cookiecutter.package_name }}.api.predictor import Predictor, softmax, stacked
from {{ cookiecutter.package_name }}.artifacts import sha256_of
from {{ cookiecutter.package_name }}.energy import energy
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.picture import PictureError
from {{ cookiecutter.package_name }}.picture_facts import NAMES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model made by hand. Not to be written to."""
    found = tmp_path_factory.mktemp("colours")
    write_model(found)
    return found


@pytest.fixture(scope="module")
def colours(folder: Path) -> Predictor:
    return Predictor.load(folder)


def some(count: int) -> list[bytes]:
    """Pictures of all mixtures of two colours."""
    pairs = [(one, other) for one in CLASSES for other in CLASSES]
    return [encoded(picture(*pairs[i % len(pairs)], size=(40 + i, 40))) for i in range(count)]


def test_an_answer_is_the_likeliest_class_with_all_probabilities(colours: Predictor) -> None:
    for name in CLASSES:
        (found,) = colours.predict([encoded(picture(name))])
        assert found.label == name
        assert tuple(found.probabilities) == colours.classes
        assert sum(found.probabilities.values()) == pytest.approx(1)
        assert found.confidence == found.probabilities[name] == max(found.probabilities.values())
        assert found.sure
        assert found.familiar


def test_sure_and_familiar_are_by_the_manifests_thresholds(colours: Predictor) -> None:
    (half,) = colours.predict([encoded(picture("red", "blue"))])
    assert half.confidence < colours.manifest.settings["threshold"]["confidence"]
    assert not half.sure
    # Grey is nothing of what it knows: all logits are 0.
    readings = [colours.read(encoded(picture("red").convert("L")))]
    outputs = colours.run(stacked(readings))
    (grey,) = colours.predictions(readings, outputs)
    expected = energy(outputs.logits, colours.manifest.settings["temperature"])[0]
    assert grey.energy == expected > colours.manifest.settings["energy"]["threshold"]
    assert not grey.familiar


def test_probabilities_are_those_of_the_logits_at_the_models_temperature(
    colours: Predictor,
) -> None:
    pixels = stacked([colours.read(content) for content in some(3)])
    expected = np.exp(colours.logits(pixels).astype(float) / 1.5)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(colours.probabilities(pixels), expected, rtol=1e-6)
    assert np.isfinite(softmax(np.array([[1e5, -1e5]]))).all()


def test_each_picture_gets_its_own_answer_whatever_comes_with_it(colours: Predictor) -> None:
    contents = some(2 * colours.pictures_per_run + 5)
    together = colours.predict(contents)
    alone = [colours.predict([content])[0] for content in contents]
    assert [each.label for each in together] == [each.label for each in alone]
    confidences = [each.confidence for each in alone]
    assert [each.confidence for each in together] == pytest.approx(confidences, abs=1e-5)
    assert colours.predict([]) == []


def test_with_the_mirror_image_the_logits_are_the_mean_of_both(
    colours: Predictor, tmp_path: Path
) -> None:
    write_model(tmp_path, test_time=True)
    mirrored = Predictor.load(tmp_path)
    pixels = stacked([colours.read(content) for content in some(4)])
    other = np.ascontiguousarray(pixels[:, :, ::-1])
    expected = (colours.logits(pixels) + colours.logits(other)) / 2
    found = mirrored.run(pixels)
    np.testing.assert_allclose(found.logits, expected, atol=1e-6)
    np.testing.assert_array_equal(found.features, colours.run(pixels).features)


def test_a_file_that_is_no_picture_is_told(colours: Predictor) -> None:
    with pytest.raises(PictureError, match="a text"):
        colours.predict([b"no picture"])


def test_what_the_log_keeps_is_named_and_says_what_a_picture_is_like(colours: Predictor) -> None:
    assert colours.inputs == (*NAMES, "feature 1", "feature 2")
    dark = np.zeros((40, 60, 3), dtype=np.uint8)
    stripes = dark.copy()
    stripes[:, ::2] = 255
    known = {}
    for name, pixels in {"dark": dark, "stripes": stripes}.items():
        reading = colours.read(encoded(Image.fromarray(pixels)))
        pooled = colours.run(stacked([reading])).features.mean(axis=(2, 3))[0]
        known[name] = colours.facts(reading, pooled)
        assert tuple(known[name]) == colours.inputs
        assert (known[name]["width"], known[name]["height"]) == (60, 40)
    assert known["dark"]["brightness"] == known["dark"]["contrast"] == 0
    assert known["stripes"]["sharpness"] > 0.2
    assert known["stripes"]["brightness"] == pytest.approx(0.5, abs=0.05)
    red = colours.read(encoded(picture("red")))
    pooled = colours.run(stacked([red])).features.mean(axis=(2, 3))
    assert colours.facts(red, pooled[0])["saturation"] == pytest.approx(210 / 230, abs=0.01)
    assert colours.facts(red, pooled[0])["feature 1"] == pytest.approx(pooled[0, 0] - 0.2, abs=1e-3)


def changed(folder: Path, copy: Path, file: str, content: bytes) -> Path:
    """A copy of the model in which a file has another content, which the manifest vouches for."""
    shutil.copytree(folder, copy)
    (copy / file).write_bytes(content)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["artifacts"][file] = sha256_of(copy / file)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    return copy


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("model.onnx", b"none"),
        ("head.npy", b"none"),
        ("components.npz", b"none"),
        ("examples.json", b'[{"label": 1}]'),
    ],
)
def test_a_file_of_another_shape_is_one_line_that_names_the_mend(
    folder: Path, tmp_path: Path, file: str, content: bytes
) -> None:
    with pytest.raises(UserError, match="Run `train` again") as caught:
        Predictor.load(changed(folder, tmp_path / "models", file, content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"classes": ["a", "b"]}, "2 classes, but 3 logits"),
        ({"preprocessing": {"size": 16, "crop": 1.0}}, "does not fit"),
        ({"preprocessing": {"side": 32}}, "does not fit"),
    ],
)
def test_a_model_that_does_not_fit_its_manifest_is_refused(
    settings: dict[str, Any], said: str, tmp_path: Path
) -> None:
    write_model(tmp_path, **settings)
    with pytest.raises(UserError, match=said):
        Predictor.load(tmp_path)


def test_another_models_last_layer_is_refused(folder: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "head.npy", np.zeros((3, 7), dtype=np.float32))
    content = (tmp_path / "head.npy").read_bytes()
    with pytest.raises(UserError, match=r"head\.npy has shape \(3, 7\)"):
        Predictor.load(changed(folder, tmp_path / "models", "head.npy", content))
