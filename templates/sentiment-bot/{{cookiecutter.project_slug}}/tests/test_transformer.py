"""The transformers: from scratch, pretrained from a folder, with LoRA, and what goes wrong."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import small_params
from hub_stub import COMMIT, serving
from huggingface_hub import constants
from pretrained_stub import write_pretrained

from {{ cookiecutter.package_name }}.config import ModelParams, Params
from {{ cookiecutter.package_name }}.data import load_train, load_validation
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.fitting import (
    LORA_LEARNING_RATE,
    PRETRAINED_LEARNING_RATE,
    Transformer,
    fit_transformer,
    learning_rate_of,
)
from {{ cookiecutter.package_name }}.hub_data import check_model
from {{ cookiecutter.package_name }}.transformer import (
    BERT_WIDTH,
    longest_input,
    merged,
    pretrained_config,
    pretrained_model,
    pretrained_tokenizer,
    small_model,
    with_lora,
)

CLASSES = ("bad", "so so", "good")
LOADERS = (
    pretrained_config,
    pretrained_tokenizer,
    lambda settings: pretrained_model(settings, CLASSES),
)


@pytest.fixture(scope="module")
def folder(trained_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = ["a good film", "a bad film", "so so at best", "not good, not bad"] * 30
    return write_pretrained(tmp_path_factory.mktemp("pretrained"), texts)


def pretrained(folder: Path, **model: object) -> Params:
    train = {"epochs": 2, "learning_rate": 0.003}
    return small_params(model={"name": str(folder), **model}, train=train)


def fit(params: Params) -> Transformer:
    return fit_transformer("pretrained", params, load_train(params), load_validation(params))


def test_the_small_one_has_the_shape_that_the_settings_say(folder: Path) -> None:
    params = small_params(model={"dimension": 48, "layers": 3, "heads": 4})
    tokenizer = pretrained_tokenizer(pretrained(folder).model)
    model = small_model(params.model, CLASSES, tokenizer)
    config = model.config
    assert (config.hidden_size, config.num_hidden_layers, config.num_attention_heads) == (48, 3, 4)
    assert config.id2label == {0: "bad", 1: "so so", 2: "good"}
    assert config.vocab_size == len(tokenizer)


def test_a_folder_without_a_head_gets_one_for_these_classes(folder: Path) -> None:
    model = pretrained_model(pretrained(folder).model, CLASSES)
    assert model.config.num_labels == 3
    assert model.config.label2id == {"bad": 0, "so so": 1, "good": 2}
    assert next(model.parameters()).dtype == torch.float32


def test_a_head_of_other_classes_is_replaced_and_the_encoder_kept(
    folder: Path, tmp_path: Path
) -> None:
    first = pretrained_model(pretrained(folder).model, ("yes", "no"))
    first.save_pretrained(tmp_path)
    pretrained_tokenizer(pretrained(folder).model).save_pretrained(str(tmp_path))
    second = pretrained_model(pretrained(tmp_path).model, CLASSES)
    assert second.classifier.weight.shape[0] == 3
    kept = [model.bert.embeddings.word_embeddings.weight for model in (first, second)]
    assert torch.equal(*kept)


def test_a_pretrained_model_is_fine_tuned_and_reads_with_its_own_tokenizer(
    project: Path, folder: Path
) -> None:
    params = pretrained(folder)
    found = fit(params)
    assert found.lengths.vocabulary == len(pretrained_tokenizer(params.model))
    assert found.cleaning.lower is True
    assert found.training["epochs"] == 2
    logits = found.logits(["a good film", "", "x" * 10_000])
    assert logits.shape == (3, len(load_train(params).classes))
    assert np.isfinite(logits).all()


def test_no_more_is_read_than_the_pretrained_model_has_positions_for(
    project: Path, folder: Path
) -> None:
    params = pretrained(folder)
    longer = params.model_copy(
        update={"tokens": params.tokens.model_copy(update={"max_length": 500})}
    )
    assert fit(longer).lengths.max_length == 64


def test_lora_trains_little_and_leaves_a_plain_model(project: Path, folder: Path) -> None:
    settings = pretrained(folder, lora=True, lora_rank=2)
    adapted = with_lora(pretrained_model(settings.model, CLASSES), 2)
    learning = sum(each.numel() for each in adapted.parameters() if each.requires_grad)
    assert learning < 0.2 * sum(each.numel() for each in adapted.parameters())
    found = fit(settings)
    assert found.training["lora"] is True
    assert found.training["learning_rate"] == 0.003
    assert not [name for name, _ in found.model.named_parameters() if "lora" in name]


def test_merged_low_rank_matrices_give_the_same_answers(folder: Path) -> None:
    adapted = with_lora(pretrained_model(pretrained(folder).model, CLASSES), 2).eval()
    generator = torch.Generator().manual_seed(1)
    for name, each in adapted.named_parameters():
        if "lora_B" in name:  # they begin as zeros
            each.data = torch.randn(each.shape, generator=generator) * 0.1
    ids = torch.tensor([[2, 7, 9, 3]])
    with torch.inference_mode():
        before = adapted(input_ids=ids).logits
        after = merged(adapted)(input_ids=ids).logits
    assert torch.allclose(before, after, atol=1e-5)


def test_the_longest_input_of_roberta_leaves_out_its_first_positions() -> None:
    class Tokenizer:
        pad_token_id, model_max_length = 1, 10**30

    class Config:
        model_type, max_position_embeddings = "roberta", 514

    assert longest_input(Config(), Tokenizer()) == 512


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no/such-model", "model.name = no/such-model: cannot be used"),
        ("./nowhere", "model.name = ./nowhere: no such folder"),
        ("not a name", "model.name = not a name: cannot be used"),
    ],
)
def test_a_model_that_cannot_be_had_is_one_line(name: str, message: str) -> None:
    settings = small_params(model={"name": name}).model
    with pytest.raises(UserError) as caught:
        pretrained_tokenizer(settings)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("load", LOADERS)
def test_a_hub_that_fails_is_asked_once_and_not_for_a_minute(
    load: Callable[[ModelParams], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    settings = small_params(model={"name": "some/encoder"}).model
    with serving(tmp_path, fault=500) as (address, asked):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        with pytest.raises(UserError) as failing:
            load(settings)
    assert asked == ["/api/models/some/encoder"]
    with pytest.raises(UserError) as gone:  # nothing listens there any more
        load(settings)
    for caught, reason in ((failing, "500"), (gone, "refused")):
        (line,) = str(caught.value).splitlines()
        assert line.startswith("model.name = some/encoder: the hub cannot be reached or read (")
        assert reason in line
        assert "--set model.name=null" in line


def test_a_model_in_the_cache_needs_no_hub(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    repository = tmp_path / "cache" / "models--some--encoder"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    shutil.copytree(folder, repository / "snapshots" / COMMIT)
    with serving(tmp_path, fault=500) as (address, asked):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        check_model("some/encoder", None, told="model.name", setting="none")
    assert asked == []


def test_a_folder_without_a_model_is_one_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to load")
    settings = small_params(model={"name": str(tmp_path)}).model
    for load in LOADERS:
        with pytest.raises(UserError, match="cannot be used as a model for texts") as caught:
            load(settings)
        assert "\n" not in str(caught.value)


def test_weights_that_are_cut_short_are_one_line(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        content = path.read_bytes()
        whole = path.suffix != ".safetensors"
        (tmp_path / path.name).write_bytes(content if whole else content[: len(content) // 2])
    with pytest.raises(UserError, match="cannot be used as a model for texts") as caught:
        pretrained_model(small_params(model={"name": str(tmp_path)}).model, CLASSES)
    assert "\n" not in str(caught.value)


def changed(folder: Path, copy: Path, **config: object) -> ModelParams:
    """Settings that name a copy of a pretrained folder whose config.json says something else."""
    shutil.copytree(folder, copy, dirs_exist_ok=True)
    path = copy / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **config}))
    return small_params(model={"name": str(copy)}).model


@pytest.mark.parametrize(
    "config", [{"num_hidden_layers": 3}, {"hidden_size": 64}, {"model_type": "distilbert"}]
)
def test_an_encoder_whose_weights_are_not_there_is_refused_and_not_made_up(
    config: dict[str, object], folder: Path, tmp_path: Path
) -> None:
    settings = changed(folder, tmp_path, **config)
    with pytest.raises(UserError, match=r"its weights lack \d+% of what its config") as caught:
        pretrained_model(settings, CLASSES)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("load", LOADERS)
def test_no_code_is_run_that_comes_with_a_model(
    load: Callable[[ModelParams], object],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mark, names = tmp_path / "ran", ("AutoConfig", "AutoTokenizer", "AutoModel")
    auto = {name: "strange.Strange" for name in (*names, "AutoModelForSequenceClassification")}
    settings = changed(folder, tmp_path / "model", model_type="strange", auto_map=auto)
    (tmp_path / "model" / "strange.py").write_text(f"open({str(mark)!r}, 'w')\n")
    path = tmp_path / "model" / "tokenizer_config.json"
    path.write_text(json.dumps({"auto_map": {"AutoTokenizer": [None, "strange.Strange"]}}))
    monkeypatch.setattr("builtins.input", lambda *_: "y")  # whoever is asked says yes
    with pytest.raises(UserError, match="cannot be used as a model for texts"):
        load(settings)
    assert not mark.exists()


def test_null_means_a_learning_rate_in_inverse_proportion_to_the_width(
    folder: Path, tmp_path: Path
) -> None:
    null = {"learning_rate": None}
    assert learning_rate_of("pretrained", pretrained(folder)) == 0.003
    params = small_params(model={"name": str(folder)}, train=null)
    assert learning_rate_of("pretrained", params) == pytest.approx(
        PRETRAINED_LEARNING_RATE * BERT_WIDTH / 32
    )
    changed(folder, tmp_path, hidden_size=BERT_WIDTH)
    params = small_params(model={"name": str(tmp_path)}, train=null)
    assert learning_rate_of("pretrained", params) == pytest.approx(PRETRAINED_LEARNING_RATE)
    params = small_params(model={"name": str(folder), "lora": True}, train=null)
    assert learning_rate_of("pretrained", params) == LORA_LEARNING_RATE
