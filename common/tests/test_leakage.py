"""Near pairs of rows, and the groups that they make."""

from typing import Any

import numpy as np

from {{ cookiecutter.package_name }}.leakage import (
    joined,
    near_pairs,
)


def test_near_pairs_are_those_that_comparing_all_with_all_finds() -> None:
    rng = np.random.default_rng(0)
    words = rng.integers(0, 3, (200, 8))

    def alike(left: Any, right: Any) -> Any:
        return (words[left] != words[right]).sum(axis=1) <= 1

    blocks = [words[:, half] @ 3 ** np.arange(4) for half in (slice(0, 4), slice(4, 8))]
    found = near_pairs([block.astype(np.uint64) for block in blocks], alike)
    first, second = np.triu_indices(200, 1)
    wanted = np.column_stack([first, second])[alike(first, second)]
    assert len(wanted) > 5
    assert found.tolist() == wanted.tolist()


def test_chains_of_pairs_become_one_group() -> None:
    pairs = np.array([[0, 2], [2, 5]])
    assert joined(np.array([7, 1, 9, 3, 4, 8]), pairs).tolist() == [7, 1, 7, 3, 4, 7]
