"""`report` on a classifier, whatever its rows are: the ladder, the headline, the card."""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from report_numbers import blocks

from {{ cookiecutter.package_name }} import report, report_story
from {{ cookiecutter.package_name }}.model_card import metadata
from {{ cookiecutter.package_name }}.report_facts import Facts

README, CARD, POST = Path("README.md"), Path("docs/model_card.md"), Path("docs/blog_post.md")
METRICS = Path("reports/metrics.json")
ROWS = report_story.ROWS


def read() -> Any:
    return json.loads(METRICS.read_text(encoding="utf-8"))


def change(**sections: Any) -> None:
    """Change sections of reports/metrics.json."""
    METRICS.write_text(json.dumps({**read(), **sections}), encoding="utf-8")


def block_of(path: Path, name: str) -> str:
    return blocks(path.read_text(encoding="utf-8"))[name]


def test_every_block_is_filled_and_every_word_of_a_person_stays(documented: Path) -> None:
    before = {path: path.read_text() for path in (README, *Path("docs").glob("*.md"))}
    report.report()
    for path, text in before.items():
        after = path.read_text(encoding="utf-8")
        # Of a diagram, nothing is left to read.
        assert all(found.strip() or name == "dialog" for name, found in blocks(after).items()), path
        assert re.findall("Mine: .*", after) == re.findall("Mine: .*", text)


def test_a_second_report_of_the_same_figures_changes_nothing(documented: Path) -> None:
    assert len(report.report().changed) > 5
    assert report.report().changed == ()


def test_the_models_stand_in_their_order_each_with_its_lift_over_the_one_before(
    documented: Path,
) -> None:
    models = read()["validation"]["models"]
    report.report()
    rows = [line for line in block_of(README, "results").splitlines() if line.startswith("|")][2:]
    assert len(rows) == len(models) + 1
    for row, score in zip(rows, models.values(), strict=False):
        assert f"{score['macro_f1']['overall']:.3f}" in row
        lift = score.get("lift")
        assert lift is None or f"{abs(lift):.3f}" in row
    assert f"held-out {ROWS}" in rows[-1]
    assert "± over folds" not in block_of(README, "results")


def test_the_headline_has_the_figure_its_interval_and_the_lift_in_points_of_macro_f1(
    documented: Path,
) -> None:
    found = read()["held_out"]
    report.report()
    line = block_of(README, "headline")
    name, lift = list(found["lift"].items())[-1]
    own = found["metrics"]["macro_f1"]
    side = "higher" if lift >= 0 else "lower"
    for part in (
        f"Right on {100 * found['metrics']['accuracy']['value']:.1f} % of the {ROWS}",
        f"Macro-F1 {own['value']:.3f} (95 % interval {own['low']:.3f} to {own['high']:.3f})",
        f"{side} than {report_story.MODELS[name]}",
        f"{found['rows']} held out (seed 42)",
    ):
        assert part in line
    assert f"{abs(lift):.3f} {side}" in line or abs(lift) < 0.0005


def test_the_ablation_of_a_figure_that_should_be_high_is_told_the_right_way_round(
    documented: Path,
) -> None:
    helps, nothing, hurts = (each["title"] for each in read()["ablation"]["ingredients"])
    report.report()
    assert helps in block_of(POST, "worked")
    harm, none = block_of(POST, "did-not-work").split("No clear effect:")
    assert hurts in harm
    assert nothing in none


def test_the_cards_metadata_have_the_measured_figures(documented: Path) -> None:
    metrics = read()
    facts = Facts(metrics, report_story.story(metrics), "x", Path("reports/figures"))
    (index,) = yaml.safe_load(metadata(facts))["model-index"]
    (result,) = index["results"]
    own = metrics["held_out"]["metrics"]
    assert result["task"]["type"] == report_story.story(metrics).task
    assert {each["type"]: each["value"] for each in result["metrics"]} == {
        "f1": own["macro_f1"]["value"],
        "accuracy": own["accuracy"]["value"],
    }


def test_a_model_without_a_mistake_is_told_so(documented: Path) -> None:
    change(held_out={**read()["held_out"], "worst": [], "worst_in_common": []})
    report.report()
    assert f"None of the held-out {ROWS} is wrong." in block_of(CARD, "failures")
