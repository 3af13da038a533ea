"""`report` on a classifier of texts: what it writes, and what it says if less is known."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from report_numbers import blocks

from {{ cookiecutter.package_name }} import report, report_story
from {{ cookiecutter.package_name }}.model_card import metadata
from {{ cookiecutter.package_name }}.report_facts import Facts

README, CARD, POST = Path("README.md"), Path("docs/model_card.md"), Path("docs/blog_post.md")
METRICS = Path("reports/metrics.json")


def read() -> Any:
    return json.loads(METRICS.read_text(encoding="utf-8"))


def change(**sections: Any) -> None:
    """Change sections of reports/metrics.json; None takes one away."""
    metrics = {**read(), **sections}
    kept = {name: value for name, value in metrics.items() if value is not None}
    METRICS.write_text(json.dumps(kept), encoding="utf-8")


def block_of(path: Path, name: str) -> str:
    return blocks(path.read_text(encoding="utf-8"))[name]


def test_every_block_is_filled_and_every_word_of_a_person_stays(documented: Path) -> None:
    before = {path: path.read_text() for path in (README, *Path("docs").glob("*.md"))}
    report.report()
    for path, text in before.items():
        after = path.read_text(encoding="utf-8")
        assert all(found.strip() or name == "dialog" for name, found in blocks(after).items()), path
        assert re.findall("Mine: .*", after) == re.findall("Mine: .*", text)
    assert "```mermaid\nflowchart" in README.read_text(encoding="utf-8")


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
    assert "held-out texts" in rows[-1]
    assert "± over folds" not in block_of(README, "results")


def test_the_headline_has_the_figure_its_interval_and_the_lift_in_points_of_macro_f1(
    documented: Path,
) -> None:
    found = read()["held_out"]
    report.report()
    line = block_of(README, "headline")
    own, lift = found["metrics"]["macro_f1"], found["lift"]["tfidf"]
    side = "higher" if lift >= 0 else "lower"
    for part in (
        f"Right on {100 * found['metrics']['accuracy']['value']:.1f} % of the texts",
        f"Macro-F1 {own['value']:.3f} (95 % interval {own['low']:.3f} to {own['high']:.3f})",
        f"{side} than TF-IDF with logistic regression",
        f"{found['rows']} held out (seed 42)",
    ):
        assert part in line
    assert f"{abs(lift):.3f} {side}" in line or abs(lift) < 0.0005


def test_a_text_of_the_data_is_shown_as_it_is_and_obeyed_nowhere(documented: Path) -> None:
    odd = "<script>alert(1)</script> | **x** ](figure:ablation) `y` $z$ [a](b)"
    found = read()["held_out"]
    worst = {
        "line": 7,
        "text": odd,
        "true": "negative",
        "predicted": "positive",
        "confidence": 0.9871,
        "probability": 0.0071,
    }
    change(held_out={**found, "worst": [worst]})
    report.report()
    assert f"“{odd}”" in block_of(CARD, "failures")
    page = Path("reports/index.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; | **x** ](figure:ablation) `y` $z$ [a](b)" in page


def test_a_model_without_a_mistake_is_told_so(documented: Path) -> None:
    change(held_out={**read()["held_out"], "worst": [], "worst_in_common": []})
    report.report()
    assert "None of the held-out texts is wrong." in block_of(CARD, "failures")


def test_the_behaviour_has_a_line_per_test_and_a_failing_text_where_there_is_one(
    documented: Path,
) -> None:
    found = read()["behaviour"]["tests"]
    report.report()
    told = block_of(CARD, "behaviour")
    assert len([line for line in told.splitlines() if line.startswith("|")]) == len(found) + 2
    for each in found:
        assert (f"**{each['name']}**: “" in told) == bool(each["failures"])


@pytest.mark.parametrize(
    ("section", "command", "target", "name"),
    [
        ("held_out", "evaluate", "evaluate", "per-class"),
        ("behaviour", "evaluate --behaviour", "behaviour", "behaviour"),
        ("explanation", "explain", "explain", "explanation"),
        ("ablation", "ablate", "ablate", "ablation"),
    ],
)
def test_a_step_that_was_not_run_is_named_and_nothing_is_made_up(
    documented: Path, section: str, command: str, target: str, name: str
) -> None:
    change(**{section: None})
    assert report.report().missing == (command,)
    for path in (CARD, POST):
        if name in blocks(path.read_text(encoding="utf-8")):
            assert f"make {target} report" in block_of(path, name)


def test_the_ablation_of_a_figure_that_should_be_high_is_told_the_right_way_round(
    documented: Path,
) -> None:
    report.report()
    assert "Order of the words" in block_of(POST, "worked")
    harm, none = block_of(POST, "did-not-work").split("No clear effect:")
    assert "Drop | <b>out</b>" in harm
    assert "Warm-up" in none


def test_the_cards_metadata_have_the_measured_figures(documented: Path) -> None:
    metrics = read()
    facts = Facts(metrics, report_story.story(metrics), "x", Path("reports/figures"))
    (index,) = yaml.safe_load(metadata(facts))["model-index"]
    (result,) = index["results"]
    own = metrics["held_out"]["metrics"]
    assert result["task"]["type"] == "text-classification"
    assert {each["type"]: each["value"] for each in result["metrics"]} == {
        "f1": own["macro_f1"]["value"],
        "accuracy": own["accuracy"]["value"],
    }


def test_without_rules_there_is_no_conversation_to_draw(documented: Path) -> None:
    Path("dialog.yaml").unlink()
    report.report()
    assert "There is no `dialog.yaml`" in block_of(README, "dialog")


@pytest.mark.parametrize(("weight", "said"), [(1.0, "(R-Drop, weight 1.0)"), (0.0, None)])
def test_what_the_training_loss_holds_is_told(
    weight: float, said: str | None, documented: Path
) -> None:
    change(training={**read()["training"], "consistency": weight})
    report.report()
    told = block_of(CARD, "training")
    assert ("R-Drop" in told) is (said is not None)
    assert said is None or said in told
