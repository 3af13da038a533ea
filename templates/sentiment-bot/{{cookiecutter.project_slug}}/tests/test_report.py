"""`report` on a classifier of texts: what it writes, and what it says if less is known."""

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


def test_the_conversation_is_drawn_from_its_rules(documented: Path) -> None:
    report.report()
    assert "```mermaid\nflowchart" in README.read_text(encoding="utf-8")


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
