"""What an ingredient is worth, and how sure that is; outcomes that outlive a killed run."""

from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from {{ cookiecutter.package_name }}.ablation import (
    CAVEAT,
    Effect,
    Ingredient,
    Outcome,
    compare,
    section,
)
from {{ cookiecutter.package_name }}.ablation_cache import Outcomes, code_digest
from {{ cookiecutter.package_name }}.ablation_figure import ablation_figure, finding
from {{ cookiecutter.package_name }}.ablation_summary import show_section
from {{ cookiecutter.package_name }}.paired import Metric

ROWS = 90
FOLD_OF = np.arange(ROWS) % 3


def rmse(target: np.ndarray, prediction: np.ndarray) -> float:
    return float(np.sqrt(np.mean((target - prediction) ** 2)))


def accuracy(target: np.ndarray, prediction: np.ndarray) -> float:
    return float(np.mean(target == prediction))


def ingredient(name: str) -> Ingredient:
    return Ingredient(name, name.title(), "It is there to be left out.")


def noisy(target: np.ndarray, noise: float, seed: int) -> Outcome:
    errors = np.random.default_rng(seed).normal(0, 1, len(target))
    return Outcome(target + noise * errors, seconds=1.0)


def study(**noise: float) -> tuple[np.ndarray, Outcome, dict[Ingredient, Outcome]]:
    """A target, a recipe with errors of 1, and recipes whose errors are those plus their noise."""
    target = np.random.default_rng(0).normal(0, 3, ROWS)
    full = noisy(target, 1.0, seed=1)
    without = {
        ingredient(name): noisy(full.prediction, each, seed=2 + number)
        for number, (name, each) in enumerate(noise.items())
    }
    return target, full, without


def effects(resamples: int = 300, **noise: float) -> dict[str, Effect]:
    target, full, without = study(**noise)
    found = compare(
        Metric("rmse", rmse), target, FOLD_OF, full, without, resamples=resamples, seed=5
    )
    return {effect.name: effect for effect in found}


def test_the_difference_is_of_the_two_figures_on_the_same_rows() -> None:
    target, full, without = study(useful=1.0)
    found = effects(useful=1.0)["useful"]
    (other,) = without.values()
    expected = rmse(target, other.prediction) - rmse(target, full.prediction)
    assert found.without == rmse(target, other.prediction)
    assert found.difference == pytest.approx(expected)
    assert found.relative == pytest.approx(expected / rmse(target, full.prediction))
    by_hand = [
        rmse(target[fold == FOLD_OF], other.prediction[fold == FOLD_OF])
        > rmse(target[fold == FOLD_OF], full.prediction[fold == FOLD_OF])
        for fold in range(3)
    ]
    assert found.worse_folds == sum(by_hand)


def test_the_interval_is_that_of_a_paired_bootstrap_done_by_hand() -> None:
    target, full, without = study(useful=1.0)
    (other,) = without.values()
    rng = np.random.default_rng(17)
    drawn = []
    for _ in range(4000):
        rows = rng.integers(0, ROWS, ROWS)
        drawn.append(
            rmse(target[rows], other.prediction[rows]) - rmse(target[rows], full.prediction[rows])
        )
    found = effects(resamples=4000, useful=1.0)["useful"]
    # Student's t with 89 degrees of freedom, 2.5 % above it.
    margin = 1.987 * np.std(drawn)
    expected = (found.difference - margin, found.difference + margin)
    assert (found.low, found.high) == pytest.approx(expected, rel=0.03)


def test_verdicts_follow_the_interval() -> None:
    found = effects(useful=1.5, useless=0.02)
    assert found["useful"].verdict == "helps"
    assert found["useful"].low > 0
    assert found["useless"].verdict == "no clear effect"
    assert found["useless"].low < 0 < found["useless"].high


def test_rounding_is_no_difference() -> None:
    target, full, _ = study()
    same = Outcome(full.prediction + 1e-15, 1.0)
    (found,) = compare(
        Metric("rmse", rmse), target, FOLD_OF, full, {ingredient("x"): same}, resamples=50, seed=5
    )
    assert (found.difference, found.low, found.high, found.worse_folds) == (0.0, 0.0, 0.0, 0)


def test_few_resamples_do_not_make_useless_ingredients_look_useful() -> None:
    wrong = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        target, own = rng.normal(0, 1, (2, ROWS))
        full = Outcome(target + own, 1.0)
        # Each errs as much as the complete recipe does, on other rows.
        without = {
            ingredient(str(number)): Outcome(
                target + 0.95 * own + np.sqrt(1 - 0.95**2) * rng.normal(0, 1, ROWS), 1.0
            )
            for number in range(20)
        }
        found = compare(
            Metric("rmse", rmse), target, FOLD_OF, full, without, resamples=100, seed=seed
        )
        wrong += any(each.verdict != "no clear effect" for each in found)
    # Percentiles of so few resamples are wrong in about every third study.
    assert wrong <= 7


def test_what_makes_the_model_worse_hurts() -> None:
    target = np.random.default_rng(0).normal(0, 3, ROWS)
    full, better = noisy(target, 2.0, seed=1), noisy(target, 0.5, seed=2)
    (found,) = compare(
        Metric("rmse", rmse),
        target,
        FOLD_OF,
        full,
        {ingredient("bad"): better},
        resamples=200,
        seed=1,
    )
    assert found.verdict == "hurts"
    assert found.difference < 0


