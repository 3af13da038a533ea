"""`report`: what it writes into the documents, and what it leaves alone."""

import json
import re
from pathlib import Path

import pytest
from report_numbers import blocks
from reported import METRICS, PNG, README, change, shown, state

from {{ cookiecutter.package_name }} import report, report_story
from {{ cookiecutter.package_name }}.report_facts import Facts, Measure
from {{ cookiecutter.package_name }}.report_page import render


def test_every_block_is_filled_and_every_word_of_a_person_stays(documented: Path) -> None:
    before = {path: path.read_text() for path in (README, *Path("docs").glob("*.md"))}
    report.report()
    for path, text in before.items():
        after = path.read_text()
        assert all(blocks(after).values()), path
        empty = re.sub(
            r"(<!-- report:[a-z-]+ -->|# report:metadata)\n.*?(?=<!-- /|# /)",
            r"\1\n",
            after,
            flags=re.DOTALL,
        )
        assert re.findall("Mine: .*", after) == re.findall("Mine: .*", text)
        assert empty == text


def test_the_same_figures_give_the_same_bytes(documented: Path) -> None:
    assert len(report.report().changed) > 5
    before = state()
    again = report.report()
    assert again.changed == ()
    assert state() == before
    assert "As they were" in shown(again)


def test_the_headline_has_the_figure_its_interval_the_data_the_seed_and_the_date(
    documented: Path,
) -> None:
    found = json.loads(METRICS.read_text())["held_out"]
    report.report()
    line = blocks(README.read_text())["headline"].strip()
    assert "\n" not in line
    own = found["metrics"]["rmse_log"]
    for part in (
        f"{own['value']:.4f}",
        f"95 % interval {own['low']:.4f} to {own['high']:.4f}",
        f"{found['rows']} held-out houses",
        f"{100 * found['lift']['linear']:.1f} % ".lstrip("-"),
        "which says nothing about real houses",
        "on average",
        "seed 42",
        "20 % held out",
    ):
        assert part in line


def test_the_table_of_results_ranks_the_models_and_ends_with_the_held_out_rows(
    documented: Path,
) -> None:
    scores = json.loads(METRICS.read_text())["cross_validation"]["models"]
    report.report()
    rows = [line for line in blocks(README.read_text())["results"].splitlines() if "|" in line]
    values = [float(re.findall(r"\d\.\d{4}", row)[0]) for row in rows[2:-1]]
    assert values == sorted(
        (round(score["rmse_log"]["overall"], 4) for score in scores.values()), reverse=True
    )
    assert "held-out houses" in rows[-1]


def test_the_ablation_is_told_by_verdict(documented: Path) -> None:
    report.report()
    post = blocks(Path("docs/blog_post.md").read_text())
    assert "Logarithm of the target" in post["worked"]
    assert "Stacking" not in post["worked"]
    assert "Stacking" in post["did-not-work"]
    harm, none = post["did-not-work"].split("No clear effect:")
    assert "hyperparameters" in harm.split("Better without:")[1]
    assert "Stacking" in none
    assert "Tuned | <b>hyperparameters</b>" in post["ablation"]  # escaped, as `blocks` undoes
    assert r"Tuned \| \<b\>hyperparameters" in Path("docs/blog_post.md").read_text()


@pytest.mark.parametrize(
    ("names", "worked", "did_not"),
    [
        (("stacking",), "The one measured ingredient (Stacking) is not shown to help", "Stacking"),
        (
            ("stacking", "tuning"),
            "None of the 2 measured ingredients is shown to help by itself.",
            "Better without:",
        ),
        (
            ("log-target",),
            "**Logarithm of the target**",
            "The one measured ingredient (Logarithm of the target) is shown to help.",
        ),
        (
            ("log-target", "log-target"),
            "**Logarithm of the target**",
            "Each of the 2 measured ingredients is shown to help.",
        ),
    ],
)
def test_a_study_of_some_ingredients_says_nothing_of_the_others(
    documented: Path, names: tuple[str, ...], worked: str, did_not: str
) -> None:
    found = json.loads(METRICS.read_text())["ablation"]
    every = {each["name"]: each for each in found["ingredients"]}
    kept = [every[name] for name in names]
    change(ablation={**found, "ingredients": kept, "comparisons": len(kept)})
    report.report()
    post = blocks(Path("docs/blog_post.md").read_text())
    assert worked in post["worked"]
    assert did_not in post["did-not-work"]
    told = blocks(Path("docs/interview.md").read_text())["log-target"]
    assert "trained without it" not in told
    assert ("was not measured in this ablation." in told) == ("log-target" not in names)


