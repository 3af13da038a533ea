"""Drift: quiet where nothing has changed, and where something has, it is found and named."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from {{ cookiecutter.package_name }} import drift
from {{ cookiecutter.package_name }}.drift_classifier import tell_apart
from {{ cookiecutter.package_name }}.drift_sample import Sample
from {{ cookiecutter.package_name }}.drift_tests import compare_columns
from {{ cookiecutter.package_name }}.prediction_log import Record

ALPHA, LEAST = 0.025, 0.1


def table(rows: int, seed: int) -> pd.DataFrame:
    """Two numbers that go together, a third with gaps, and two categories."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(7, 0.4, rows)
    return pd.DataFrame(
        {
            "size": size,
            "rooms": np.round(size / 250 + rng.normal(0, 0.5, rows)),
            "width": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(50, 9, rows)),
            "area": rng.choice(list("abcdefgh"), rows, p=[0.4, 0.3, 0.2, *[0.02] * 5]),
            "fence": pd.Series(np.where(rng.random(rows) < 0.5, "yes", None), dtype=object),
        }
    ).astype({"area": object})


def drifted(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str]:
    """Column that drifted -> how it changed, most drifted first."""
    found = compare_columns(Sample(before), Sample(after), ALPHA, LEAST)
    return {column.name: column.change for column in found if column.drifted}


def test_a_change_that_leaves_the_median_is_told_by_the_quartiles() -> None:
    before = table(300, seed=1)
    middle = before["size"].median()
    after = before.assign(size=middle + 4.0 * (before["size"] - middle))
    change = drifted(before, after)["size"]
    assert change.startswith("middle half ")
    low, high = before["size"].quantile(0.25), before["size"].quantile(0.75)
    assert f"{low:,.0f} to {high:,.0f} -> " in change


SHIFTS: dict[str, Any] = {
    "size": lambda rows: rows["size"] * 1.3,
    "width": lambda rows: rows["width"].where(rows.index % 2 == 0),
    "area": lambda rows: rows["area"].mask(rows.index % 4 == 0, "b"),
    "fence": lambda rows: rows["fence"].mask(rows.index % 5 == 0, "none"),
}


@pytest.mark.parametrize("name", SHIFTS)
def test_a_shifted_column_is_named_and_no_other(name: str) -> None:
    after = table(400, 1)
    after[name] = SHIFTS[name](after)
    assert list(drifted(table(800, 0), after)) == [name]


def test_a_column_that_turns_missing_is_found_whatever_its_kind() -> None:
    after = table(60, 1)
    after["size"], after["area"] = np.nan, pd.Series([None] * 60, dtype=object)
    found = drifted(table(800, 0), after)
    assert found == {
        "size": "no value: 0.0% -> 100.0%",
        "area": "no value: 0.0% -> 100.0%",
    }


def test_a_new_level_is_found_in_a_short_log() -> None:
    after = table(60, 1)
    after.loc[after.index[:9], "area"] = "new"
    assert drifted(table(800, 0), after) == {"area": "new: 0.0% -> 15.0%"}


def test_a_difference_that_is_sure_but_small_is_let_pass() -> None:
    before, after = table(20_000, 0), table(20_000, 1)
    after["size"] *= 1.02
    found = {each.name: each for each in compare_columns(Sample(before), Sample(after), ALPHA, 0.1)}
    assert found["size"].q_value <= ALPHA
    assert not found["size"].drifted
    assert compare_columns(Sample(before), Sample(after), ALPHA, 0.01)[0].name == "size"


def test_distance_is_the_wasserstein_distance_in_interquartile_ranges() -> None:
    before, after = table(500, 0), table(500, 1)
    found = compare_columns(Sample(before[["size"]]), Sample(after[["size"]]), ALPHA, 0.0)[0]
    expected = stats.wasserstein_distance(before["size"], after["size"])
    assert found.distance == pytest.approx(expected / stats.iqr(before["size"]))
    assert found.statistic == pytest.approx(stats.ks_2samp(before["size"], after["size"]).statistic)


def test_the_classifier_finds_what_no_column_shows_and_names_it() -> None:
    before, after = table(800, 0), table(400, 1)
    after["rooms"] = np.random.default_rng(2).permutation(after["rooms"].to_numpy())
    assert drifted(before, after) == {}
    found = tell_apart(Sample(before), Sample(after), ALPHA, 0.55, seed=0)
    assert found.drifted
    assert set(list(found.importance)[:2]) == {"size", "rooms"}


def test_columns_of_every_odd_shape_can_be_compared() -> None:
    before, after = table(120, 0), table(50, 1)
    before["same"] = after["same"] = 1.0
    before["empty"] = after["empty"] = np.nan
    before["only"] = pd.Series(["x"] * 120, dtype=object)
    after["only"] = pd.Series(["x"] * 50, dtype=object)
    before["id"] = pd.Series([f"a{i}" for i in range(120)], dtype=object)
    after["id"] = pd.Series([f"b{i}" for i in range(50)], dtype=object)
    found = {each.name: each for each in compare_columns(Sample(before), Sample(after), ALPHA, 0.1)}
    assert not any(found[name].drifted for name in ("same", "empty", "only"))
    assert all(np.isfinite((each.p_value, each.distance)).all() for each in found.values())
    assert np.isfinite(tell_apart(Sample(before), Sample(after), ALPHA, 0.55, 0).auc)


def alarms(checks: int, reference_rows: int, logged_rows: int) -> int:
    """In how many checks of unchanged data anything is called drift."""
    count = 0
    for check in range(checks):
        before, after = table(reference_rows, 2 * check), table(logged_rows, 2 * check + 1)
        samples = Sample(before), Sample(after)
        columns = compare_columns(*samples, ALPHA, 0.0)
        domain = tell_apart(*samples, ALPHA, 0.5, seed=check)
        count += domain.drifted or any(column.drifted for column in columns)
    return count


@pytest.mark.slow
@pytest.mark.parametrize(("reference_rows", "logged_rows"), [(400, 60), (400, 400)])
def test_false_alarms_are_no_more_than_was_asked_for(reference_rows: int, logged_rows: int) -> None:
    # The distances do not count here, so that it is the tests alone that have to be quiet.
    checks = 100
    bound = int(stats.binom.ppf(0.999, checks, 2 * ALPHA))
    assert alarms(checks, reference_rows, logged_rows) <= bound


def test_a_sample_of_a_long_log_is_random_seeded_and_in_order() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    log = [Record(start + timedelta(hours=i), str(i), "v", {}, {}) for i in range(1_000)]
    kept, total = drift.draw(iter(log), 100, seed=1)
    assert (len(kept), total) == (100, 1_000)
    assert kept == sorted(kept, key=lambda record: record.at)
    assert drift.draw(iter(log), 100, seed=1) == (kept, total)
    assert 300 < np.mean([int(record.request_id) for record in kept]) < 700
    assert drift.draw(iter(log), 2_000, seed=1) == (log, 1_000)
