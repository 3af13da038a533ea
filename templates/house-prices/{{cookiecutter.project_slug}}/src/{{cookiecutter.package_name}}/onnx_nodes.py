"""ONNX nodes and constants in the making."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper


class Graph:
    """Nodes and constants in the making. Each method adds one node and returns its output."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, value: Any, dtype: Any = np.float64) -> str:
        """A stored tensor."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def scalar(self, value: float) -> str:
        """A stored number, to be used with any (n, p)."""
        return self.constant([[value]])

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """A node of ONNX's own operators."""
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], **attributes))
        return name

    def columns(self, source: str, positions: Any) -> str:
        """Columns of a (n, p) tensor."""
        return self.add("Gather", source, self.constant(positions, np.int64), axis=1)

    def number(self, source: str) -> str:
        """Truth values, or single precision, in double precision."""
        return self.add("Cast", source, to=TensorProto.DOUBLE)

    def side_by_side(self, *parts: str) -> str:
        """(n, a), (n, b), ... to (n, a + b + ...)."""
        return parts[0] if len(parts) == 1 else self.add("Concat", *parts, axis=1)
