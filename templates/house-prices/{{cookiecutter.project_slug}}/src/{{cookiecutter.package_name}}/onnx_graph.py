"""The steps behind the encoder as one ONNX graph, from `encoded` (n, k) to `prediction` (n, 1).

Written node by node, in double precision: what is shared by the members of a stack (filling,
deriving, the two views) is computed once, which a converter per estimator cannot do, and a value
never falls on the other side of a split than it did in training.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import VotingRegressor
from sklearn.pipeline import Pipeline
from sklearn.svm import SVR

from . import ames
from .ames import Derived
from .errors import UserError
from .features import DerivedFeatures
from .onnx_trees import Tree, forest_of, is_forest, tree_node
from .views import LinearView, TreeView

Array = npt.NDArray[np.float64]

# Named, so that a newer onnx does not write what an older ONNX Runtime cannot read.
OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
IR_VERSION = 8


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


def build(pipeline: Pipeline) -> ModelProto:
    """The graph of a fitted pipeline of models.py, without its first step, the encoder.

    Raises UserError for an estimator that it has no form for.
    """
    graph = Graph()
    encoder, derive = pipeline.named_steps["encode"], pipeline.named_steps["derive"]
    known = _derive(graph, derive, "encoded")
    levels = [len(encoder.vocabularies_.get(name, ())) for name in encoder.columns_]
    blend = _Blend()
    for weight, member in _members(pipeline.named_steps["model"]):
        blend.add(weight, member)
    terms = _terms(graph, blend, known, len(derive.names_), levels)
    total = [*terms, _scalar(graph, blend.constant)]
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
            self._add_linear(view, np.zeros(_width(view)), weight * np.ravel(estimator.constant_)[0])
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
        center, scale = _scaling(view)
        unscaled = coefficients * scale
        self.constant += intercept - float(center @ unscaled)
        before = self.linear.get(_key(view), (view, 0.0))[1]
        self.linear[_key(view)] = view, before + unscaled


def _terms(
    graph: Graph, blend: _Blend, known: str, width: int, levels: list[int]
) -> list[str]:
    """What the blend adds up, each (n, 1), from the derived columns, (n, width)."""
    shown: dict[tuple[float, ...], str] = {}
    for view in [view for view, _ in blend.linear.values()] + [v for _, v, _ in blend.machines]:
        if _key(view) not in shown:
            shown[_key(view)] = _unscaled_view(graph, view, known)
    terms = [
        graph.add("MatMul", shown[key], graph.constant(coefficients[:, None]))
        for key, (_, coefficients) in blend.linear.items()
    ]
    for weight, view, machine in blend.machines:
        terms.append(_support_vectors(graph, weight, view, machine, shown[_key(view)]))
    for view, trees in blend.trees.values():
        source = _tree_view(graph, view, known, levels)
        # The means stand behind the columns, instead of in the place of their codes.
        features = np.arange(width)
        features[view.coded_] = width + np.arange(len(view.coded_))
        output = f"n{len(graph.nodes)}"
        graph.nodes.append(tree_node(trees, features, source, output))
        terms.append(graph.number(output))
    return terms


def _derive(graph: Graph, step: DerivedFeatures, encoded: str) -> str:
    """DerivedFeatures.transform: (n, k) to (n, k + d)."""
    present = graph.add("GreaterOrEqual", encoded, graph.constant(step.lowest_[None, :]))
    known = graph.add("Where", present, encoded, graph.constant(step.fill_[None, :]))
    names = list(step.names_[: len(step.lowest_)])
    waiting = []  # made, but not yet beside the known columns: each joint copies all of them
    if len(step.missing_):
        there = graph.columns(present, step.missing_)
        waiting.append(graph.add("Where", there, _scalar(graph, 0.0), _scalar(graph, 1.0)))
    if step.unfinished_ is not None:
        area, sale = step.unfinished_
        unfinished = graph.add(
            "And",
            graph.add("Greater", graph.columns(known, [area]), _scalar(graph, ames.UNFINISHED_ABOVE)),
            graph.add("Equal", graph.columns(known, [sale]), _scalar(graph, ames.PARTIAL)),
        )
        bounded = graph.add("Min", known, graph.constant(step.bound_[None, :]))
        known = graph.add("Where", unfinished, bounded, known)
        waiting.append(graph.number(unfinished))
    made = len(step.names_) - len(step.derived_)
    for lines in _runs(step.derived_):
        if {column for line in lines for column in line.columns} - set(names):
            known, waiting, names = graph.side_by_side(known, *waiting), [], step.names_[:made]
        waiting.append(_OPERATIONS[lines[0].operation](graph, known, names, lines))
        made += len(lines)
    return graph.side_by_side(known, *waiting)


def _runs(lines: tuple[Derived, ...]) -> list[list[Derived]]:
    """Neighbouring lines of one operation that do not build on each other: one node for each."""
    runs: list[list[Derived]] = []
    for line in lines:
        last = runs[-1] if runs else []
        fits = last and last[0].operation == line.operation
        if fits and not {each.name for each in last} & set(line.columns):
            last.append(line)
        else:
            runs.append([line])
    return runs


def _sums(graph: Graph, known: str, names: list[str], lines: list[Derived]) -> str:
    weights = np.zeros((len(names), len(lines)))
    for position, line in enumerate(lines):
        for name, weight in zip(line.columns, line.weights or (1.0,) * 99, strict=False):
            weights[names.index(name), position] = weight
    return graph.add("MatMul", known, graph.constant(weights))


def _excesses(graph: Graph, known: str, names: list[str], lines: list[Derived]) -> str:
    values = graph.columns(known, [names.index(line.columns[0]) for line in lines])
    over = graph.add("Sub", values, graph.constant([[line.value for line in lines]]))
    return graph.add("Max", over, _scalar(graph, 0.0))


def _above(graph: Graph, known: str, names: list[str], lines: list[Derived]) -> str:
    values = graph.columns(known, [names.index(line.columns[0]) for line in lines])
    return graph.number(
        graph.add("Greater", values, graph.constant([[line.value for line in lines]]))
    )


def _products(graph: Graph, known: str, names: list[str], lines: list[Derived]) -> str:
    factors = [
        graph.columns(known, [names.index(line.columns[i]) for line in lines]) for i in (0, 1)
    ]
    return graph.add("Mul", *factors)


_OPERATIONS: dict[str, Callable[[Graph, str, list[str], list[Derived]], str]] = {
    "sum": _sums,
    "excess": _excesses,
    "above": _above,
    "product": _products,
}


def _tree_view(graph: Graph, view: TreeView, known: str, levels: list[int]) -> str:
    """TreeView.transform, with the mean targets appended: (n, k + d) to (n, k + d + codes).

    levels: per encoded column the size of its vocabulary.
    """
    if not len(view.coded_):
        return known
    # A code is -1 (unknown), 0 (missing) or a level's; one that no training row has counts as
    # unknown. All tables stand one behind another.
    tables = [
        np.pad(table, (0, levels[position] + 2 - len(table)), constant_values=table[0])
        for position, table in zip(view.coded_, view.tables_, strict=True)
    ]
    sizes = np.array([len(table) for table in tables])
    unknown = np.cumsum(sizes) - sizes
    codes = graph.columns(known, view.coded_)
    position = graph.add("Add", codes, graph.constant(unknown[None, :] + 1.0))
    position = graph.add("Cast", position, to=TensorProto.INT64)
    means = graph.add("Gather", graph.constant(np.concatenate(tables)), position, axis=0)
    return graph.side_by_side(known, means)


def _unscaled_view(graph: Graph, view: LinearView, known: str) -> str:
    """LinearView.transform up to its scaling, see `_scaling`: (n, k + d) to (n, q)."""
    parts = []
    if len(view.amounts_):
        amounts = graph.columns(known, view.amounts_)
        amounts = graph.add("Max", amounts, graph.constant(view.low_[None, :]))
        amounts = graph.add("Min", amounts, graph.constant(view.high_[None, :]))
        if (view.low_[view.log_] >= 0.0).all():
            unskewed = graph.add("Log", graph.add("Add", amounts, _scalar(graph, 1.0)))
        else:
            size = graph.add("Add", graph.add("Abs", amounts), _scalar(graph, 1.0))
            unskewed = graph.add("Mul", graph.add("Sign", amounts), graph.add("Log", size))
        skewed = graph.constant(view.log_[None, :], np.bool_)
        parts.append(graph.add("Where", skewed, unskewed, amounts))
    if len(view.level_columns_):
        values = graph.columns(known, view.level_columns_)
        same = graph.add("Equal", values, graph.constant(view.level_values_[None, :]))
        parts.append(graph.number(same))
    if not parts:
        raise UserError("the table has no column that a linear model can use; add one")
    return graph.side_by_side(*parts)


def _scaling(view: LinearView) -> tuple[Array, Array]:
    """Center and scale, each (q,), with which `_unscaled_view` becomes LinearView.transform."""
    levels = np.ones(len(view.level_columns_))
    center = np.concatenate([view.center_, 0.0 * levels])
    return center, np.concatenate([view.scale_, view.indicator_scale * levels])


def _key(view: LinearView) -> tuple[float, ...]:
    return view.tail, view.skew, view.min_count, view.indicator_scale


def _width(view: LinearView) -> int:
    return len(view.amounts_) + len(view.level_columns_)


def _support_vectors(
    graph: Graph, weight: float, view: LinearView, estimator: SVR, unscaled: str
) -> str:
    """Sum of dual coefficients times exp(-gamma * squared distance to each support vector)."""
    vectors, gamma = estimator.support_vectors_, float(estimator._gamma)
    center, scale = _scaling(view)
    shown = graph.add("Sub", unscaled, graph.constant(center[None, :]))
    shown = graph.add("Mul", shown, graph.constant(scale[None, :]))
    # |x - v|^2 = |x|^2 - 2 x.v + |v|^2, with the factor -gamma taken into the constants. The one
    # large product is in single precision, which takes a fifth of the time; it is small beside 1,
    # so that its rounding is lost in the exponential. `export` measures what remains.
    single = graph.add("Cast", shown, to=TensorProto.FLOAT)
    cross = graph.add("MatMul", single, graph.constant(2.0 * gamma * vectors.T, np.float32))
    own = graph.add("Mul", graph.add("ReduceSumSquare", shown, axes=[1]), _scalar(graph, -gamma))
    fixed = graph.constant(-gamma * (vectors**2).sum(axis=1)[None, :])
    kernel = graph.add("Exp", graph.add("Sum", graph.number(cross), own, fixed))
    return graph.add("MatMul", kernel, graph.constant(weight * estimator.dual_coef_.T))


def _scalar(graph: Graph, value: float) -> str:
    return graph.constant([[value]])
