"""Pretrained networks small enough to be made in a test: a folder with weights and processor."""

import json
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (
    AutoModel,
    ConvNextConfig,
    Dinov2Config,
    PreTrainedConfig,
    ResNetConfig,
    SwinConfig,
    ViTConfig,
)

Kind = Literal["resnet", "convnext", "vit", "dinov2", "swin"]
KINDS: tuple[Kind, ...] = ("resnet", "convnext", "vit", "dinov2", "swin")
SIZE = 32
CHANNELS = {"resnet": 16, "convnext": 16, "vit": 16, "dinov2": 16, "swin": 16}
MEAN, DEVIATION = [0.5, 0.4, 0.3], [0.25, 0.2, 0.5]


def write_pretrained(folder: Path, kind: Kind = "resnet", **processor: Any) -> Path:
    """Write a network with random weights, as the hub holds one. processor: changes to its file."""
    torch.manual_seed(0)
    network = AutoModel.from_config(_config(kind))
    network.save_pretrained(folder)
    described = {
        "do_normalize": True,
        "image_mean": MEAN,
        "image_std": DEVIATION,
        "size": {"shortest_edge": 36} if kind == "convnext" else {"height": SIZE, "width": SIZE},
        "do_center_crop": kind == "convnext",
        "crop_size": {"height": SIZE, "width": SIZE},
    }
    text = json.dumps({**described, **processor})
    (folder / "preprocessor_config.json").write_text(text, encoding="utf-8")
    return folder


def _config(kind: Kind) -> PreTrainedConfig:
    tokens: dict[str, Any] = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": SIZE,
        "patch_size": 8,
    }
    if kind == "vit":
        return ViTConfig(intermediate_size=32, **tokens)
    if kind == "dinov2":
        return Dinov2Config(mlp_ratio=2, **tokens)
    if kind == "swin":
        return SwinConfig(
            image_size=SIZE,
            patch_size=4,
            embed_dim=8,
            depths=[1, 1],
            num_heads=[1, 2],
            window_size=4,
        )
    if kind == "convnext":
        return ConvNextConfig(hidden_sizes=[4, 8, 8, 16], depths=[1, 1, 1, 1])
    return ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