def test_where_more_is_better_a_loss_still_counts_as_worse() -> None:
    target = np.arange(ROWS) % 2
    wrong = np.where(np.arange(ROWS) < 40, 1 - target, target)
    (found,) = compare(
        Metric("accuracy", accuracy, higher_is_better=True),
        target,
        FOLD_OF,
        Outcome(target, 1.0),
        {ingredient("useful"): Outcome(wrong, 1.0)},
        resamples=200,
        seed=1,
    )
    assert found.without == pytest.approx(50 / 90)
    assert found.difference == pytest.approx(40 / 90)
    assert found.verdict == "helps"


def test_the_more_is_compared_the_wider_each_interval() -> None:
    many = {f"other{number}": 0.3 for number in range(15)}
    alone, among = effects(useful=0.6)["useful"], effects(useful=0.6, **many)["useful"]
    assert among.difference == alone.difference
    assert among.low < alone.low
    assert among.high > alone.high


def whole_section(**noise: float) -> dict[str, Any]:
    target, full, without = study(**noise)
    return section(
        Metric("rmse", rmse),
        target,
        FOLD_OF,
        full,
        without,
        {ingredient("unused"): "the model is one of one"},
        version="v1",
        resamples=200,
        seed=5,
    )


def test_the_section_starts_with_what_is_worth_most_and_says_how_it_was_measured() -> None:
    found = whole_section(little=0.1, much=2.0)
    assert [each["name"] for each in found["ingredients"]] == ["much", "little"]
    assert (found["rows"], found["folds"], found["seed"]) == (ROWS, 3, 5)
    assert (found["version"], found["comparisons"], found["bootstrap"]) == ("v1", 2, 200)
    assert found["left_out"] == [
        {"name": "unused", "title": "Unused", "reason": "the model is one of one"}
    ]


def test_the_table_holds_every_ingredient_its_verdict_and_the_caveat() -> None:
    output = StringIO()
    show_section(whole_section(little=0.02, much=2.0), "my [data]", Console(file=output, width=80))
    text = " ".join(output.getvalue().split())
    assert "my [data]" in text
    assert " helps" in text
    assert " unclear" in text
    assert "Not used here: Unused (the model is one of one)." in text
    assert CAVEAT in text
    assert "hold together with about 95% confidence" in text
    assert "…" not in text


def test_one_interval_is_not_spoken_of_as_many() -> None:
    output = StringIO()
    found = whole_section(much=2.0)
    show_section(found, "data", Console(file=output, width=200))
    assert "The interval holds with about 95% confidence" in output.getvalue()
    (axes,) = ablation_figure(found, "data", "dollars").axes
    assert axes.get_xlabel().endswith("about 95% confidence that the interval holds")


def test_the_figure_names_every_ingredient_the_data_and_the_metric() -> None:
    figure = ablation_figure(whole_section(little=0.02, much=2.0), "my $data$", "dollars")
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Much", "Little"]
    assert "rmse added by leaving it out (dollars)" in axes.get_xlabel()
    title = figure.get_suptitle()
    assert r"my \$data\$" in title
    assert "Much" in title
    bottom, top = axes.get_ylim()
    assert bottom > top  # the first is on top


def test_the_figure_says_the_metric_and_the_rows_in_words() -> None:
    found = whole_section(little=0.02, much=2.0)
    figure = ablation_figure(found, "data", "dollars", "the error", "houses")
    (axes,) = figure.axes
    assert axes.get_xlabel().startswith("the error added by leaving it out")
    assert "the error is" in figure.get_suptitle()
    assert f"{found['rows']:,} houses, " in figure.get_suptitle()


def test_the_finding_says_so_where_there_is_none() -> None:
    assert finding(whole_section(little=0.02), "RMSE").startswith("No ingredient")


def test_what_was_kept_is_found_again_and_only_in_its_own_context(tmp_path: Path) -> None:
    first, second = Outcomes(tmp_path, {"rows": "a"}), Outcomes(tmp_path, {"rows": "b"})
    first.put({"model": "ridge"}, {"prediction": np.arange(3.0)})
    found = Outcomes(tmp_path, {"rows": "a"}).get({"model": "ridge"})
    assert found is not None
    np.testing.assert_array_equal(found["prediction"], np.arange(3.0))
    assert first.get({"model": "lasso"}) is None
    assert second.get({"model": "ridge"}) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"\x93NUMPY"])
def test_a_damaged_outcome_counts_as_none(tmp_path: Path, content: bytes) -> None:
    outcomes = Outcomes(tmp_path, {})
    outcomes.put({}, {"prediction": np.arange(3.0)})
    (path,) = tmp_path.rglob("*.npz")
    path.write_bytes(content)
    assert outcomes.get({}) is None


def test_outcomes_of_other_contexts_are_removed(tmp_path: Path) -> None:
    old, new = Outcomes(tmp_path, {"code": 1}), Outcomes(tmp_path, {"code": 2})
    for each in (old, new):
        each.put({}, {"prediction": np.arange(3.0)})
    new.forget_others()
    assert old.get({}) is None
    assert new.get({}) is not None


def test_a_change_of_any_module_changes_the_digest(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    before = code_digest(tmp_path)
    (tmp_path / "notes.txt").write_text("no code")
    assert code_digest(tmp_path) == before
    (tmp_path / "a.py").write_text("x = 2\n")
    assert code_digest(tmp_path) != before
