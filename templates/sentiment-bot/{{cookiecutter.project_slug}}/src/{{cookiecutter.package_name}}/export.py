"""From PyTorch to ONNX, in 32 and then in 8 bits; a gate decides which of them is served."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from torch import Tensor, nn

from .api.grouping import groups
from .api.predictor import LIMITS
from .batches import padded
from .classification import macro_f1
from .config import ExportParams
from .errors import UserError
from .fitting import Transformer
from .torch_quiet import quiet

Logits = npt.NDArray[np.float32]

NAME = "model.onnx"
INPUTS, OUTPUT = ("input_ids", "attention_mask"), "logits"
OPSET = 17
# Embeddings (Gather) too: in a small model they are most of the file.
QUANTIZED = ("MatMul", "Gather", "Attention", "EmbedLayerNormalization")
# Matrices behind GELU that stay in 32 bits, and the share of the file's size to stay below.
MOST_KEPT, MOST_SHARE = 2, 0.295
# Enough to find a wrong export; PyTorch and ONNX Runtime differ alike on every text.
COMPARED = 500


@dataclass(frozen=True)
class Exported:
    """The model that is served, how it was chosen, and what it says of the validation texts."""

    precision: Literal["int8", "fp32"]
    fp32_difference: float
    """The largest difference of a logit between PyTorch and ONNX in 32 bits."""
    f1_fp32: float
    f1_served: float
    """Macro-F1 on the validation texts."""
    bytes_fp32: int
    bytes_served: int
    refused: str | None
    """Why 8 bits were not taken; None if they were, or were not asked for."""
    logits: Logits
    """(n, classes), of the served model on the validation texts."""

    def as_dict(self) -> dict[str, Any]:
        """As reports/metrics.json and the manifest hold it."""
        found = asdict(self)
        del found["logits"]
        return found


def export(
    trained: Transformer,
    texts: Sequence[str],
    labels: npt.NDArray[np.int64],
    settings: ExportParams,
    folder: Path,
) -> Exported:
    """Write model.onnx to `folder`, once the gate has let it pass.

    texts, labels: the validation texts as they were written, n > 0, and their classes. Raises
    UserError if ONNX in 32 bits differs too much from PyTorch, or if 8 bits are asked for and lose
    too much.
    """
    ids = trained.encode(texts)
    pad = trained.tokenizer.pad_token_id
    classes = len(trained.classes)
    with TemporaryDirectory(prefix="export-") as name, quiet():
        full, small = Path(name) / "fp32.onnx", Path(name) / "int8.onnx"
        difference = _to_onnx_checked(trained, texts[:COMPARED], ids[:COMPARED], settings, full)
        logits = run(full, ids, pad)
        f1 = macro_f1(labels, logits.argmax(axis=1), classes)
        chosen, served, refused = full, logits, None
        if settings.precision != "fp32":
            quantize(full, small)
            found = run(small, ids, pad)
            refused = _refusal(f1, macro_f1(labels, found.argmax(axis=1), classes), settings)
            if refused is None:
                chosen, served = small, found
            elif settings.precision == "int8":
                raise UserError(
                    f"export.precision is int8, but {refused}. Set it to auto or fp32, or raise "
                    "export.max_f1_drop. The old model stays."
                )
        shutil.copyfile(chosen, folder / NAME)
        return Exported(
            precision="int8" if chosen is small else "fp32",
            fp32_difference=difference,
            f1_fp32=f1,
            f1_served=macro_f1(labels, served.argmax(axis=1), classes),
            bytes_fp32=full.stat().st_size,
            bytes_served=chosen.stat().st_size,
            refused=refused,
            logits=served,
        )


def run(path: Path, ids: Sequence[npt.NDArray[np.int64]], pad_id: int) -> Logits:
    """The logits of an exported model, shape (n, classes), for texts as token ids."""
    options = onnxruntime.SessionOptions()
    options.enable_mem_pattern = False
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    logits: Logits | None = None
    # In the runs that serving would make of these texts: in 8 bits, texts in one run share a scale.
    for rows in groups([len(each) for each in ids], LIMITS):
        found = session.run([OUTPUT], padded([ids[row] for row in rows], pad_id))[0]
        if logits is None:
            logits = np.empty((len(ids), found.shape[1]), dtype=np.float32)
        logits[rows] = found
    assert logits is not None, "no text to run"
    return logits


def _refusal(full: float, small: float, settings: ExportParams) -> str | None:
    """Why 8 bits are not good enough; None if they are."""
    if full - small <= settings.max_f1_drop:
        return None
    return (
        f"8 bits lose {full - small:.4f} macro-F1 on the validation texts ({small:.4f} against "
        f"{full:.4f}), more than export.max_f1_drop = {settings.max_f1_drop}"
    )


def _to_onnx_checked(
    trained: Transformer,
    texts: Sequence[str],
    ids: Sequence[npt.NDArray[np.int64]],
    settings: ExportParams,
    path: Path,
) -> float:
    """Write the model in 32 bits. Returns by how much a logit differs at most from PyTorch's."""
    expected, pad = trained.logits(texts), trained.tokenizer.pad_token_id
    if not np.isfinite(expected).all():
        raise UserError(
            "The trained model's answers are not numbers: its training went astray. The old model "
            "stays. Set train.learning_rate lower, or train.mixed_precision to none."
        )
    plain = path.with_name("plain.onnx")
    to_onnx(trained.model, pad, plain)
    fuse(plain, path, trained.model.config)
    difference = float(np.abs(run(path, ids, pad) - expected).max())
    if difference > settings.max_difference:
        # The fused form of some architecture may be wrong where the plain one is right.
        shutil.copyfile(plain, path)
        difference = float(np.abs(run(path, ids, pad) - expected).max())
    if not difference <= settings.max_difference:
        raise UserError(
            f"The exported model's logits differ from PyTorch's by up to {difference:.2g}, more "
            f"than export.max_difference = {settings.max_difference}. The old model stays. Try "
            "another version of torch or onnxruntime, or report it."
        )
    return difference


