"""Ensembles of regression trees, from each library's own form to one ONNX node for all of them.

LightGBM and scikit-learn test `<=`, XGBoost `<`; XGBoost and scikit-learn first round a value to
single precision. Here every test is `<` in double precision, with the threshold moved so that each
value goes the way that its library sends it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from lightgbm import LGBMRegressor
from onnx import NodeProto, helper, numpy_helper
from sklearn.ensemble import RandomForestRegressor
from xgboost import XGBRegressor

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tree:
    """One tree as arrays of shape (m,), one entry per node; node 0 is the root.

    A row goes to `left` if its `feature` is less than `threshold`, else to `right`. In a leaf,
    where `left` is negative, the tree's answer is `value`.
    """

    feature: Integers
    threshold: Array
    left: Integers
    right: Integers
    value: Array


@dataclass(frozen=True)
class Forest:
    """The prediction is `base` plus the answers of all trees."""

    base: float
    trees: tuple[Tree, ...]

    def scaled(self, weight: float) -> Forest:
        """A forest whose predictions are `weight` times this one's."""
        trees = tuple(
            Tree(tree.feature, tree.threshold, tree.left, tree.right, weight * tree.value)
            for tree in self.trees
        )
        return Forest(weight * self.base, trees)


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


def tree_node(trees: Sequence[Tree], features: Integers, source: str, output: str) -> NodeProto:
    """The ONNX node that adds up the answers of all trees, without any base.

    features: for each feature of the trees, its column in the tensor `source`.
    """
    sizes = [len(tree.left) for tree in trees]
    tree_of = np.repeat(np.arange(len(trees)), sizes)
    node_of = np.concatenate([np.arange(size) for size in sizes])
    leaf = np.concatenate([tree.left < 0 for tree in trees])
    split = ~leaf

    def joined(name: str, at: npt.NDArray[np.bool_]) -> Any:
        return np.where(at, np.concatenate([getattr(tree, name) for tree in trees]), 0)

    return helper.make_node(
        "TreeEnsembleRegressor",
        [source],
        [output],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function="SUM",
        post_transform="NONE",
        nodes_treeids=tree_of.tolist(),
        nodes_nodeids=node_of.tolist(),
        nodes_featureids=np.where(split, features[joined("feature", split)], 0).tolist(),
        nodes_modes=np.where(split, "BRANCH_LT", "LEAF").tolist(),
        nodes_values_as_tensor=numpy_helper.from_array(joined("threshold", split), "thresholds"),
        nodes_truenodeids=joined("left", split).tolist(),
        nodes_falsenodeids=joined("right", split).tolist(),
        nodes_missing_value_tracks_true=[0] * len(leaf),
        target_treeids=tree_of[leaf].tolist(),
        target_nodeids=node_of[leaf].tolist(),
        target_ids=[0] * int(leaf.sum()),
        target_weights_as_tensor=numpy_helper.from_array(joined("value", leaf)[leaf], "leaves"),
    )


def _of_lightgbm(estimator: LGBMRegressor) -> Forest:
    trees = []
    for content in estimator.booster_.dump_model()["tree_info"]:
        nodes: list[dict[str, Any]] = [content["tree_structure"]]
        left, right = [], []
        for node in nodes:  # grows on the way
            inner = "split_feature" in node
            left.append(len(nodes) if inner else -1)
            right.append(len(nodes) + 1 if inner else -1)
            if inner:
                nodes += [node["left_child"], node["right_child"]]
        threshold = np.array([node.get("threshold", 0.0) for node in nodes])
        trees.append(
            Tree(
                feature=np.array([node.get("split_feature", 0) for node in nodes]),
                threshold=np.nextafter(threshold, np.inf),
                left=np.array(left),
                right=np.array(right),
                value=np.array([node.get("leaf_value", 0.0) for node in nodes]),
            )
        )
    return Forest(0.0, tuple(trees))


def _of_xgboost(estimator: XGBRegressor) -> Forest:
    learner = json.loads(estimator.get_booster().save_raw("json"))["learner"]
    base = json.loads(learner["learner_model_param"]["base_score"])
    trees = []
    for content in learner["gradient_booster"]["model"]["trees"]:
        # A threshold, or a leaf's answer. The text shows a float32 in its shortest form: back to
        # float32 for its exact value.
        held = np.array(content["split_conditions"], dtype=np.float32)
        trees.append(
            Tree(
                feature=np.array(content["split_indices"]),
                threshold=_rounds_below(held),
                left=np.array(content["left_children"]),
                right=np.array(content["right_children"]),
                value=held.astype(np.float64),
            )
        )
    return Forest(float(base[0] if isinstance(base, list) else base), tuple(trees))


def _of_random_forest(estimator: RandomForestRegressor) -> Forest:
    trees = []
    for member in estimator.estimators_:
        tree = member.tree_
        # x <= threshold, for an x in single precision, is x < the next such number above it.
        single = tree.threshold.astype(np.float32)
        above = np.where(single <= tree.threshold, np.nextafter(single, np.float32(np.inf)), single)
        trees.append(
            Tree(
                feature=tree.feature.astype(np.int64),
                threshold=_rounds_below(above),
                left=tree.children_left.astype(np.int64),
                right=tree.children_right.astype(np.int64),
                value=tree.value[:, 0, 0] / len(estimator.estimators_),
            )
        )
    return Forest(0.0, tuple(trees))


def _rounds_below(threshold: npt.NDArray[np.float32]) -> Array:
    """For each float32 t the double b such that x < b where x, rounded to float32, is < t.

    Numbers round to the nearer neighbour, and from the middle to the one whose last bit is 0.
    """
    under = np.nextafter(threshold, np.float32(-np.inf))
    middle = (under.astype(np.float64) + threshold.astype(np.float64)) / 2.0
    middle_rounds_under = middle.astype(np.float32) == under
    return np.where(middle_rounds_under, np.nextafter(middle, np.inf), middle)
