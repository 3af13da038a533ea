"""The pictures that `make screenshots` wrote: there, of a sensible size, whole in a project."""

import pytest
from conftest import TEMPLATES, require
from engines import LIBRARY

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("playwright.sync_api")
tool = pytest.importorskip("screenshots")
PICTURE = tool.DEMO.partition("/")[2]


def test_every_template_has_its_picture_taken():
    assert sorted(tool.ACTIONS) == TEMPLATES


def test_the_gallery_has_small_pictures_of_every_template(template):
    require(template, PICTURE)
    for name in (f"{template}.png", f"{template}-report.png"):
        path = tool.GALLERY / name
        assert path.stat().st_size <= tool.LARGEST
        with Image.open(path) as picture:
            picture.verify()
            assert picture.width == tool.WIDTH


def test_the_gallery_and_the_template_show_the_same_picture(template):
    require(template, PICTURE)
    own = LIBRARY / "templates" / template / tool.DEMO
    assert own.read_bytes() == (tool.GALLERY / f"{template}.png").read_bytes()


@pytest.mark.parametrize("engine", ["copier", "cookiecutter"])
@pytest.mark.parametrize("case", ["defaults", "hostile"])
def test_a_picture_goes_into_a_project_byte_for_byte(rendered, template, case, engine):
    require(template, PICTURE)
    own = LIBRARY / "templates" / template / tool.DEMO
    project = rendered(template, case, engine)
    assert (project / "docs" / "figures" / "demo.png").read_bytes() == own.read_bytes()


def test_a_template_that_is_not_there_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(SystemExit, match=r"no template house-price; there are .*house-prices"):
        tool.main(tmp_path / "folder", ["house-price"])
    assert not (tmp_path / "folder").exists()


def test_a_picture_that_is_too_large_is_not_written(tmp_path):
    path = tmp_path / "large.png"
    with pytest.raises(SystemExit, match=r"large\.png would have 250,001 bytes"):
        tool.write(b"x" * (tool.LARGEST + 1), path)
    assert not path.exists()
