"""Ensembles of regression trees, from each library's own form to ONNX's TreeEnsembleRegressor."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from lightgbm import LGBMRegressor
from onnx import NodeProto, helper, numpy_helper
from sklearn.ensemble import RandomForestRegressor
from xgboost import XGBRegressor

Array = npt.NDArray[np.float64]


@dataclass
class Forest:
    """Trees as flat lists, one entry per node: what TreeEnsembleRegressor takes.

    A row goes to a node's `true` child if its feature is `rule` (BRANCH_LEQ: <=, BRANCH_LT: <)
    the threshold. The prediction is `base` plus the value of the leaf reached in each tree.
    """

    rule: str
    base: float = 0.0
    trees: list[int] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    features: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)  # threshold, or 0 in a leaf
    true: list[int] = field(default_factory=list)
    false: list[int] = field(default_factory=list)
    leaves: list[float | None] = field(default_factory=list)  # None in an inner node
    in_single_precision: bool = False  # the library rounds its inputs to float32

    def add(
        self,
        tree: int,
        node: int,
        *,
        split: tuple[int, float, int, int] | None = None,
        leaf: float | None = None,
    ) -> None:
        """Append a node: `split` is (feature, threshold, true child, false child)."""
        feature, value, true, false = split or (0, 0.0, 0, 0)
        self.trees.append(tree)
        self.nodes.append(node)
        self.features.append(feature)
        self.values.append(value)
        self.true.append(true)
        self.false.append(false)
        self.leaves.append(leaf)


def is_forest(estimator: object) -> bool:
    """Whether `forest_of` can read this estimator."""
    return isinstance(estimator, (LGBMRegressor, XGBRegressor, RandomForestRegressor))


def forest_of(estimator: Any) -> Forest:
    """The trees of a fitted LightGBM, XGBoost or scikit-learn forest of one output."""
    if isinstance(estimator, LGBMRegressor):
        return _of_lightgbm(estimator)
    if isinstance(estimator, XGBRegressor):
        return _of_xgboost(estimator)
    return _of_random_forest(estimator)


def tree_node(
    forest: Forest, features: npt.NDArray[np.intp], source: str, output: str
) -> NodeProto:
    """The ONNX node, without the forest's base. Thresholds and leaves stay in double precision.

    features: for each of the forest's features, its column in the tensor `source`.
    """
    leaf = [i for i, value in enumerate(forest.leaves) if value is not None]
    inner = [value is None for value in forest.leaves]
    return helper.make_node(
        "TreeEnsembleRegressor",
        [source],
        [output],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function="SUM",
        post_transform="NONE",
        nodes_treeids=forest.trees,
        nodes_nodeids=forest.nodes,
        nodes_featureids=[int(features[feature]) for feature in forest.features],
        nodes_modes=[forest.rule if split else "LEAF" for split in inner],
        nodes_values_as_tensor=numpy_helper.from_array(np.array(forest.values), "thresholds"),
        nodes_truenodeids=forest.true,
        nodes_falsenodeids=forest.false,
        nodes_missing_value_tracks_true=[0] * len(inner),
        target_treeids=[forest.trees[i] for i in leaf],
        target_nodeids=[forest.nodes[i] for i in leaf],
        target_ids=[0] * len(leaf),
        target_weights_as_tensor=numpy_helper.from_array(
            np.array([forest.leaves[i] for i in leaf], dtype=np.float64), "leaves"
        ),
    )


def _of_lightgbm(estimator: LGBMRegressor) -> Forest:
    forest = Forest("BRANCH_LEQ")
    for number, tree in enumerate(estimator.booster_.dump_model()["tree_info"]):
        waiting, used = [(0, tree["tree_structure"])], 1
        while waiting:
            node, content = waiting.pop()
            if "leaf_value" in content:
                forest.add(number, node, leaf=content["leaf_value"])
                continue
            children = used, used + 1
            forest.add(
                number, node, split=(content["split_feature"], content["threshold"], *children)
            )
            waiting += zip(children, (content["left_child"], content["right_child"]), strict=True)
            used += 2
    return forest


def _of_xgboost(estimator: XGBRegressor) -> Forest:
    booster = estimator.get_booster()
    learner = json.loads(booster.save_raw("json"))["learner"]
    base = json.loads(learner["learner_model_param"]["base_score"])
    forest = Forest(
        "BRANCH_LT",
        base=float(base[0] if isinstance(base, list) else base),
        in_single_precision=True,
    )
    for number, tree in enumerate(learner["gradient_booster"]["model"]["trees"]):
        for node, left in enumerate(tree["left_children"]):
            # The JSON shows a float32 in its shortest form: back to float32 for its exact value.
            value = float(np.float32(tree["split_conditions"][node]))
            if left < 0:
                forest.add(number, node, leaf=value)
            else:
                right = tree["right_children"][node]
                forest.add(number, node, split=(tree["split_indices"][node], value, left, right))
    return forest


def _of_random_forest(estimator: RandomForestRegressor) -> Forest:
    forest = Forest("BRANCH_LEQ", in_single_precision=True)
    share = 1.0 / len(estimator.estimators_)
    for number, member in enumerate(estimator.estimators_):
        tree = member.tree_
        for node in range(tree.node_count):
            left, right = int(tree.children_left[node]), int(tree.children_right[node])
            if left < 0:
                forest.add(number, node, leaf=float(tree.value[node, 0, 0]) * share)
            else:
                split = (int(tree.feature[node]), float(tree.threshold[node]), left, right)
                forest.add(number, node, split=split)
    return forest
