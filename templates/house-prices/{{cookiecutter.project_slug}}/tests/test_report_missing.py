"""`report` without all of its figures: what was not run is named, and damage changes nothing."""

import json
import re
from pathlib import Path

import pytest
from conftest import small_params
from documents import block
from report_numbers import blocks
from reported import METRICS, PNG, README, change, refusal, shown, state

from {{ cookiecutter.package_name }} import report, train
from {{ cookiecutter.package_name }}.cli import app


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
