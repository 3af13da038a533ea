"""The export: as PyTorch, small, and refused where it loses too much."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch
from conftest import small_params
from pretrained_stub import write_pretrained

from {{ cookiecutter.package_name }} import export as exporting
from {{ cookiecutter.package_name }}.config import ExportParams
from {{ cookiecutter.package_name }}.data import TextData, load_train, load_validation
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.export import Exported, export, run
from {{ cookiecutter.package_name }}.fitting import Transformer, fit_transformer


@pytest.fixture
def validation(project: Path) -> TextData:
    return load_validation(small_params())


@pytest.fixture(scope="module")
def trained(trained_project: Path) -> Transformer:
    """A model of one epoch, trained once for this file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(trained_project)
        params = small_params(train={"epochs": 1, "mixed_precision": "none"})
        return fit_transformer("small", params, load_train(params), load_validation(params))


def passed(
    trained: Transformer, validation: TextData, folder: Path, **settings: object
) -> Exported:
    chosen = ExportParams.model_validate(settings)
    return export(trained, validation.texts, validation.labels, chosen, folder)


def test_in_32_bits_it_answers_as_pytorch_does(
    trained: Transformer, validation: TextData, tmp_path: Path
) -> None:
    found = passed(trained, validation, tmp_path, precision="fp32")
    assert found.precision == "fp32"
    assert found.fp32_difference < 1e-4
    assert found.refused is None
    expected = trained.logits(validation.texts)
    assert np.abs(found.logits - expected).max() == pytest.approx(found.fp32_difference, abs=1e-6)
    assert found.bytes_served == found.bytes_fp32 == (tmp_path / "model.onnx").stat().st_size


def test_any_number_of_texts_of_any_length_can_be_asked(
    trained: Transformer, validation: TextData, tmp_path: Path
) -> None:
    passed(trained, validation, tmp_path, precision="fp32")
    for texts in (["good"], ["", "not bad at all, really", "x"], ["so " * 500] * 70):
        found = run(tmp_path / "model.onnx", trained.encode(texts), 0)
        assert np.abs(found - trained.logits(texts)).max() < 1e-4


def test_in_8_bits_it_is_smaller_and_nearly_as_good(
    trained: Transformer, validation: TextData, tmp_path: Path
) -> None:
    found = passed(trained, validation, tmp_path, max_f1_drop=0.2)
    assert found.precision == "int8"
    assert found.bytes_served < 0.5 * found.bytes_fp32
    assert np.abs(found.logits - trained.logits(validation.texts)).max() < 0.5
    types = {each.op_type for each in onnx.load(tmp_path / "model.onnx").graph.node}
    assert "QAttention" in types
    assert types & {"MatMulInteger", "DynamicQuantizeMatMul"}


def test_the_attention_of_bert_is_one_operator(trained: Transformer, tmp_path: Path) -> None:
    exporting.to_onnx(trained.model, 0, tmp_path / "plain.onnx")
    exporting.fuse(tmp_path / "plain.onnx", tmp_path / "fused.onnx", trained.model.config)
    nodes = [each.op_type for each in onnx.load(tmp_path / "fused.onnx").graph.node]
    assert nodes.count("Attention") == trained.model.config.num_hidden_layers
    plain = onnx.load(tmp_path / "plain.onnx").graph.node
    assert len(nodes) < len(plain) / 3


def wrong_in_8_bits(validation: TextData) -> Callable[..., npt.NDArray[np.float32]]:
    """`run` of a model that has lost everything in 8 bits: it gives each text another class."""
    others = np.roll(np.eye(len(validation.classes), dtype=np.float32), 1, axis=1)

    def answers(
        path: Path, ids: Sequence[npt.NDArray[np.int64]], pad_id: int
    ) -> npt.NDArray[np.float32]:
        return others[validation.labels] if path.name == "int8.onnx" else run(path, ids, pad_id)

    return answers


def test_where_8_bits_lose_too_much_32_are_kept_and_the_reason_is_said(
    trained: Transformer,
    validation: TextData,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "run", wrong_in_8_bits(validation))
    found = passed(trained, validation, tmp_path)
    assert found.precision == "fp32"
    assert found.f1_served == found.f1_fp32
    assert found.refused is not None
    assert "more than export.max_f1_drop = 0.005" in found.refused
    assert "logits" not in found.as_dict()


def test_where_8_bits_are_asked_for_and_lose_too_much_nothing_is_exported(
    trained: Transformer,
    validation: TextData,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "run", wrong_in_8_bits(validation))
    with pytest.raises(UserError, match=r"export\.precision is int8, but 8 bits lose") as caught:
        passed(trained, validation, tmp_path, precision="int8")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "model.onnx").exists()


def test_an_export_that_differs_from_pytorch_is_refused(
    trained: Transformer, validation: TextData, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"more than export\.max_difference = 1e-12") as caught:
        passed(trained, validation, tmp_path, max_difference=1e-12)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "model.onnx").exists()


def test_a_wrong_fused_graph_gives_way_to_the_plain_one(
    trained: Transformer,
    validation: TextData,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fuse_wrongly(plain: Path, path: Path, config: object) -> None:
        model = onnx.load(plain)
        last = next(each for each in model.graph.initializer if each.name.endswith("bias"))
        last.raw_data = np.full(tuple(last.dims), 7.0, dtype=np.float32).tobytes()
        onnx.save(model, path)

    monkeypatch.setattr(exporting, "fuse", fuse_wrongly)
    assert passed(trained, validation, tmp_path, precision="fp32").fp32_difference < 1e-4


def test_a_pretrained_model_passes_too(validation: TextData, tmp_path: Path) -> None:
    folder = write_pretrained(tmp_path / "pretrained", validation.texts)
    params = small_params(model={"name": str(folder)}, train={"epochs": 1})
    found = fit_transformer("pretrained", params, load_train(params), validation)
    (tmp_path / "models").mkdir()
    assert passed(found, validation, tmp_path / "models", max_f1_drop=1.0).fp32_difference < 1e-4


def test_the_padding_may_be_the_last_of_the_vocabulary(
    trained: Transformer, tmp_path: Path
) -> None:
    last = trained.model.config.vocab_size - 1
    exporting.to_onnx(trained.model, last, tmp_path / "plain.onnx")
    assert onnx.load(tmp_path / "plain.onnx").graph.output[0].name == exporting.OUTPUT


def test_a_training_that_went_astray_is_said_to_have(
    trained: Transformer, validation: TextData, tmp_path: Path
) -> None:
    lost = replace(trained, model=copy.deepcopy(trained.model))
    torch.nn.init.constant_(lost.model.classifier.bias, float("nan"))
    with pytest.raises(UserError, match=r"Set train\.learning_rate lower"):
        passed(lost, validation, tmp_path)
    assert not (tmp_path / "model.onnx").exists()
