"""Who is champion is decided on rows, not on luck."""

import tracemalloc

import numpy as np
import pytest

from {{ cookiecutter.package_name }} import paired
from {{ cookiecutter.package_name }}.paired import Metric, bootstrap_interval
from {{ cookiecutter.package_name }}.promotion import Comparison, compare, decide


def rmse(target: np.ndarray, prediction: np.ndarray) -> float:
    return float(np.sqrt(np.mean((target - prediction) ** 2)))


RMSE = Metric("rmse", rmse)


def error_rate(target: np.ndarray, prediction: np.ndarray) -> float:
    return float(np.mean(target != prediction.argmax(axis=1)))


def compared(champion_noise: float, challenger_noise: float, seed: int) -> Comparison:
    rng, rows = np.random.default_rng(seed), 150
    target = rng.normal(0, 1, rows)
    # What neither knows is the same for both: that is why the rows are drawn in pairs.
    unknown = rng.normal(0, 1, rows)
    champion = target + unknown + rng.normal(0, champion_noise, rows)
    challenger = target + unknown + rng.normal(0, challenger_noise, rows)
    return compare(RMSE, target, champion, challenger, resamples=300, seed=1)


def test_the_figures_are_the_plain_ones_and_the_interval_holds_their_difference() -> None:
    rng = np.random.default_rng(0)
    target, champion, challenger = rng.normal(0, 1, (3, 60))
    found = compare(RMSE, target, champion, challenger, resamples=200, seed=3, left_out=4)
    assert found.champion == rmse(target, champion)
    assert found.challenger == rmse(target, challenger)
    assert found.difference == found.challenger - found.champion
    assert found.low < found.difference < found.high
    assert (found.rows, found.left_out, found.resamples) == (60, 4, 200)
    again = compare(RMSE, target, champion, challenger, resamples=200, seed=3, left_out=4)
    assert found == again


def intervals(rows: int, resamples: int) -> list[float]:
    values = np.random.default_rng(0).normal(0, 1, (rows, 2))
    found = bootstrap_interval(
        lambda drawn: values[drawn].mean(axis=0),
        rows,
        confidence=0.95,
        resamples=resamples,
        seed=1,
    )
    return [float(end) for ends in found for end in ends]


def test_resampling_in_batches_gives_the_same_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = intervals(31, 101)
    monkeypatch.setattr(paired, "LARGEST_RESAMPLE", 70)
    assert intervals(31, 101) == whole


def test_many_resamples_of_many_rows_are_not_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paired, "LARGEST_RESAMPLE", 20_000)
    tracemalloc.start()
    try:
        intervals(5_000, 400)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # All at once, the row numbers alone are 16 MB.
    assert peak < 4_000_000


def test_noise_seldom_promotes() -> None:
    promoted = sum(decide("when_better", compared(0.3, 0.3, seed)).promoted for seed in range(200))
    # Better by chance alone: 2.5 % of the time, since the interval holds 95 %.
    assert promoted <= 12


def test_a_better_model_is_promoted_though_both_err_much() -> None:
    found = compared(0.9, 0.1, seed=5)
    decision = decide("when_better", found)
    assert decision.promoted
    assert decision.word == "promoted"
    assert "all of it better" in decision.reason
    # The two figures' own intervals would overlap: the pairs are what makes it sure.
    assert found.difference > -0.5


def test_a_worse_model_is_kept_as_challenger() -> None:
    decision = decide("when_better", compared(0.1, 0.9, seed=5))
    assert not decision.promoted
    assert "all of it worse" in decision.reason


def test_the_same_model_again_is_not_promoted() -> None:
    rng = np.random.default_rng(0)
    target, prediction = rng.normal(0, 1, (2, 50))
    found = compare(RMSE, target, prediction, prediction, resamples=100, seed=0)
    assert (found.difference, found.low, found.high) == (0.0, 0.0, 0.0)
    assert "holds zero" in decide("when_better", found).reason


def test_classifiers_are_compared_with_a_metric_of_their_own() -> None:
    rng = np.random.default_rng(2)
    target = rng.integers(0, 3, 200)
    sure = np.eye(3)[target]
    found = compare(
        Metric("error rate", error_rate), target, rng.random((200, 3)), sure, resamples=100, seed=0
    )
    assert found.challenger == 0.0
    assert found.champion == pytest.approx(2 / 3, abs=0.1)
    assert decide("when_better", found).promoted


def test_of_a_metric_that_rises_the_higher_one_is_promoted() -> None:
    rng = np.random.default_rng(2)
    target = rng.integers(0, 3, 200)
    guess, right = rng.random((200, 3)), np.eye(3)[target]
    accuracy = Metric("accuracy", lambda *pair: 1.0 - error_rate(*pair), higher_is_better=True)
    found = compare(accuracy, target, guess, right, resamples=100, seed=0)
    assert (found.better, found.worse) == (True, False)
    assert "all of it better" in decide("when_better", found).reason
    lost = compare(accuracy, target, right, guess, resamples=100, seed=0)
    assert (lost.better, lost.worse) == (False, True)
    assert not decide("when_better", lost).promoted


def test_the_first_model_has_nobody_to_beat() -> None:
    assert decide("when_better", None).promoted
    assert decide("always", None).promoted
    assert not decide("never", None).promoted


@pytest.mark.parametrize("policy", ["always", "never"])
def test_the_setting_overrides_the_contest_and_the_reason_says_so(policy: str) -> None:
    found = compared(0.1, 0.9, seed=5) if policy == "always" else compared(0.9, 0.1, seed=5)
    decision = decide(policy, found)  # type: ignore[arg-type]
    assert decision.promoted is (policy == "always")
    assert decision.reason.startswith(f"registry.promote is {policy}; rmse ")


def test_without_a_comparison_the_champion_stays_and_the_reason_is_passed_on() -> None:
    decision = decide("when_better", "only 3 rows")
    assert not decision.promoted
    assert decision.as_dict() == {"decision": "kept", "reason": "only 3 rows"}
