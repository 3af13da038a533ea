"""Every set of answers gives a project whose files are whole and parse."""

import ast
import json
import re
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from conftest import CASES, HOSTILE, answers_of
from engines import LIBRARY

# `${{ }}` is GitHub's own syntax, and stays.
JINJA = re.compile(r"(?<!\$)\{\{|\{%|cookiecutter|copier_conf|_copier")
# A hostile answer is shown as it was given; Prometheus' and Grafana's own templates have braces.
BRACES_OF_ITS_OWN = {".copier-answers.yml", "rules.yml", "service.json"}
PICTURES = {".png"}


def files_of(project: Path) -> list[Path]:
    return sorted(path for path in project.rglob("*") if path.is_file())


def texts_of(project: Path) -> list[Path]:
    return [path for path in files_of(project) if path.suffix not in PICTURES]


@pytest.mark.parametrize(("template", "case"), CASES)
def test_no_jinja_and_no_empty_file_or_folder_is_left(rendered, template, case):
    project = rendered(template, case)
    for path in project.rglob("*"):
        where = path.relative_to(project)
        assert not JINJA.search(str(where)), where
        if path.is_dir():
            assert any(path.iterdir()), f"{where} is empty"
        elif path.suffix in PICTURES:
            assert path.stat().st_size > 0
        elif path.name not in BRACES_OF_ITS_OWN:
            text = path.read_text(encoding="utf-8")
            found = JINJA.search(text)
            assert not found, f"{where}: {text[found.start() - 30 : found.end() + 30]}"
            if path.name not in {"__init__.py", "py.typed"}:
                assert text.strip(), f"{where} is empty"


@pytest.mark.parametrize(("template", "case"), CASES)
def test_every_file_parses(rendered, template, case):
    def documents(text):
        # A file for Kubernetes may hold several.
        return list(yaml.safe_load_all(text))

    parsers = {
        ".toml": tomllib.loads,
        ".yaml": documents,
        ".yml": documents,
        ".json": json.loads,
        ".py": ast.parse,
        ".ipynb": lambda text: nbformat.validate(nbformat.reads(text, as_version=4)),
    }
    parsed = set()
    for path in files_of(rendered(template, case)):
        if parser := parsers.get(path.suffix):
            parser(path.read_text(encoding="utf-8"))
            parsed.add(path.suffix)
    assert parsed >= {".toml", ".yaml", ".py"}


@pytest.mark.parametrize(("template", "case"), CASES)
def test_files_end_with_one_newline(rendered, template, case):
    for path in texts_of(rendered(template, case)):
        data = path.read_bytes()
        if data:
            assert data.endswith(b"\n"), path
            assert not data.endswith(b"\n\n"), path
            assert b"\r" not in data, path


def test_hostile_answers_survive_to_the_letter(rendered, template):
    project = rendered(template, "hostile")
    metadata = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    assert metadata["description"] == HOSTILE
    assert metadata["authors"][0]["name"] == HOSTILE
    assert HOSTILE in (project / "LICENSE").read_text()


@pytest.mark.parametrize("licence", ["MIT", "Apache-2.0", "BSD-3-Clause", "none"])
def test_the_licence_is_the_one_that_was_asked_for(rendered, any_template, licence):
    project = rendered(any_template, f"licence {licence}")
    metadata = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    if licence == "none":
        assert "license" not in metadata
        assert not (project / "LICENSE").exists()
    else:
        first = {"MIT": "MIT License", "Apache-2.0": "Apache License", "BSD-3-Clause": "BSD 3"}
        assert metadata["license"] == licence
        assert (project / "LICENSE").read_text().lstrip().startswith(first[licence])


def test_the_data_source_that_was_chosen_is_the_setting(rendered, template):
    chosen = yaml.safe_load((rendered(template, "own data") / "params.yaml").read_text())["data"]
    assert chosen["source"] == answers_of(template)["own data"]["data_source"]
    assert chosen["path"]


def test_nothing_of_this_machine_is_in_a_project(rendered, template):
    for path in texts_of(rendered(template, engine="cookiecutter")):
        text = path.read_text(encoding="utf-8")
        assert str(LIBRARY.parent) + "/" not in text, path
