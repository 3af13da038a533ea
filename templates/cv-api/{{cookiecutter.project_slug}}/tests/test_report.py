"""`report` on a classifier of pictures: what it writes, and what it says if less is known."""

import json
from pathlib import Path
from typing import Any

import pytest
from report_numbers import blocks

from {{ cookiecutter.package_name }} import report

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


def lines_of(path: Path, name: str) -> list[str]:
    """The rows of a block's table, without its head."""
    return [line for line in block_of(path, name).splitlines() if line.startswith("|")][2:]


def test_a_name_of_the_data_is_shown_as_it_is_and_obeyed_nowhere(documented: Path) -> None:
    odd = "<script>alert(1)</script> | **x** ](figure:ablation) `y` $z$ [a](b).jpg"
    worst = {
        "name": odd,
        "true": "4",
        "predicted": "9",
        "confidence": 0.9871,
        "probability": 0.0071,
    }
    change(held_out={**read()["held_out"], "worst": [worst]})
    report.report()
    assert f"“{odd}”" in block_of(CARD, "failures")
    page = Path("reports/index.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; | **x** ](figure:ablation) `y` $z$ [a](b)" in page


def test_each_corruption_has_a_line_with_its_five_strengths(documented: Path) -> None:
    found = read()["held_out"]["robustness"]
    report.report()
    rows = lines_of(CARD, "robustness")
    assert len(rows) == len(found["corruptions"]) == 4
    for row, each in zip(rows, found["corruptions"], strict=True):
        assert each["name"] in row
        for share in each["accuracy"]:
            assert f"{100 * share:.1f} %" in row
    assert found["like"] in block_of(CARD, "robustness")


def test_strangers_are_named_with_their_auroc(documented: Path) -> None:
    found = read()["held_out"]["out_of_distribution"]
    report.report()
    rows = lines_of(CARD, "strangers")
    for row, each in zip(rows, found["sets"], strict=True):
        assert each["name"] in row
        assert f"{each['auroc']:.3f}" in row


def test_where_no_answer_is_sure_it_is_said(documented: Path) -> None:
    metrics = read()
    found = metrics["held_out"]
    none = {**found["answers"], "rows": 0, "coverage": 0.0}
    for key in ("precision", "low", "high"):
        none.pop(key, None)
    answer = {**metrics["answer"], "reached": False, "precision": 0.6123}
    change(held_out={**found, "answers": none}, answer=answer)
    report.report()
    assert "No answer is given as sure" in block_of(CARD, "answers")
    assert "at best 61.2 %" in block_of(CARD, "threshold")


def test_without_a_mistake_there_is_none_to_show(documented: Path) -> None:
    change(held_out={**read()["held_out"], "wrong": 0, "worst": [], "worst_in_common": []})
    report.report()
    assert "No mistake to show" in block_of(CARD, "figure-held-out-errors")


def test_where_nothing_could_be_greyed_out_it_is_said(documented: Path) -> None:
    change(explanation={**read()["explanation"], "deletion": None})
    report.report()
    assert "nothing could be greyed out" in block_of(CARD, "explanation")


@pytest.mark.parametrize(
    ("section", "command", "name"),
    [
        ("held_out", "evaluate", "answers"),
        ("explanation", "explain", "explanation"),
        ("ablation", "ablate", "ablation"),
    ],
)
def test_a_step_that_was_not_run_is_named_and_nothing_is_made_up(
    documented: Path, section: str, command: str, name: str
) -> None:
    change(**{section: None})
    assert report.report().missing == (command,)
    for path in (CARD, POST):
        if name in blocks(path.read_text(encoding="utf-8")):
            assert f"make {command} report" in block_of(path, name)


def test_what_was_done_about_a_small_set_is_told(documented: Path) -> None:
    small = {"pictures": 245, "done": ["The network is narrow.", "A | b."]}
    change(training={**read()["training"], "small": small})
    report.report()
    told = block_of(CARD, "training")
    assert "With 245 pictures to train on" in told
    assert "- A | b." in told
    change(training={**read()["training"], "small": None})
    report.report()
    assert "the set is small" not in block_of(CARD, "training")


@pytest.mark.parametrize(("crop", "said"), [(1.0, "the largest square"), (0.875, "of 88 % of")])
def test_what_the_model_sees_is_told(crop: float, said: str, documented: Path) -> None:
    change(image={"size": 64, "crop": crop})
    report.report()
    assert said in block_of(CARD, "image")
    assert "64 by 64 pixels" in block_of(CARD, "image")


def test_pictures_that_cannot_be_read_are_counted(documented: Path) -> None:
    change(data={**read()["data"], "unreadable": 17, "across": 0})
    report.report()
    assert "17 more cannot be read and are left out" in block_of(CARD, "data")
