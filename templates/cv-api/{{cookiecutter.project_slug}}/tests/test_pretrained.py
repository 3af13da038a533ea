"""Pretrained networks: each as a map of features, and what goes wrong in one line."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import small_params
from hub_stub import serving
from huggingface_hub import constants
from pretrained_stub import CHANNELS, DEVIATION, KINDS, MEAN, SIZE, Kind, write_pretrained
from safetensors.torch import load_file, save_file
from torch import nn

from {{ cookiecutter.package_name }}.config import ModelParams, Params
from {{ cookiecutter.package_name }}.data import load_train, load_validation
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.fitting import (
    Trained,
    fit_network,
    load,
    preprocessing_of,
)
from {{ cookiecutter.package_name }}.networks import Classifier
from {{ cookiecutter.package_name }}.pretrained import pretrained_body, processor_of

WEIGHTS = "model.safetensors"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def named(folder: Path, **model: Any) -> ModelParams:
    return small_params(model={"name": str(folder), **model}).model


def fine_tuning(folder: Path, **sections: dict[str, Any]) -> Params:
    given = {"data": {"max_rows": 100}, "train": {"epochs": 4, "batch_size": 16}, **sections}
    return small_params(**{**given, "model": {"name": str(folder), **given.get("model", {})}})


def fit(params: Params) -> Trained:
    return fit_network("pretrained", params, load_train(params), load_validation(params))


def pixels(count: int = 3, size: int = SIZE) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, size, size, 3), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_gives_a_map_whose_mean_goes_to_the_head(kind: Kind, tmp_path: Path) -> None:
    body, channels = pretrained_body(named(write_pretrained(tmp_path, kind)), SIZE)
    model = Classifier(body, channels, 5, [128.0] * 3, [64.0] * 3).eval()
    features = model.maps(model.normalised(pixels()))
    assert features.shape[:2] == (3, CHANNELS[kind])
    assert features.shape[2] == features.shape[3] > 0
    assert torch.allclose(model.head(features.mean((2, 3))), model(pixels()), atol=1e-6)


@pytest.mark.parametrize("kind", ["vit", "dinov2"])
def test_a_token_is_put_where_its_patch_was(kind: Kind, tmp_path: Path) -> None:
    body, channels = pretrained_body(named(write_pretrained(tmp_path, kind)), SIZE)
    model = Classifier(body, channels, 5, [128.0] * 3, [64.0] * 3).eval()
    shown = pixels(1)
    changed = shown.clone()
    changed[:, 8:16, 24:32] = 255  # the patch in the second row, last column
    found = [model.maps(model.normalised(each)).detach() for each in (shown, changed)]
    difference = (found[0] - found[1]).abs().sum(dim=1)[0]
    assert divmod(int(difference.argmax()), 4) == (1, 3)


@pytest.mark.parametrize(("kind", "size"), [("vit", 48), ("dinov2", 48), ("resnet", 48)])
def test_pictures_may_have_another_size_than_it_was_trained_with(
    kind: Kind, size: int, tmp_path: Path
) -> None:
    body, channels = pretrained_body(named(write_pretrained(tmp_path, kind)), size)
    model = Classifier(body, channels, 5, [128.0] * 3, [64.0] * 3).eval()
    features = model.maps(model.normalised(pixels(2, size)))
    assert features.shape[2] == (6 if kind != "resnet" else features.shape[3])


def test_size_and_normalisation_come_from_the_models_processor(tmp_path: Path) -> None:
    for kind in ("vit", "convnext"):
        processor = processor_of(named(write_pretrained(tmp_path / kind, kind)))
        assert processor.size == SIZE
        assert processor.mean == pytest.approx([255 * each for each in MEAN])
        assert processor.deviation == pytest.approx([255 * each for each in DEVIATION])
    plain = processor_of(named(write_pretrained(tmp_path / "plain", do_normalize=False)))
    assert (plain.mean, plain.deviation) == ([0.0] * 3, [255.0] * 3)


@pytest.mark.parametrize("kind", ["resnet", "convnext", "vit"])
def test_it_is_fine_tuned_saved_and_loaded_again(kind: Kind, tmp_path: Path) -> None:
    params = fine_tuning(write_pretrained(tmp_path / "model", kind))
    found = fit(params)
    assert found.preprocessing.size == SIZE
    assert found.training["frozen_epochs"] == 1
    assert found.training["width"] is None
    losses = [each["train_loss"] for each in found.training["curve"]]
    assert losses[-1] < losses[0]
    (tmp_path / "saved").mkdir()
    found.save(tmp_path / "saved")
    again = load(tmp_path / "saved")
    shown = pixels().numpy()
    assert np.array_equal(again.logits(shown), found.logits(shown))
    assert again.classes == found.classes


def test_frozen_only_the_last_layer_learns(tmp_path: Path) -> None:
    folder = write_pretrained(tmp_path / "model")
    found = fit(fine_tuning(folder, model={"frozen": 1.0}))
    before = load_file(folder / WEIGHTS)
    after = found.model.body.state_dict()
    assert all(torch.equal(each, after[f"network.{name}"]) for name, each in before.items())
    moved = fit(fine_tuning(folder, model={"frozen": 0.5})).model.body.state_dict()
    weights = [name for name in before if name.endswith("convolution.weight")]
    assert all(not torch.equal(before[name], moved[f"network.{name}"]) for name in weights)


def test_statistics_of_batch_normalisation_stay_those_of_the_pretraining(tmp_path: Path) -> None:
    folder = write_pretrained(tmp_path / "model")
    found = fit(fine_tuning(folder, model={"frozen": 0.0}))
    before = load_file(folder / WEIGHTS)
    for name, each in found.model.body.state_dict().items():
        if "running" in name:
            assert torch.equal(each, before[name.removeprefix("network.")])
    assert any(isinstance(each, nn.BatchNorm2d) for each in found.model.modules())


def test_layers_are_told_from_the_bottom_to_the_top(tmp_path: Path) -> None:
    body, _ = pretrained_body(named(write_pretrained(tmp_path, "vit")), SIZE)
    names = {id(each): name for name, each in body.named_parameters()}
    places = {names[id(each)]: place for place, each in body.layers()}
    assert places["network.embeddings.position_embeddings"] == 0
    blocks = {place for name, place in places.items() if ".layers." in name or ".layer." in name}
    assert blocks == {1, 2}
    assert places["network.layernorm.weight"] == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no/such-model", "model.name = no/such-model: cannot be used as a model for pictures"),
        ("./nowhere", "model.name = ./nowhere: no such folder"),
        ("not a name", "model.name = not a name: cannot be used as a model for pictures"),
    ],
)
def test_a_model_that_cannot_be_had_is_one_line(name: str, message: str) -> None:
    for ask in (lambda model: pretrained_body(model, SIZE), processor_of):
        with pytest.raises(UserError) as caught:
            ask(small_params(model={"name": name}).model)
        assert str(caught.value).startswith(message)
        assert "\n" not in str(caught.value)


def test_a_hub_that_fails_is_asked_once_and_not_for_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    settings = small_params(model={"name": "some/network"}).model
    with serving(tmp_path, fault=500) as (address, asked):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        with pytest.raises(UserError, match="the hub cannot be reached or read"):
            pretrained_body(settings, SIZE)
    assert asked == ["/api/models/some/network"]


def refused(folder: Path, message: str, size: int = SIZE) -> None:
    with pytest.raises(UserError, match=message) as caught:
        pretrained_body(named(folder), size)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_model_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to load")
    refused(tmp_path, "cannot be used as a model for pictures")


def test_a_folder_without_weights_is_one_line(tmp_path: Path) -> None:
    (write_pretrained(tmp_path) / WEIGHTS).unlink()
    refused(tmp_path, "cannot be used as a model for pictures")


def test_weights_that_are_cut_short_are_one_line(tmp_path: Path) -> None:
    path = write_pretrained(tmp_path) / WEIGHTS
    path.write_bytes(path.read_bytes()[:2000])
    refused(tmp_path, "cannot be used as a model for pictures")


def test_weights_that_are_missing_are_not_made_up(tmp_path: Path) -> None:
    path = write_pretrained(tmp_path) / WEIGHTS
    weights = load_file(path)
    lost = "encoder.stages.0.layers.0.layer.0.convolution.weight"
    del weights[lost]
    save_file(weights, path, metadata={"format": "pt"})
    refused(tmp_path, f"its weights lack {lost}")


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    path = write_pretrained(tmp_path) / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "hidden_sizes": [8, 24]}))
    refused(tmp_path, "cannot be used as a model for pictures")


def test_a_model_for_texts_is_refused(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    config = BertConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    BertModel(config).save_pretrained(tmp_path)
    refused(tmp_path, "cannot be used as a model for pictures")


def test_a_size_that_the_model_cannot_see_is_one_line(tmp_path: Path) -> None:
    refused(write_pretrained(tmp_path, "vit"), "image.size", size=4)


@pytest.mark.parametrize("lacking", ["preprocessor_config.json", "image_mean", "size"])
def test_without_its_processor_a_model_is_refused(lacking: str, tmp_path: Path) -> None:
    path = write_pretrained(tmp_path) / "preprocessor_config.json"
    if lacking == path.name:
        path.unlink()
    else:
        content = json.loads(path.read_text())
        del content[lacking]
        path.write_text(json.dumps(content))
    with pytest.raises(UserError, match="cannot be used as a model for pictures") as caught:
        processor_of(named(tmp_path))
    assert "\n" not in str(caught.value)


def test_no_code_is_run_that_comes_with_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark, folder = tmp_path / "ran", write_pretrained(tmp_path / "model")
    path = folder / "config.json"
    auto = {"AutoConfig": "strange.Strange", "AutoModel": "strange.Strange"}
    strange = {**json.loads(path.read_text()), "model_type": "strange", "auto_map": auto}
    path.write_text(json.dumps(strange))
    (folder / "strange.py").write_text(f"open({str(mark)!r}, 'w')\n")
    monkeypatch.setattr("builtins.input", lambda *_: "y")  # whoever is asked says yes
    refused(folder, "cannot be used as a model for pictures")
    assert not mark.exists()


def test_with_other_pretrained_weights_it_begins_anew(tmp_path: Path) -> None:
    folder = write_pretrained(tmp_path / "model")
    params = fine_tuning(folder, train={"epochs": 1, "batch_size": 16})
    data, validation = load_train(params), load_validation(params)

    def resumed() -> bool:
        found = fit_network(
            "pretrained", params, data, validation, checkpoints=tmp_path / "checkpoints"
        )
        return bool(found.training["resumed"])

    assert [resumed(), resumed()] == [False, True]
    later = (folder / WEIGHTS).stat().st_mtime + 60
    os.utime(folder / WEIGHTS, (later, later))  # written anew, in a folder of the same age
    assert not resumed()


def test_the_settings_choose_the_size_before_the_processor_does(tmp_path: Path) -> None:
    folder = write_pretrained(tmp_path / "model")
    params = fine_tuning(folder, image={"size": 48})
    assert preprocessing_of("pretrained", params, load_train(params)).size == 48
    shutil.rmtree(folder)  # nothing is asked of the model then
    assert preprocessing_of("pretrained", params, load_train(params)).size == 48
