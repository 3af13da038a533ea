"""`report`: what it writes into the documents, what it leaves alone, and when it writes nothing."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from conftest import small_params
from documents import block
from report_numbers import blocks
from rich.console import Console

from {{ cookiecutter.package_name }} import report, report_story, train
from {{ cookiecutter.package_name }}.cli import app
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.report_facts import Facts, Measure
from {{ cookiecutter.package_name }}.report_page import render

README = Path("README.md")
METRICS = Path("reports/metrics.json")
PNG = b"\x89PNG"


def state() -> dict[str, bytes]:
    """Every file but the model and the data, with its bytes."""
    paths = [README, *Path("docs").rglob("*"), *Path("reports").glob("*")]
    return {str(path): path.read_bytes() for path in paths if path.is_file()}


def change(**sections: Any) -> None:
    """Change sections of reports/metrics.json; None takes one away."""
    metrics = {**json.loads(METRICS.read_text()), **sections}
    kept = {name: value for name, value in metrics.items() if value is not None}
    METRICS.write_text(json.dumps(kept))


def refusal() -> str:
    before = state()
    with pytest.raises(UserError) as caught:
        report.report()
    assert state() == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def shown(result: report.Reported) -> str:
    output = StringIO()
    report.show(result, Console(file=output, width=200))
    return output.getvalue()


# --- what is written ------------------------------------------------------------------------------


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
    assert "none has rows enough" in card["figure-held-out-slices"]
    assert "No part of the held-out rows" in card["slices"]


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


# --- what is missing ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "command", "name"),
    [
        ("held_out", "evaluate", "headline"),
        ("explanation", "explain", "explanation"),
        ("ablation", "ablate", "ablation"),
    ],
)
def test_a_step_that_was_not_run_is_named_and_nothing_is_made_up(
    documented: Path, section: str, command: str, name: str
) -> None:
    change(**{section: None})
    result = report.report()
    assert result.missing == (command,)
    assert f"`{command}`" in shown(result)
    found = [
        blocks(path.read_text())[name]
        for path in (README, *Path("docs").glob("*.md"))
        if name in blocks(path.read_text())
    ]
    for text in found:
        assert re.fullmatch(r"\*[^\n]*make " + command + r" report[^\n]*\*", text.strip())
    assert found


def test_figures_of_another_model_are_missing(documented: Path) -> None:
    found = json.loads(METRICS.read_text())["held_out"]
    change(held_out={**found, "version": "20200101-0"})
    assert report.report().missing == ("evaluate",)
    # In the card's metadata too: no claim without a run.
    assert "model-index" not in Path("docs/model_card.md").read_text()


def test_a_model_that_is_only_trained_gives_its_cross_validation(documented: Path) -> None:
    (Path("reports/figures") / "ablation.png").write_bytes(PNG)
    report.report()
    written = (README, *Path("docs").glob("*.md"), Path("reports/index.html"))
    image = re.compile(r"!\[[^\]]+\]\(|<img ")
    assert all(image.search(path.read_text()) for path in written if path.stem != "interview")
    train.train(small_params(train={"model": "ridge"}))
    result = report.report()
    assert result.missing == ("evaluate", "explain", "ablate")
    assert "**ridge regression**" in README.read_text()
    assert "make evaluate report" in blocks(README.read_text())["results"]
    # The figures of the model before are still in reports/figures/.
    for path in written:
        assert not image.search(path.read_text()), path


def test_where_no_rows_are_held_out_no_document_asks_for_their_figures(documented: Path) -> None:
    data = json.loads(METRICS.read_text())["data"]
    change(data={**data, "test_rows": 0, "test_size": 0.0}, held_out=None)
    assert report.report().missing == ()
    for path in (README, *Path("docs").glob("*.md"), Path("reports/index.html")):
        text = path.read_text()
        assert "make evaluate" not in text, path
        assert "0 held out" not in text, path
        assert "0 % held out" not in text, path
    reason = "No rows are held out (`data.test_size` is 0)"
    readme, card = blocks(README.read_text()), blocks(Path("docs/model_card.md").read_text())
    assert readme["headline"] == f"*{reason}.*\n"
    assert readme["results"].count(reason) == 1
    assert f"to train on. {reason}." in card["data"]
    assert card["metadata"] == f"# {reason}\n"
    assert card["figure-held-out-predictions"] == f"*{reason}.*\n"


def test_no_figures_are_an_error(documented: Path) -> None:
    METRICS.unlink()
    assert "Run `train` again" in refusal()


def test_the_command_ends_with_two_and_one_line(
    documented: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        app(["report"])
    assert ended.value.code == 0
    assert "Wrote README.md" in capsys.readouterr().out
    METRICS.write_text("{}")
    with pytest.raises(SystemExit) as ended:
        app(["report"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said == "error: reports/metrics.json: missing or damaged. Run `train` again.\n"


def test_figures_of_another_model_than_the_one_in_place_are_an_error(documented: Path) -> None:
    change(version="20200101-0")
    assert "is of model 20200101-0" in refusal()


@pytest.mark.parametrize("section", ["target", "held_out"])
def test_figures_of_an_older_version_of_the_project_are_an_error(
    documented: Path, section: str
) -> None:
    found = json.loads(METRICS.read_text())[section]
    kept = {name: value for name, value in found.items() if name not in ("currency", "slices")}
    change(**{section: kept})
    assert "run `train` and the steps after it again" in refusal()


# --- all or nothing -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["README.md", "docs/interview.md"])
def test_one_damaged_document_and_none_is_written(documented: Path, name: str) -> None:
    path = Path(name)
    path.write_text(path.read_text() + "<!-- report:data -->\n")
    assert f"{name}, line {len(path.read_text().splitlines())}: " in refusal()


def test_a_document_that_is_not_text_is_refused(documented: Path) -> None:
    README.write_bytes(b"\xff\xfe")
    assert refusal().startswith("README.md: not UTF-8")


def test_a_disk_that_fills_up_leaves_all_as_it_was(
    documented: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, write = state(), Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if "index.html" in path.name:
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        report.report()
    assert state() == before


def test_deleted_documents_and_blocks_stay_deleted(documented: Path) -> None:
    Path("docs/interview.md").unlink()
    README.write_text("# Mine alone\r\n\r\n" + block("results").replace("\n", "\r\n"), newline="")
    result = report.report()
    assert not Path("docs/interview.md").exists()
    assert "docs/interview.md" in result.left_out
    assert "README.md: block headline" in result.left_out
    assert "Deleted, and left so: README.md: block headline" in shown(result)
    text = README.read_bytes()
    assert text.startswith(b"# Mine alone\r\n\r\n<!-- report:results -->\r\n| model |")
    assert text.count(b"\n") == text.count(b"\r\n")


# --- other templates ------------------------------------------------------------------------------


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