class _Graph(nn.Module):
    """The model as a function of two tensors."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits: Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def to_onnx(model: Any, pad_id: int, path: Path) -> None:
    """Write the model as ONNX in 32 bits: any number of texts, of any length."""
    ids = torch.full((2, 8), pad_id, dtype=torch.long)
    # Some token, which is not the padding, that every vocabulary has.
    ids[0, :] = ids[1, :5] = 0 if pad_id else 1
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    attention = model.config._attn_implementation
    # Written out step by step, it is what `fuse` knows.
    model.set_attn_implementation("eager")
    try:
        with torch.inference_mode():
            torch.onnx.export(
                _Graph(model).eval(),
                (ids, mask),
                str(path),
                # In the newer exporter's graph `fuse` finds no attention (PyTorch 2.13).
                dynamo=False,
                opset_version=OPSET,
                input_names=list(INPUTS),
                output_names=[OUTPUT],
                dynamic_axes={name: {0: "batch", 1: "length"} for name in INPUTS}
                | {OUTPUT: {0: "batch"}},
            )
    finally:
        model.set_attn_implementation(attention)


def fuse(plain: Path, path: Path, config: Any) -> None:
    """Write the graph with attention and GELU as one operator each: fewer steps."""
    options = FusionOptions("bert")
    # On a processor it takes several times as long as the two operators that it stands for;
    # api/predictor.py keeps it out when it loads the graph, too.
    options.enable_skip_layer_norm = False
    fused = optimize_model(
        str(plain),
        model_type="bert",
        num_heads=getattr(config, "num_attention_heads", 0),
        hidden_size=getattr(config, "hidden_size", 0),
        optimization_options=options,
        opt_level=0,
    )
    fused.save_model_to_file(str(path))


def quantize(full: Path, path: Path) -> None:
    """Write the graph with weights of 8 bits, a scale for each column of a matrix.

    Activations get a scale in each run, which a few large ones spoil for all others. They are worst
    behind GELU in the first layers, so the matrices there stay in 32 bits where the size allows it.
    """
    quantize_dynamic(
        full,
        path,
        op_types_to_quantize=list(QUANTIZED),
        nodes_to_exclude=_kept(onnx.load(full).graph, full.stat().st_size),
        per_channel=True,
        weight_type=QuantType.QInt8,
        # Fused operators have no type that ONNX could infer.
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def _kept(graph: onnx.GraphProto, size: int) -> list[str]:
    """The products that stay in 32 bits. size: of the file in 32 bits, in bytes."""
    numbers = {each.name: math.prod(each.dims) for each in graph.initializer}
    shrunk = {
        name for node in graph.node if node.op_type in QUANTIZED for name in node.input
    } & numbers.keys()
    # A weight shrinks from four bytes to one.
    bytes_left = MOST_SHARE * size - (size - 3 * sum(numbers[name] for name in shrunk))
    behind = {name for node in graph.node if "Gelu" in node.op_type for name in node.output}
    kept: list[str] = []
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[0] in behind and len(kept) < MOST_KEPT:
            bytes_left -= 3 * numbers.get(node.input[1], 0)
            if bytes_left < 0:
                break
            kept.append(node.name)
    return kept
