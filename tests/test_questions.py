"""The questions of the two engines, the menu and the folders do not drift apart."""

import json

import pytest
import yaml
from conftest import TEMPLATES
from engines import LIBRARY
from jinja2 import Environment, FileSystemLoader

COPIER = yaml.safe_load((LIBRARY / "copier.yml").read_text())
MENU = json.loads((LIBRARY / "cookiecutter.json").read_text())["templates"]
SHARED = Environment(loader=FileSystemLoader(LIBRARY))


def cookiecutter_questions(template):
    path = LIBRARY / "templates" / template / "cookiecutter.json"
    return {k: v for k, v in json.loads(path.read_text()).items() if not k.startswith("_")}


def copier_questions():
    return {
        name: question
        for name, question in COPIER.items()
        if not name.startswith("_") and name != "template" and question.get("when") is not False
    }


def test_menu_choices_and_folders_are_the_same_templates():
    assert sorted(MENU) == TEMPLATES
    assert sorted(COPIER["template"]["choices"].values()) == TEMPLATES
    for name, entry in MENU.items():
        assert entry["path"] == f"./templates/{name}"
        assert f"{name}: {entry['description'].lower()}" in {
            label.lower() for label in COPIER["template"]["choices"]
        }


def test_both_engines_ask_the_same_questions_in_the_same_order(template):
    assert list(cookiecutter_questions(template)) == list(copier_questions())


def test_choices_are_the_same(template):
    ours = cookiecutter_questions(template)
    for name, question in copier_questions().items():
        if choices := question.get("choices"):
            if isinstance(choices, str):  # they depend on the template
                choices = yaml.safe_load(SHARED.from_string(choices).render(template=template))
            values = list(choices.values()) if isinstance(choices, dict) else choices
            assert ours[name] == values, name


def test_default_names_and_descriptions_are_the_same(template):
    ours = cookiecutter_questions(template)
    described = SHARED.get_template("common/descriptions.jinja").module.description_of(template)
    assert ours["description"] == described.strip()
    assert ours["project_name"].lower().replace(" ", "-") == template


def test_every_question_has_a_prompt_in_cookiecutter(template):
    path = LIBRARY / "templates" / template / "cookiecutter.json"
    assert set(json.loads(path.read_text())["__prompts__"]) == set(cookiecutter_questions(template))


def test_the_computed_answer_carries_every_question(template):
    for name in cookiecutter_questions(template):
        assert f"{name}: {{{{ quoted({name}) }}}}" in COPIER["cookiecutter"]["default"]


def test_nothing_asks_for_trust():
    for feature in ("_tasks", "_migrations", "_jinja_extensions"):
        assert feature not in COPIER


@pytest.mark.parametrize("link", ["hooks", "templates/common", "copier.yml"])
def test_every_template_has_its_links(template, link):
    path = LIBRARY / "templates" / template / link
    assert path.is_symlink()
    assert path.exists()
