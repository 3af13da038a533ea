"""Answers that would not make a working project are refused by both engines, in the same words."""

import keyword
import re
import sys
import tomllib

import pytest
from conftest import answers_of
from engines import LIBRARY
from jinja2 import Environment, FileSystemLoader

RULES = Environment(loader=FileSystemLoader(LIBRARY)).get_template("common/answers.jinja").module

REFUSED = [
    ("project_name", " ", "empty"),
    ("project_name", "two\nlines", "line break"),
    ("project_slug", "../up", "lower-case letters"),
    ("project_slug", "/tmp/x", "lower-case letters"),
    ("project_slug", "Upper", "lower-case letters"),
    ("project_slug", "a--b", "lower-case letters"),
    ("project_slug", "-a", "lower-case letters"),
    ("project_slug", "9lives", "lower-case letters"),
    ("project_slug", "a" * 41, "41 characters"),
    ("project_slug", "con", "Windows"),
    ("project_slug", "scikit-learn", "needs"),
    ("project_slug", "json", "standard library"),
    ("package_name", "with-dash", "identifier"),
    ("package_name", "1st", "identifier"),
    ("package_name", "a.b", "identifier"),
    ("package_name", "class", "keyword"),
    ("package_name", "json", "standard library"),
    ("package_name", "sklearn", "needs"),
    ("package_name", "tests", "kept"),
    ("description", "", "empty"),
    ("description", "x" * 301, "301 characters"),
    ("author", "a\tb", "control character"),
    ("email", "nobody", "not an address"),
    ("email", "a b@c.de", "not an address"),
    ("email", 'a"@c.de', "not an address"),
]


@pytest.mark.parametrize(("question", "answer", "reason"), REFUSED)
def test_a_bad_answer_is_refused_with_its_reason_and_an_example(
    engine, tmp_path, question, answer, reason
):
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(ValueError, match=re.escape(reason)) as refusal:
        engine("house-prices", {question: answer}, folder)
    line = next(
        line for line in str(refusal.value).splitlines() if line.count(question) and reason in line
    )
    assert "or example: " in line
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("question", "answer"),
    [("license", "GPL-9"), ("data_source", "floppy")],
)
def test_a_choice_that_does_not_exist_is_refused(engine, tmp_path, question, answer):
    with pytest.raises(ValueError, match=answer):
        engine("house-prices", {question: answer}, tmp_path)


def test_answers_that_must_do_do(template):
    for answers in answers_of(template).values():
        for question, answer in answers.items():
            if rule := getattr(RULES, f"{question}_error", None):
                assert rule(answer).strip() == "", (question, answer)


def test_the_rules_know_every_keyword_and_module_of_this_python():
    for word in keyword.kwlist:
        assert RULES.package_name_error(word.lower()), word
    for module in sys.stdlib_module_names:
        if not module.startswith("_") and module.islower():
            assert RULES.package_name_error(module), module


def test_the_rules_know_every_dependency_of_every_template(rendered, template):
    project = tomllib.loads((rendered(template) / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    for line in [*project["dependencies"], *(line for extra in extras for line in extra)]:
        name = re.match(r"[A-Za-z0-9-]+", line).group().lower()
        assert RULES.project_slug_error(name), name
