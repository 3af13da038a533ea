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
from .onnx_trees import forest_of, is_forest, tree_node
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
        """Truth values, or single precision, as double precision."""
        return self.add("Cast", source, to=TensorProto.DOUBLE)

    def side_by_side(self, *parts: str) -> str:
        """(n, a), (n, b), ... to (n, a + b + ...)."""
        return parts[0] if len(parts) == 1 else self.add("Concat", *parts, axis=1)


def build(pipeline: Pipeline) -> ModelProto:
    """The graph of a fitted pipeline of models.py, without its first step, the encoder.

    Raises UserError for an estimator that it has no form for.
    """
    graph = Graph()
    derive: DerivedFeatures = pipeline.named_steps["derive"]
    width = len(pipeline.named_steps["encode"].columns_)
    known = _derive(graph, derive, "encoded")
    model = pipeline.named_steps["model"]
    if isinstance(model, VotingRegressor):
        names = [name for name, _ in model.estimators]
        members = zip(names, model.estimators_, model.weights, strict=True)
    else:
        members = zip(["model"], [model], [1.0], strict=True)
    views: dict[tuple[Any, ...], str] = {}
    terms = []
    for _, member, weight in members:
        predicted = _member(graph, member, known, len(derive.names_), views)
        terms.append(graph.add("Mul", predicted, graph.constant(float(weight))))
    total = terms[0] if len(terms) == 1 else graph.add("Sum", *terms)
    graph.nodes.append(helper.make_node("Identity", [total], ["prediction"]))
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "pipeline",
            [helper.make_tensor_value_info("encoded", TensorProto.DOUBLE, ["rows", width])],
            [helper.make_tensor_value_info("prediction", TensorProto.DOUBLE, ["rows", 1])],
            initializer=graph.constants,
        ),
        opset_imports=OPSETS,
        ir_version=IR_VERSION,
    )
    checker.check_model(made)
    return made


def _derive(graph: Graph, step: DerivedFeatures, encoded: str) -> str:
    """DerivedFeatures.transform: (n, k) to (n, k + d)."""
    present = graph.add("GreaterOrEqual", encoded, graph.constant(step.lowest_[None, :]))
    filled = graph.add("Where", present, encoded, graph.constant(step.fill_[None, :]))
    flags = []
    if len(step.missing_):
        flags.append(graph.number(graph.add("Not", graph.columns(present, step.missing_))))
    if step.unfinished_ is not None:
        area, sale = step.unfinished_
        unfinished = graph.add(
            "And",
            graph.add(
                "Greater", graph.columns(filled, [area]), _scalar(graph, ames.UNFINISHED_ABOVE)
            ),
            graph.add("Equal", graph.columns(filled, [sale]), _scalar(graph, ames.PARTIAL)),
        )
        bounded = graph.add("Min", filled, graph.constant(step.bound_[None, :]))
        filled = graph.add("Where", unfinished, bounded, filled)
        flags.append(graph.number(unfinished))
    known = graph.side_by_side(filled, *flags)
    names = list(step.names_[: len(step.names_) - len(step.derived_)])
    for lines in _runs(step.derived_):
        made = _OPERATIONS[lines[0].operation](graph, known, names, lines)
        known = graph.side_by_side(known, made)
        names += [line.name for line in lines]
    return known


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


def _member(
    graph: Graph, member: Pipeline, known: str, width: int, views: dict[tuple[Any, ...], str]
) -> str:
    """View and estimator of one model: (n, k + d) to (n, 1)."""
    view, estimator = member.named_steps["view"], member.named_steps["estimator"]
    if is_forest(estimator) and isinstance(view, TreeView):
        return _trees(graph, view, estimator, known, width, views)
    if not isinstance(view, LinearView):
        raise UserError(_no_form(estimator))
    # Two members whose views are alike share one: they were fitted on the same rows.
    key = ("linear", view.tail, view.skew, view.min_count, view.indicator_scale)
    if key not in views:
        views[key] = _linear_view(graph, view, known)
    shown = views[key]
    if isinstance(estimator, SVR) and estimator.kernel == "rbf":
        return _support_vectors(graph, estimator, shown)
    if isinstance(estimator, DummyRegressor):
        coefficients, intercept = np.zeros(_width(view)), estimator.constant_.ravel()[0]
    elif hasattr(estimator, "coef_") and hasattr(estimator, "intercept_"):
        coefficients, intercept = np.ravel(estimator.coef_), estimator.intercept_
    else:
        raise UserError(_no_form(estimator))
    product = graph.add("MatMul", shown, graph.constant(coefficients[:, None]))
    return graph.add("Add", product, _scalar(graph, float(np.ravel(intercept)[0])))


