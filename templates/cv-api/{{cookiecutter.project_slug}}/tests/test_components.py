"""Principal components of the features: few numbers that say most, read by numpy alone."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from {{ cookiecutter.package_name }} import components
from {{ cookiecutter.package_name }}.components import MOST, Components, fit_components


def features(count: int, channels: int = 24, seed: int = 0) -> components.Floats:
    """Features that vary in three directions, and hardly in others."""
    random = np.random.default_rng(seed)
    wide = random.normal(size=(count, 3)) * (9.0, 4.0, 2.0)
    turned = np.linalg.qr(np.random.default_rng(9).normal(size=(channels, channels)))[0][:3]
    found: components.Floats = (
        5.0 + wide @ turned + 0.01 * random.normal(size=(count, channels))
    ).astype(np.float32)
    return found


def test_new_pictures_have_numbers_of_mean_0_and_deviation_1() -> None:
    found = fit_components(features(2000)).project(features(2000, seed=1))
    assert found.shape == (2000, MOST)
    assert found[:, :3].mean(axis=0) == pytest.approx(np.zeros(3), abs=0.1)
    assert found[:, :3].std(axis=0) == pytest.approx(np.ones(3), abs=0.1)


def test_they_say_most_of_what_differs_between_pictures() -> None:
    known = features(500)
    fitted = fit_components(known, most=3)
    lengths = np.linalg.norm(fitted.directions, axis=1, keepdims=True)
    back = fitted.project(known) / lengths.T @ (fitted.directions / lengths) + fitted.mean
    assert np.square(known - back).sum() < 0.001 * np.square(known - known.mean(axis=0)).sum()


@pytest.mark.parametrize(("count", "channels", "expected"), [(2, 24, 1), (50, 4, 4), (9, 24, 8)])
def test_there_are_no_more_than_pictures_or_features_allow(
    count: int, channels: int, expected: int
) -> None:
    assert len(fit_components(features(count, channels)).directions) == expected


def test_a_direction_in_which_nothing_varies_is_left_out() -> None:
    flat = features(100)
    flat[:, 5:] = 1.0
    found = fit_components(flat)
    assert len(found.directions) <= 5
    assert np.isfinite(found.project(features(10))).all()


def test_what_lies_beside_the_directions_is_brought_to_the_size_of_a_logit() -> None:
    known = features(500)
    fitted = fit_components(known, most=3, highest=8.0)
    assert fitted.beside(known).mean() == pytest.approx(8.0)
    other = features(50, seed=1)
    other[:, 0] += 3.0
    assert fitted.beside(other).min() > 5 * fitted.beside(features(50, seed=2)).max()


def test_directions_that_hold_everything_leave_nothing_beside_them() -> None:
    fitted = fit_components(features(50, channels=4), highest=8.0)
    assert fitted.weight == 0.0
    assert not fitted.beside(features(10, channels=4, seed=1)).any()


def test_what_was_written_is_read_without_scikit_learn(tmp_path: Path) -> None:
    written = fit_components(features(50), highest=8.0)
    written.save(tmp_path)
    read = Components.load(tmp_path)
    assert (read.mean == written.mean).all()
    assert (read.directions == written.directions).all()
    assert read.weight == written.weight > 0
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from {{ cookiecutter.package_name }}.components import Components\n"
        "Components.load(Path(sys.argv[1]))\n"
        "assert 'sklearn' not in sys.modules"
    )
    source = str(Path(components.__file__).parents[1])
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": source},
        check=True,
    )
