"""The steps behind the encoder as one ONNX graph, from `encoded` (n, k) to `prediction` (n, 1).

Written node by node, in double precision: what is shared by the members of a stack (filling,
deriving, the two views) is computed once, which a converter per estimator cannot do, all linear
models become one product and all trees one node, and a value never falls on the other side of a
split than it did in training.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, TensorProto, checker, helper
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import VotingRegressor
from sklearn.pipeline import Pipeline
from sklearn.svm import SVR

from .errors import UserError
from .onnx_features import derived, scaling, tree_view, unscaled_view
from .onnx_nodes import Graph
from .onnx_trees import Tree, forest_of, is_forest, tree_node
from .views import LinearView, TreeView

Array = npt.NDArray[np.float64]

# Named, so that a newer onnx does not write what an older ONNX Runtime cannot read.
OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
IR_VERSION = 8


def build(pipeline: Pipeline) -> ModelProto:
    """The graph of a fitted pipeline of models.py, without its first step, the encoder.

    Raises UserError for an estimator that it has no form for.
    """
    graph = Graph()
    encoder, derive = pipeline.named_steps["encode"], pipeline.named_steps["derive"]
    known = derived(graph, derive, "encoded")
    levels = [len(encoder.vocabularies_.get(name, ())) for name in encoder.columns_]
    blend = _Blend()
    for weight, member in _members(pipeline.named_steps["model"]):
        blend.add(weight, member)
    terms = _terms(graph, blend, known, len(derive.names_), levels)
    total = [*terms, graph.scalar(blend.constant)]
    graph.nodes.append(helper.make_node("Sum", total, ["prediction"]))
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "pipeline",
            [helper.make_tensor_value_info("encoded", TensorProto.DOUBLE, ["rows", len(levels)])],
            [helper.make_tensor_value_info("prediction", TensorProto.DOUBLE, ["rows", 1])],
            initializer=graph.constants,
        ),
        opset_imports=OPSETS,
        ir_version=IR_VERSION,
    )
    checker.check_model(made)
    return made


def _members(model: Any) -> list[tuple[float, Pipeline]]:
    """Weight and pipeline (view, estimator) of each member of a stack; of one model, itself."""
    if not isinstance(model, VotingRegressor):
        return [(1.0, model)]
    return [(float(w), each) for w, each in zip(model.weights, model.estimators_, strict=True)]


class _Blend:
    """The members of a stack, with what can be added up before the graph is made added up.

    Members whose views are alike share one: their views were fitted on the same rows.
    """

    def __init__(self) -> None:
        self.constant = 0.0
        self.linear: dict[tuple[float, ...], tuple[LinearView, Array]] = {}
        self.machines: list[tuple[float, LinearView, SVR]] = []
        self.trees: dict[float, tuple[TreeView, list[Tree]]] = {}

    def add(self, weight: float, member: Pipeline) -> None:
        """Take one member in. Raises UserError if there is no ONNX form for it."""
        view, estimator = member.named_steps["view"], member.named_steps["estimator"]
        if isinstance(view, TreeView) and is_forest(estimator):
            forest = forest_of(estimator).scaled(weight)
            self.constant += forest.base
            self.trees.setdefault(view.smoothing, (view, []))[1].extend(forest.trees)
        elif isinstance(view, LinearView) and isinstance(estimator, SVR):
            self.constant += weight * float(estimator.intercept_[0])
            self.machines.append((weight, view, estimator))
        elif isinstance(view, LinearView) and isinstance(estimator, DummyRegressor):
            self._add_linear(
                view, np.zeros(_width(view)), weight * float(np.ravel(estimator.constant_)[0])
            )
        elif isinstance(view, LinearView) and hasattr(estimator, "coef_"):
            intercept = float(np.ravel(estimator.intercept_)[0])
            self._add_linear(view, weight * np.ravel(estimator.coef_), weight * intercept)
        else:
            raise UserError(
                f"{type(estimator).__name__} has no ONNX form here. Add one to onnx_graph.py, "
                "or set train.model to a model that has one."
            )

    def _add_linear(self, view: LinearView, coefficients: Array, intercept: float) -> None:
        """Coefficients and intercept for the view's scaled columns, taken to unscaled ones."""
        center, scale = scaling(view)
        unscaled = coefficients * scale
        self.constant += intercept - float(center @ unscaled)
        before = self.linear.get(_key(view), (view, 0.0))[1]
        self.linear[_key(view)] = view, before + unscaled


def _terms(graph: Graph, blend: _Blend, known: str, width: int, levels: list[int]) -> list[str]:
    """What the blend adds up, each (n, 1), from the derived columns, (n, width)."""
    shown: dict[tuple[float, ...], str] = {}
    for view in [view for view, _ in blend.linear.values()] + [v for _, v, _ in blend.machines]:
        if _key(view) not in shown:
            shown[_key(view)] = unscaled_view(graph, view, known)
    terms = [
        graph.add("MatMul", shown[key], graph.constant(coefficients[:, None]))
        for key, (_, coefficients) in blend.linear.items()
    ]
    for weight, view, machine in blend.machines:
        terms.append(_support_vectors(graph, weight, view, machine, shown[_key(view)]))
    for view, trees in blend.trees.values():
        source = tree_view(graph, view, known, levels)
        # The means stand behind the columns, instead of in the place of their codes.
        features = np.arange(width)
        features[view.coded_] = width + np.arange(len(view.coded_))
        output = f"n{len(graph.nodes)}"
        graph.nodes.append(tree_node(trees, features, source, output))
        terms.append(graph.number(output))
    return terms


def _support_vectors(
    graph: Graph, weight: float, view: LinearView, estimator: SVR, unscaled: str
) -> str:
    """Sum of dual coefficients times exp(-gamma * squared distance to each support vector)."""
    vectors, gamma = estimator.support_vectors_, float(estimator._gamma)
    center, scale = scaling(view)
    shown = graph.add("Sub", unscaled, graph.constant(center[None, :]))
    shown = graph.add("Mul", shown, graph.constant(scale[None, :]))
    # |x - v|^2 = |x|^2 - 2 x.v + |v|^2, with the factor -gamma taken into the constants. The one
    # large product is in single precision, which takes a fifth of the time; it is small beside 1,
    # so that its rounding is lost in the exponential. `export` measures what remains.
    single = graph.add("Cast", shown, to=TensorProto.FLOAT)
    cross = graph.add("MatMul", single, graph.constant(2.0 * gamma * vectors.T, np.float32))
    own = graph.add("Mul", graph.add("ReduceSumSquare", shown, axes=[1]), graph.scalar(-gamma))
    fixed = graph.constant(-gamma * (vectors**2).sum(axis=1)[None, :])
    kernel = graph.add("Exp", graph.add("Sum", graph.number(cross), own, fixed))
    return graph.add("MatMul", kernel, graph.constant(weight * estimator.dual_coef_.T))


def _key(view: LinearView) -> tuple[float, ...]:
    return view.tail, view.skew, view.min_count, view.indicator_scale


def _width(view: LinearView) -> int:
    return len(view.amounts_) + len(view.level_columns_)