def test_a_run_without_the_logarithm_says_why_its_ablation_has_none(documented: Path) -> None:
    found = json.loads(METRICS.read_text())["ablation"]
    others = [each for each in found["ingredients"] if each["name"] != "log-target"]
    reason = "train.log_target is false"
    unused = {"name": "log-target", "title": "Logarithm of the target", "reason": reason}
    change(ablation={**found, "ingredients": others, "left_out": [unused]})
    report.report()
    told = blocks(Path("docs/interview.md").read_text())["log-target"]
    assert told == f"This run was trained without it ({reason}).\n"


def test_figures_are_copied_and_referenced_from_where_the_document_lies(documented: Path) -> None:
    (Path("reports/figures") / "ablation.png").write_bytes(PNG)
    report.report()
    for path, folder in ((README, "docs/figures"), (Path("docs/blog_post.md"), "figures")):
        targets = re.findall(r"!\[[^\]]+\]\((.*?)\)", path.read_text())
        assert f"{folder}/ablation.png" in targets
        for target in targets:
            assert (path.parent / target).read_bytes().startswith(PNG)


def test_without_slices_there_is_no_figure_of_them(documented: Path) -> None:
    found = json.loads(METRICS.read_text())["held_out"]
    change(held_out={**found, "slices": []})
    report.report()
    card = blocks(Path("docs/model_card.md").read_text())
    assert "none has houses enough" in card["figure-held-out-slices"]
    assert "No part of the held-out houses" in card["slices"]


def test_a_figure_of_older_data_is_not_shown(documented: Path) -> None:
    data = json.loads(METRICS.read_text())["data"]
    change(data={**data, "created": "2999-01-01T00:00:00+00:00"})
    report.report()
    card = blocks(Path("docs/model_card.md").read_text())
    assert "make evaluate report" in card["figure-held-out-predictions"]


def test_texts_from_the_data_are_shown_as_they_are(documented: Path) -> None:
    odd = "<script>alert(1)</script> | **x** ](figure:ablation) `y` $z$"
    data = json.loads(METRICS.read_text())["data"]
    change(data={**data, "name": odd, "synthetic": False})
    report.report()
    line = blocks(README.read_text())["headline"]
    assert odd in line
    assert "synthetic" not in line
    page = Path("reports/index.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; | **x** ](figure:ablation) `y` $z$" in page


def test_the_page_needs_no_other_file_and_its_figures_have_a_text(documented: Path) -> None:
    report.report()
    page = Path("reports/index.html").read_text()
    images = re.findall("<img[^>]*>", page)
    assert len(images) >= 3
    for image in images:
        assert re.search('src="data:image/png;base64,[^"]+" alt="[^"]{20,}"', image)
    assert not re.findall(r'(?:href|src)="(?!data:)', page)
    assert page.count("<h1") == 1
    heads = re.findall("<th[ >][^>]*", page)
    assert heads
    assert all('scope="col"' in head for head in heads)


def test_a_metric_of_which_more_is_better_is_told_so() -> None:
    accuracy = Measure("accuracy", "Accuracy", lower_is_better=False, share=True)
    assert accuracy.form(0.9123) == "91.2 %"
    assert accuracy.against(0.05, "the commonest class") == "5.0 % higher than the commonest class"
    assert accuracy.against(-0.05, "x") == "5.0 % lower than x"
    error = Measure("rmse", "RMSE")
    assert error.against(0.05, "x") == "5.0 % lower than x"


def test_without_a_logarithm_the_plain_error_leads(documented: Path) -> None:
    metrics = json.loads(METRICS.read_text())
    for score in metrics["cross_validation"]["models"].values():
        for name in ("rmse_log", "mae_log", "r2_log"):
            score.pop(name)
    metrics.pop("held_out")
    facts = Facts(metrics, report_story.story(metrics), "x", Path("reports/figures"))
    assert facts.measures[0].name == "rmse"
    assert "RMSE (SalePrice, $)" in render(facts, report.known_blocks(facts))
