"""The model card is one that Hugging Face reads; its results are those that were measured."""

import json
from pathlib import Path

import pytest
import yaml
from huggingface_hub import EvalResult, ModelCard, ModelCardData
from report_numbers import blocks

from {{ cookiecutter.package_name }} import report
from {{ cookiecutter.package_name }}.model_card import metadata
from {{ cookiecutter.package_name }}.report_facts import Facts
from {{ cookiecutter.package_name }}.report_story import story

CARD = Path("docs/model_card.md")
OWN = Path(__file__).parent.parent / CARD


@pytest.fixture
def card(documented: Path) -> Path:
    """The project's own card, in a project whose model has been measured."""
    if not OWN.is_file():
        pytest.skip("docs/model_card.md was deleted")
    CARD.write_bytes(OWN.read_bytes())
    return CARD


def test_the_results_are_the_measured_ones(card: Path) -> None:
    report.report()
    metrics = json.loads(Path("reports/metrics.json").read_text())
    data = ModelCard.load(card).data
    assert isinstance(data, ModelCardData)
    found = {each.metric_type: each for each in data.eval_results or []}
    own = metrics["held_out"]["metrics"]
    assert {name: each.metric_value for name, each in found.items()} == {
        "rmse_log": own["rmse_log"]["value"],
        "mae": own["mae"]["value"],
        "r_squared": own["r2"]["value"],
        "mae_log": own["mae_log"]["value"],
        "rmse": own["rmse"]["value"],
    }
    for each in found.values():
        assert isinstance(each, EvalResult)
        assert each.task_type == "tabular-regression"
        assert each.dataset_name == metrics["data"]["name"]
        assert "synthetic" in each.dataset_name
    # What the library would write is what stands there.
    front = yaml.safe_load(card.read_text().split("---")[1])
    assert data.to_dict()["model-index"] == front["model-index"]


def test_the_metadata_name_what_it_is(card: Path) -> None:
    data = ModelCard.load(card).data
    assert data.pipeline_tag == "tabular-regression"
    assert data.library_name == "sklearn"
    assert "tabular-regression" in (data.tags or [])
    # Only a data set on the hub may be named there.
    assert data.datasets is None


def test_without_a_measurement_the_card_claims_no_result(card: Path) -> None:
    path = Path("reports/metrics.json")
    metrics = json.loads(path.read_text())
    del metrics["held_out"]
    path.write_text(json.dumps(metrics))
    report.report()
    assert ModelCard.load(card).data.eval_results is None


def test_the_card_has_the_sections_that_a_reader_looks_for(card: Path) -> None:
    text = card.read_text()
    for heading in (
        "Model details",
        "Intended use",
        "Out of scope",
        "Limits",
        "Data",
        "Training",
        "Evaluation",
        "Evaluation by slice",
        "Known failure cases",
        "Explainability",
        "Ethical considerations",
        "How to use it",
        "Reproducibility",
        "Contact",
    ):
        assert f"\n## {heading}\n" in text


def test_a_failure_case_is_told_by_what_kind_of_house_it_is(documented: Path) -> None:
    report.report()
    worst = json.loads(Path("reports/metrics.json").read_text())["held_out"]["worst"][0]
    line = blocks(CARD.read_text())["failures"].splitlines()[0]
    assert f"Line {worst['line']} " in line
    assert f"{worst['columns']['GrLivArea']:,} sq ft" in line
    assert f"in {worst['columns']['Neighborhood']}" in line
    side = "high" if worst["relative_error"] > 0 else "low"
    assert f"{abs(100 * worst['relative_error']):.1f} % too {side}" in line


def test_odd_names_of_a_data_set_survive_as_yaml(documented: Path) -> None:
    metrics = json.loads(Path("reports/metrics.json").read_text())
    odd = 'it\'s: "5 %" # - [x]'
    metrics["data"] = {**metrics["data"], "name": odd, "synthetic": True}
    facts = Facts(metrics, story(metrics), "x", Path("reports/figures"))
    (index,) = yaml.safe_load(metadata(facts))["model-index"]
    assert index["results"][0]["dataset"]["name"] == f"{odd} (synthetic)"
