"""What features.py and views.py compute as ONNX nodes, once for all members of a stack."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from . import ames
from .ames import Derived
from .errors import UserError
from .features import DerivedFeatures
from .onnx_nodes import Graph
from .views import LinearView, TreeView

Array = npt.NDArray[np.float64]


def derived(graph: Graph, step: DerivedFeatures, encoded: str) -> str:
    """DerivedFeatures.transform: (n, k) to (n, k + d)."""
    present = graph.add("GreaterOrEqual", encoded, graph.constant(step.lowest_[None, :]))
    known = graph.add("Where", present, encoded, graph.constant(step.fill_[None, :]))
    names = list(step.names_[: len(step.lowest_)])
    waiting = []  # made, but not yet beside the known columns: each joint copies all of them
    if len(step.missing_):
        there = graph.columns(present, step.missing_)
        waiting.append(graph.add("Where", there, graph.scalar(0.0), graph.scalar(1.0)))
    if step.unfinished_ is not None:
        area, sale = step.unfinished_
        unfinished = graph.add(
            "And",
            graph.add("Greater", graph.columns(known, [area]), graph.scalar(ames.UNFINISHED_ABOVE)),
            graph.add("Equal", graph.columns(known, [sale]), graph.scalar(ames.PARTIAL)),
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
    return graph.add("Max", over, graph.scalar(0.0))


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


def tree_view(graph: Graph, view: TreeView, known: str, levels: list[int]) -> str:
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


def unscaled_view(graph: Graph, view: LinearView, known: str) -> str:
    """LinearView.transform up to its scaling, see `scaling`: (n, k + d) to (n, q)."""
    parts = []
    if len(view.amounts_):
        amounts = graph.columns(known, view.amounts_)
        amounts = graph.add("Max", amounts, graph.constant(view.low_[None, :]))
        amounts = graph.add("Min", amounts, graph.constant(view.high_[None, :]))
        if (view.low_[view.log_] >= 0.0).all():
            unskewed = graph.add("Log", graph.add("Add", amounts, graph.scalar(1.0)))
        else:
            size = graph.add("Add", graph.add("Abs", amounts), graph.scalar(1.0))
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


def scaling(view: LinearView) -> tuple[Array, Array]:
    """Center and scale, each (q,), with which `unscaled_view` becomes LinearView.transform."""
    levels = np.ones(len(view.level_columns_))
    center = np.concatenate([view.center_, 0.0 * levels])
    return center, np.concatenate([view.scale_, view.indicator_scale * levels])
