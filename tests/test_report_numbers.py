"""The documents of a real run: every number was measured, and every block is filled."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ONE_BY_DEFAULT, require
from engines import LIBRARY
from processes import package_of

PLANTED = "0.1234567"
DOCUMENTS = ("README.md", "docs/model_card.md", "docs/blog_post.md", "docs/interview.md")


@pytest.fixture(scope="module", params=ONE_BY_DEFAULT)
def portfolio(request, portfolios):
    """A project of each template after `make portfolio`."""
    return portfolios(request.param)


@pytest.fixture(scope="module")
def reported(portfolio, tmp_path_factory):
    """(the project after another `report`, what the command printed)."""
    folder = tmp_path_factory.mktemp("reported") / "project"
    shutil.copytree(portfolio, folder)
    process = subprocess.run(
        [sys.executable, "-m", package_of(folder), "report"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return folder, process.stdout


@pytest.fixture(scope="module")
def checker():
    """The generated projects' own reader of documents."""
    path = LIBRARY / "common/tests/report_numbers.py"
    spec = importlib.util.spec_from_file_location("report_numbers", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_number_of_every_block_stands_in_the_metrics(reported, checker):
    folder, _ = reported
    metrics = json.loads((folder / "reports/metrics.json").read_text())
    shown = 0
    for name in DOCUMENTS:
        found = checker.blocks((folder / name).read_text())
        for block, text in found.items():
            assert checker.strays(text, metrics) == [], f"{name}: {block}"
            shown += len(checker.numbers(text, metrics))
    assert shown > 500


def test_every_number_of_the_page_stands_in_the_metrics(reported, checker):
    folder, _ = reported
    metrics = json.loads((folder / "reports/metrics.json").read_text())
    page = checker.text_of((folder / "reports/index.html").read_text())
    assert checker.strays(page, metrics) == []
    assert len(checker.numbers(page, metrics)) > 200


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_planted_number_is_found_in_each_block(reported, checker, name):
    folder, _ = reported
    metrics = json.loads((folder / "reports/metrics.json").read_text())
    planted = re.sub(
        r"^(?=<!-- /report:|# /report:)", f"{PLANTED}\n", (folder / name).read_text(), flags=re.M
    )
    found = checker.blocks(planted)
    assert found
    for block, text in found.items():
        assert checker.strays(text, metrics) == [PLANTED], block


def test_a_second_report_of_the_same_run_changes_nothing(reported, portfolio):
    folder, printed = reported
    assert "Wrote" not in printed
    for name in (*DOCUMENTS, "reports/index.html"):
        assert (folder / name).read_bytes() == (portfolio / name).read_bytes()


def test_every_block_is_filled_and_none_that_the_project_brings_is_missing(reported, checker):
    folder, printed = reported
    assert "Deleted" not in printed
    assert "Not measured" not in printed
    for name in DOCUMENTS:
        text = (folder / name).read_text()
        for block, content in checker.blocks(text).items():
            assert "Not measured" not in content, f"{name}: {block}"
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text):
            if not target.endswith("demo.png"):
                assert (Path(folder, name).parent / target).is_file(), f"{name}: {target}"


def test_a_fresh_project_claims_nothing(rendered, template, checker):
    require(template, *DOCUMENTS)
    project = rendered(template)
    for name in DOCUMENTS:
        for block, content in checker.blocks((project / name).read_text()).items():
            line = r"[*#] ?Nothing measured yet\. `make portfolio`.*"
            assert re.fullmatch(line, content.strip()), f"{name}: {block}"
            assert not re.search(r"\d", content), f"{name}: {block}"
