"""Both engines write the same bytes."""

import pytest
from conftest import CASES

ANSWERS_FILE = ".copier-answers.yml"


def contents(project):
    return {
        str(path.relative_to(project)): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and path.name != ANSWERS_FILE
    }


@pytest.mark.parametrize(("template", "case"), CASES)
def test_copier_and_cookiecutter_write_the_same_bytes(rendered, template, case):
    by_copier = contents(rendered(template, case, "copier"))
    by_cookiecutter = contents(rendered(template, case, "cookiecutter"))
    assert sorted(by_copier) == sorted(by_cookiecutter)
    for name, data in by_copier.items():
        assert data == by_cookiecutter[name], name


def test_only_copier_leaves_its_answers_file(rendered, template):
    assert (rendered(template, engine="copier") / ANSWERS_FILE).is_file()
    assert not (rendered(template, engine="cookiecutter") / ANSWERS_FILE).exists()
