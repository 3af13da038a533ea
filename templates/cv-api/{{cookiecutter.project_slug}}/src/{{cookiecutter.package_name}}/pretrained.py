"""A pretrained network of Transformers as the body of a classifier: its last map of features.

Networks that give a map (ResNet, ConvNeXt) and those that give a token per patch (ViT, DINOv2,
Swin) end in the same form: tokens are put back where their patches were.
"""

from __future__ import annotations

import inspect
import math
import re
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedModel
from transformers.image_processing_base import ImageProcessingMixin

from .config import ModelParams
from .hub_model import UNUSABLE, HubModel

# What a body's weights are named after whose places in the network are numbered.
LAYER = re.compile(r"\b(?:stages|layers?|blocks?)\.(\d+)\.")
AT_THE_BOTTOM = re.compile(r"embed|patch|cls_token|position|mask_token")
# Weights that the maps do not hang on.
UNUSED = re.compile(r"\bpooler\b|mask_token|num_batches_tracked")
PROBE = 2  # pictures to see what a body gives
INTERPOLATE = "interpolate_pos_encoding"  # an argument of networks with learned positions


class Body(nn.Module):
    """A pretrained network, from normalised pictures to the map behind its last layer."""

    def __init__(self, network: PreTrainedModel, size: int) -> None:
        """size: of the pictures that it will see, which may be another than it was trained on."""
        super().__init__()
        self.network = network
        own = getattr(network.config, "image_size", size)
        takes = inspect.signature(network.forward).parameters
        self.interpolates = own not in (size, [size, size]) and INTERPOLATE in takes
        # ConvNeXt's own classifier normalises the mean of its map; here, each place of the map.
        self.normalises = getattr(network.config, "model_type", "") == "convnext"

    def forward(self, images: Tensor) -> Tensor:
        """(n, 3, size, size) to (n, channels, h, w)."""
        more = {INTERPOLATE: True} if self.interpolates else {}
        features: Tensor = self.network(pixel_values=images, **more).last_hidden_state
        if features.ndim == 3:
            features = self._placed(features)
        if self.normalises:
            norm: Any = self.network.layernorm
            features = norm(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return features

    def train(self, mode: bool = True) -> Body:
        """As always, but for batch normalisation: small batches would spoil its statistics."""
        super().train(mode)
        for each in self.modules():
            if isinstance(each, nn.BatchNorm2d):
                each.eval()
        return self

    def layers(self) -> list[tuple[int, nn.Parameter]]:
        """Each weight with its place: 0 at the bottom, then the layers, the last norm on top."""
        found = [(LAYER.search(name), name, each) for name, each in self.named_parameters()]
        top = max((int(match[1]) + 1 for match, _, _ in found if match), default=0)

        def place(match: re.Match[str] | None, name: str) -> int:
            if match:
                return int(match[1]) + 1
            return 0 if AT_THE_BOTTOM.search(name) else top

        return [(place(match, name), each) for match, name, each in found]

    def _placed(self, tokens: Tensor) -> Tensor:
        """(n, tokens, channels) to (n, channels, h, w), without those that stand for no patch."""
        registers = getattr(self.network.config, "num_register_tokens", 0)
        for others in (1 + registers, 0, 2):
            side = math.isqrt(tokens.shape[1] - others)
            if side * side == tokens.shape[1] - others:
                patches = tokens[:, others:]
                return patches.transpose(1, 2).reshape(-1, tokens.shape[2], side, side)
        raise ValueError(f"{tokens.shape[1]} tokens, which are no square of patches")


def hub_model(settings: ModelParams) -> HubModel:
    """The pretrained model that the settings name."""
    return HubModel(
        settings.name or "", settings.revision, "a model for pictures", "microsoft/resnet-18"
    )


def pretrained_body(settings: ModelParams, size: int) -> tuple[Body, int]:
    """The body of `model.name` with its weights, and how many channels its map has.

    Raises UserError if it cannot be had, is no network for pictures, or if a weight that its maps
    hang on is missing or of another size: none is made up.
    """
    chosen = hub_model(settings)
    try:
        network, loaded = AutoModel.from_pretrained(
            chosen.place(), output_loading_info=True, dtype="float32", **chosen.loading()
        )
    except UNUSABLE as error:
        raise chosen.unusable(error) from None
    missing = sorted(name for name in loaded["missing_keys"] if not UNUSED.search(name))
    if missing:
        several = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise chosen.unusable(f"its weights lack {missing[0]}{several}")
    body = Body(network.eval(), size)
    return body, _channels(body, size, chosen)


@dataclass(frozen=True)
class Processor:
    """The pictures that a pretrained network knows."""

    size: int
    mean: list[float]
    """Of red, green and blue, from 0 to 255."""
    deviation: list[float]


def processor_of(settings: ModelParams) -> Processor:
    """What the model's preprocessor_config.json says; without it its weights are of no use.

    Raises UserError.
    """
    chosen = hub_model(settings)
    try:
        found, _ = ImageProcessingMixin.get_image_processor_dict(
            chosen.place(), revision=chosen.loading()["revision"]
        )
        size = found.get("crop_size") if found.get("do_center_crop") else None
        size = size or found["size"]
        side = size if isinstance(size, int) else size.get("height") or size["shortest_edge"]
        mean, deviation = found["image_mean"], found["image_std"]
        if not found.get("do_normalize", True):
            mean, deviation = [0.0] * 3, [1.0] * 3
        numbers = [[255 * float(each) for each in three] for three in (mean, deviation)]
        if [len(three) for three in numbers] != [3, 3]:
            raise ValueError("its pictures do not have three colours")
    except UNUSABLE as error:
        raise chosen.unusable(error) from None
    return Processor(int(side), *numbers)


def empty_body(config: dict[str, Any], size: int) -> Body:
    """A body of this configuration, as `PreTrainedModel.config.to_dict` gives it, without weights.

    They are to be loaded next.
    """
    kind = config.pop("model_type")
    network = AutoModel.from_config(AutoConfig.for_model(kind, **config), dtype=torch.float32)
    return Body(network.eval(), size)


def _channels(body: Body, size: int, chosen: HubModel) -> int:
    """How many channels the map has. Raises UserError if the network does not give one."""
    try:
        with torch.inference_mode():
            features = body(torch.zeros((PROBE, 3, size, size)))
        if features.ndim != 4 or min(features.shape) < 1:
            raise ValueError(f"it gives no map of features but {tuple(features.shape)}")
    except (AttributeError, IndexError, *UNUSABLE) as error:
        raise chosen.unusable(
            f"with pictures of {size} by {size} pixels (image.size): {error}"
        ) from None
    return int(features.shape[1])
