"""A model made by hand, for tests that need one and not its training: it tells red, green and blue.

Its features are a grid of 4 x 4 places with a channel for each colour, so that one can say what it
answers to a picture, and where it sees that.
"""

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from {{ cookiecutter.package_name }}.api.predictor import ARTIFACTS
from {{ cookiecutter.package_name }}.artifacts import Manifest, write_manifest

CLASSES = ("blue", "green", "red")
COLOURS = {"blue": (20, 30, 230), "green": (20, 220, 30), "red": (230, 20, 30)}
SIZE, PLACES = 32, 4
HEAD = np.array([[-3, -3, 9], [-3, 9, -3], [9, -3, -3]], dtype=np.float32)
"""(classes, channels): channels are red, green and blue."""


def picture(*colours: str, size: tuple[int, int] = (48, 48)) -> Image.Image:
    """A picture of one colour, or of stripes of several from left to right."""
    pixels = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    edges = np.linspace(0, size[0], len(colours) + 1).round().astype(int)
    for colour, left, right in zip(colours, edges[:-1], edges[1:], strict=True):
        pixels[:, left:right] = COLOURS[colour]
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A picture as a file."""
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def in_base64(content: bytes) -> str:
    """A file as JSON carries it."""
    return base64.b64encode(content).decode("ascii")


def write_model(folder: Path, *, size: int = SIZE, **settings: Any) -> Manifest:
    """Write to `folder` what `train` writes and the service reads; settings: of the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(_graph(size), str(folder / "model.onnx"))
    np.save(folder / "head.npy", HEAD)
    np.savez(
        folder / "components.npz",
        mean=np.full(3, 0.2, dtype=np.float32),
        components=np.eye(2, 3, dtype=np.float32),
        weight=0.0,
    )
    shown = [
        {"label": name, "image": in_base64(encoded(picture(name))), "name": f"{name}.png"}
        for name in CLASSES
    ]
    (folder / "examples.json").write_text(json.dumps(shown))
    return write_manifest(
        folder,
        ARTIFACTS,
        name="small",
        data={"name": "Colours", "synthetic": True, "validation_rows": 60},
        metrics={"macro_f1": {"overall": 0.9}, "accuracy": {"overall": 0.9}},
        settings={
            "classes": list(CLASSES),
            "label": "label",
            "preprocessing": {"size": size, "crop": 1.0},
            "temperature": 1.5,
            "threshold": {"confidence": 0.8, "precision": 0.95, "coverage": 0.7, "reached": True},
            "energy": {"threshold": -1.7, "kept": 0.95},
            "test_time": False,
            "model": None,
            "flip": True,
            "example": shown[0]["image"],
            **settings,
        },
        libraries=("onnxruntime",),
    )


def _graph(size: int) -> onnx.ModelProto:
    """How much more of a colour there is at each place than of the others."""
    more = np.full((3, 3, 1, 1), -0.5, dtype=np.float32)
    more[range(3), range(3)] = 1.0
    constants = {
        "most": np.array(255, dtype=np.float32),
        "more": more,
        "head": HEAD.T.copy(),
        "places": np.array([2, 3]),
    }
    side = size // PLACES
    nodes: Sequence[onnx.NodeProto] = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["numbers", "most"], ["light"]),
        helper.make_node("Transpose", ["light"], ["bands"], perm=[0, 3, 1, 2]),
        helper.make_node(
            "AveragePool", ["bands"], ["grid"], kernel_shape=[side, side], strides=[side, side]
        ),
        helper.make_node("Conv", ["grid", "more"], ["differences"]),
        helper.make_node("Relu", ["differences"], ["features"]),
        helper.make_node("ReduceMean", ["features", "places"], ["pooled"], keepdims=0),
        helper.make_node("MatMul", ["pooled", "head"], ["logits"]),
    ]
    return helper.make_model(
        helper.make_graph(
            nodes,
            "colours",
            [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", size, size, 3])],
            [
                helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 3]),
                helper.make_tensor_value_info(
                    "features", TensorProto.FLOAT, ["batch", 3, PLACES, PLACES]
                ),
            ],
            [numpy_helper.from_array(value, name) for name, value in constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=8,
    )
