"""The pictures that `make screenshots` wrote: there, of a sensible size, whole in a project."""

import importlib.util
import sys

import pytest
from conftest import TEMPLATES
from engines import LIBRARY

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def tool():
    """tools/screenshots.py as a module."""
    sys.path.insert(0, str(LIBRARY / "tools"))
    try:
        spec = importlib.util.spec_from_file_location(
            "screenshots", LIBRARY / "tools" / "screenshots.py"
        )
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


def test_every_template_has_its_picture_taken(tool):
    assert sorted(tool.ACTIONS) == TEMPLATES


def test_the_gallery_has_small_pictures_of_every_template(tool, template):
    for name in (f"{template}.png", f"{template}-report.png"):
        path = tool.GALLERY / name
        assert path.stat().st_size <= tool.LARGEST
        with Image.open(path) as picture:
            picture.verify()
            assert picture.width == tool.WIDTH


def test_the_gallery_and_the_template_show_the_same_picture(tool, template):
    own = LIBRARY / "templates" / template / tool.DEMO
    assert own.read_bytes() == (tool.GALLERY / f"{template}.png").read_bytes()


@pytest.mark.parametrize("engine", ["copier", "cookiecutter"])
@pytest.mark.parametrize("case", ["defaults", "hostile"])
def test_a_picture_goes_into_a_project_byte_for_byte(tool, rendered, template, case, engine):
    own = LIBRARY / "templates" / template / tool.DEMO
    project = rendered(template, case, engine)
    assert (project / "docs" / "figures" / "demo.png").read_bytes() == own.read_bytes()


def test_a_picture_that_is_too_large_is_not_written(tool, tmp_path):
    path = tmp_path / "large.png"
    with pytest.raises(SystemExit, match=r"large\.png would have 250,001 bytes"):
        tool.write(b"x" * (tool.LARGEST + 1), path)
    assert not path.exists()