def _trees(
    graph: Graph,
    view: TreeView,
    estimator: Any,
    known: str,
    width: int,
    views: dict[tuple[Any, ...], str],
) -> str:
    forest = forest_of(estimator)
    key = ("tree", view.smoothing)
    if key not in views:
        views[key] = _tree_view(graph, view, known)
    source = views[key]
    if forest.in_single_precision:
        single = ("single", *key)
        if single not in views:
            views[single] = graph.number(graph.add("Cast", source, to=TensorProto.FLOAT))
        source = views[single]
    # The means stand behind the columns, instead of in the place of their codes.
    features = np.arange(width)
    features[view.coded_] = width + np.arange(len(view.coded_))
    output = f"n{len(graph.nodes)}"
    graph.nodes.append(tree_node(forest, features, source, output))
    return graph.add("Add", graph.number(output), _scalar(graph, forest.base))


def _tree_view(graph: Graph, view: TreeView, known: str) -> str:
    """TreeView.transform, with the mean targets appended: (n, k + d) to (n, k + d + codes)."""
    if not len(view.coded_):
        return known
    sizes = np.array([len(table) for table in view.tables_])
    codes = graph.add("Add", graph.columns(known, view.coded_), _scalar(graph, 1.0))
    seen = graph.add("Less", codes, graph.constant(sizes[None, :]))
    first = graph.constant((np.cumsum(sizes) - sizes)[None, :])
    inside = graph.add("Where", seen, codes, _scalar(graph, 0.0))
    position = graph.add("Cast", graph.add("Add", inside, first), to=TensorProto.INT64)
    means = graph.add("Gather", graph.constant(np.concatenate(view.tables_)), position, axis=0)
    return graph.side_by_side(known, means)


def _linear_view(graph: Graph, view: LinearView, known: str) -> str:
    """LinearView.transform: (n, k + d) to (n, q)."""
    parts = []
    if len(view.amounts_):
        amounts = graph.columns(known, view.amounts_)
        amounts = graph.add("Max", amounts, graph.constant(view.low_[None, :]))
        amounts = graph.add("Min", amounts, graph.constant(view.high_[None, :]))
        size = graph.add("Add", graph.add("Abs", amounts), _scalar(graph, 1.0))
        unskewed = graph.add("Mul", graph.add("Sign", amounts), graph.add("Log", size))
        skewed = graph.constant(view.log_[None, :], np.bool_)
        amounts = graph.add("Where", skewed, unskewed, amounts)
        amounts = graph.add("Sub", amounts, graph.constant(view.center_[None, :]))
        parts.append(graph.add("Mul", amounts, graph.constant(view.scale_[None, :])))
    if len(view.level_columns_):
        values = graph.columns(known, view.level_columns_)
        same = graph.add("Equal", values, graph.constant(view.level_values_[None, :]))
        scale = _scalar(graph, view.indicator_scale)
        parts.append(graph.add("Mul", graph.number(same), scale))
    if not parts:
        raise UserError("the table has no column that a linear model can use; add one")
    return graph.side_by_side(*parts)


def _width(view: LinearView) -> int:
    return len(view.amounts_) + len(view.level_columns_)


def _support_vectors(graph: Graph, estimator: SVR, shown: str) -> str:
    """Sum of dual coefficients times exp(-gamma * squared distance to each support vector)."""
    vectors, gamma = estimator.support_vectors_, float(estimator._gamma)
    # |x - v|^2 = |x|^2 - 2 x.v + |v|^2, with the factor -gamma taken into the constants. The one
    # large product is in single precision, which takes a fifth of the time; it is small beside 1,
    # so that its rounding is lost in the exponential. `export` measures what remains.
    single = graph.add("Cast", shown, to=TensorProto.FLOAT)
    cross = graph.add("MatMul", single, graph.constant(2.0 * gamma * vectors.T, np.float32))
    own = graph.add("Mul", graph.add("ReduceSumSquare", shown, axes=[1]), _scalar(graph, -gamma))
    fixed = graph.constant(-gamma * (vectors**2).sum(axis=1)[None, :])
    exponent = graph.add("Sum", graph.number(cross), own, fixed)
    kernel = graph.add("Exp", exponent)
    product = graph.add("MatMul", kernel, graph.constant(estimator.dual_coef_.T))
    return graph.add("Add", product, _scalar(graph, float(estimator.intercept_[0])))


def _scalar(graph: Graph, value: float) -> str:
    return graph.constant([[value]])


def _no_form(estimator: object) -> str:
    return (
        f"{type(estimator).__name__} has no ONNX form here. Add one to onnx_graph.py, "
        "or set train.model to a model that has one."
    )
