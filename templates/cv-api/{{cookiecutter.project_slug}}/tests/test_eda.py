"""The exploration of any pictures: few or many, of one size or of many, two classes or thirty."""

import io
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from html_reader import check_whole
from PIL import Image

from {{ cookiecutter.package_name }} import data, eda, eda_album, eda_files, plotting
from {{ cookiecutter.package_name }} import eda_statistics as statistics
from {{ cookiecutter.package_name }}.augmentation import Augmentation, augment, numbers_for
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.eda_album import Album
from {{ cookiecutter.package_name }}.eda_augmentation import TRIES, versions
from {{ cookiecutter.package_name }}.eda_chapter import Chapter
from {{ cookiecutter.package_name }}.eda_story import chapters
from {{ cookiecutter.package_name }}.picture import Pixels, Preprocessing

PHOTOS = Path("photos")
LIGHT = Augmentation("light", False, 0.25, 0.0)
FIGURES = ("augmentation", "channels", "classes", "grid", "light", "means", "odd", "telling")

Draw = Callable[[np.random.Generator, int], Pixels]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder as the current one, and figures of few dots, which are drawn sooner."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plotting, "DPI", 40)


def settings(**values: Any) -> Params:
    given = {"source": "folder", "path": str(PHOTOS), "near_duplicates": 0}
    return Params.model_validate({"data": {**given, **values}})


def noise(random: np.random.Generator, number: int) -> Pixels:
    """Squares of colours drawn at random, the same for every class."""
    small = random.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return np.kron(small, np.ones((6, 6, 1), dtype=np.uint8))


def write_photos(
    classes: list[str], each: int = 24, draw: Draw = noise, endings: tuple[str, ...] = ("png",)
) -> None:
    """A folder for each class with pictures in it. endings: those of the classes, in turn."""
    random = np.random.default_rng(0)
    for number, name in enumerate(classes):
        folder = PHOTOS / name
        folder.mkdir(parents=True, exist_ok=True)
        for row in range(each):
            picture = Image.fromarray(draw(random, number))
            picture.save(folder / f"{row:03}.{endings[number % len(endings)]}")


def album_of(params: Params, size: int = 24) -> Album:
    return Album.of(data.load_train(params), Preprocessing(size))


def told(params: Params, size: int = 24) -> dict[str, Chapter]:
    story = chapters(album_of(params, size), data.prepared(params), LIGHT)
    return {chapter.name: chapter for chapter in story}


def test_the_report_of_the_sample_is_one_page_that_names_its_data() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        report = eda.explore(Params.model_validate({"data": {"max_rows": 300}}))
    text = report.read_text(encoding="utf-8")
    check_whole(text)
    assert "handwritten digits" in text
    assert "synthetic" not in text
    assert re.search(r"\d+ pictures are held out", text)
    assert "in shades of grey" in text
    assert "$" not in text  # no placeholder left
    figures = sorted(path.stem for path in Path("reports/figures").iterdir())
    assert figures == [f"eda-{name}" for name in FIGURES]


def test_the_held_out_pictures_are_not_opened() -> None:
    write_photos(["a", "b"])
    data.prepare(settings())
    Path("data/processed/test.parquet").write_bytes(b"not to be read")
    assert set(told(settings())) >= {"pictures", "grid", "augmentation"}


@pytest.mark.parametrize("classes", [2, 45])
def test_any_number_of_classes_can_be_explored(classes: int) -> None:
    names = [f"class {number}" for number in range(classes)]
    write_photos(names, each=14)
    text = eda.explore(settings()).read_text(encoding="utf-8")
    check_whole(text)
    for name in names:
        assert f"<td>{name}</td>" in text


def photo_of_any_size(random: np.random.Generator, number: int) -> Pixels:
    height, width = random.integers(20, 90, 2)
    colour = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return colour if number else np.repeat(colour[:, :, :1], 3, axis=2)


def test_photos_of_many_sizes_and_classes_of_odd_names_can_be_explored() -> None:
    names = ["<b>bold & co", "$x_1$ \u732b", "a" * 60]
    write_photos(names, draw=photo_of_any_size, endings=("jpg", "png", "webp"))
    (PHOTOS / names[0] / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")
    (PHOTOS / names[1] / "page.png").write_bytes(b"<html>")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        text = eda.explore(settings()).read_text(encoding="utf-8")
    check_whole(text)
    assert "<b>bold" not in text
    assert "2 files cannot be read as pictures" in text
    assert "torn.jpg: " in text
    figures = {path.stem for path in Path("reports/figures").iterdir()}
    assert {"eda-sizes", "eda-square"} <= figures


def test_many_pictures_are_sampled_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    write_photos(["a", "b", "c"])
    monkeypatch.setattr(eda_album, "MOST_PIXELS", 20 * 24 * 24)
    album = album_of(settings())
    assert (len(album.pixels), len(album.table), album.sampled) == (20, 20, True)
    assert album.whole == len(data.load_train(settings()).labels)
    assert "counted in 20 of the training pictures" in told(settings())["pictures"].text


def test_the_channels_moments_are_those_of_all_pixels_and_of_each_class() -> None:
    write_photos(["a", "b"])
    album = album_of(settings())
    found = statistics.channels(album)
    pixels = album.pixels.reshape(-1, 3).astype(np.float64)
    assert found.mean == pytest.approx(pixels.mean(axis=0))
    assert found.deviation == pytest.approx(pixels.std(axis=0))
    assert found.counts.sum(axis=1).tolist() == [len(pixels)] * 3
    own = album.pixels[album.data.labels == 1].reshape(-1, 3)
    assert found.by_class.loc["b"].tolist() == pytest.approx(
        [*own.mean(axis=0), *own.std(axis=0)], rel=1e-6
    )
    assert not found.grey


def brighter(random: np.random.Generator, number: int) -> Pixels:
    return (noise(random, number) // 4 + 130 * number).astype(np.uint8)


def test_a_light_that_tells_the_class_is_warned_of() -> None:
    write_photos(["dark", "bright"], draw=brighter)
    areas = statistics.telling(album_of(settings()))
    assert areas.loc["bright", "brightness"] == 1.0
    assert areas.loc["dark", "brightness"] == 0.0
    story = told(settings())
    assert "Beware: brightness tells" in story["telling"].text
    assert "a trap if it is the light" in story["telling"].text
    assert "dark darkest" in story["light"].text


def test_a_format_that_tells_the_class_is_warned_of() -> None:
    write_photos(["a", "b"], endings=("jpg", "png"))
    areas = statistics.telling(album_of(settings()))
    assert (areas.loc["b", "PNG files"], areas.loc["a", "PNG files"]) == (1.0, 0.0)
    assert "about the files, not about what they show" in told(settings())["telling"].text


def test_where_nothing_tells_the_class_nobody_is_warned() -> None:
    write_photos(["a", "b"], each=150)
    areas = statistics.telling(album_of(settings()))
    assert "width" not in areas  # the same for all
    assert np.abs(areas.to_numpy() - 0.5).max() < 0.2
    text = told(settings())["telling"].text
    assert "Beware" not in text
    assert "Nothing here gives a class away" in text


def crosses(random: np.random.Generator, number: int) -> Pixels:
    """A bright bar, lying or standing by the class, in noise."""
    pixels = noise(random, number) // 2
    bar = (slice(8, 16), slice(None)) if number else (slice(None), slice(8, 16))
    pixels[bar] = 250
    return pixels


def test_pictures_are_nearest_to_their_classs_mean_where_a_place_tells_the_class() -> None:
    write_photos(["standing", "lying"], each=60, draw=crosses)
    assert statistics.nearest_mean(album_of(settings())) == 1.0


def test_pictures_are_nearest_to_any_mean_where_no_place_tells_the_class() -> None:
    write_photos(["a", "b"], each=200)
    assert statistics.nearest_mean(album_of(settings())) == pytest.approx(0.5, abs=0.15)


def test_a_picture_with_two_classes_is_shown_first_and_named() -> None:
    write_photos(["a", "b"])
    twice = Image.open(PHOTOS / "a" / "000.png")
    for path in (PHOTOS / "b" / "twin.png", PHOTOS / "a" / "copy.png"):
        twice.save(path)
    Image.open(PHOTOS / "a" / "001.png").save(PHOTOS / "a" / "again.png")
    params = settings(test_size=0, validation_size=0.05)
    album = album_of(params)
    groups = [[album.data.names[row] for row in rows] for rows in statistics.repeats(album)]
    assert sorted(groups[0]) == ["a/000.png", "a/copy.png", "b/twin.png"]
    assert sorted(groups[1]) == ["a/001.png", "a/again.png"]
    chapter = told(params)["repeats"]
    assert chapter.table is not None
    assert chapter.table["Classes"].tolist() == ["a and b"]
    assert "1 of them has more than one class" in chapter.text
    assert chapter.draw is not None
    shown = [text.get_text() for text in chapter.draw().axes[0].texts]
    assert len(shown) == 4
    assert sorted({text.splitlines()[0] for text in shown[:2]}) == ["a", "b"]


def test_sizes_are_of_the_upright_picture_and_so_is_what_the_square_keeps() -> None:
    write_photos(["a", "b"], each=12, draw=lambda random, number: noise(random, number)[:12])
    exif = Image.Exif()
    exif[0x0112] = 6
    for path in sorted((PHOTOS / "b").iterdir()):
        Image.open(path).save(path, exif=exif)
    album = album_of(settings(test_size=0), size=12)
    sizes = album.table.groupby("class", observed=True)[["width", "height"]].first()
    assert sizes.loc["a"].tolist() == [24, 12]
    assert sizes.loc["b"].tolist() == [12, 24]
    assert "which is 50% of the median picture" in told(settings(test_size=0), 12)["sizes"].text


def test_the_darkest_and_the_emptiest_picture_are_shown() -> None:
    write_photos(["a", "b"], each=30)
    Image.new("RGB", (24, 24), (0, 0, 0)).save(PHOTOS / "a" / "night.png")
    Image.new("RGB", (24, 24), (255, 255, 255)).save(PHOTOS / "b" / "paper.png")
    params = settings(test_size=0, validation_size=0.02)
    album = album_of(params)
    found = {why: album.data.names[rows[0]] for why, rows in statistics.odd_ones(album, 3).items()}
    assert found["darkest"] == "a/night.png"
    assert found["brightest"] == "b/paper.png"
    assert found["emptiest"] in ("a/night.png", "b/paper.png")
    assert "of one tone: nothing can be seen there" in told(params)["odd"].text


def test_what_is_shown_of_augmentation_is_what_training_does() -> None:
    write_photos(["a", "b"])
    album = album_of(settings())
    strong = Augmentation("strong", flip=False, cutout=0.25, mixup=0.0)
    made = versions(album, 3, strong)
    assert list(made) == [
        "as it is",
        "moved",
        "mirrored (not used)",
        "turned",
        "other light",
        "cutout",
        "mixup (not used)",
        "all as set",
    ]
    others = np.random.default_rng(album.data.meta.seed).integers(0, len(album.pixels), 24)
    batch = torch.from_numpy(album.pixels[[*[3] * TRIES, *others]])
    fill = torch.tensor(statistics.channels(album).mean, dtype=torch.float32)
    numbers = numbers_for(album.data.meta.seed, 0, 6)
    expected = augment(batch, torch.zeros(len(batch), 2), strong, numbers, fill)[0][:TRIES]
    assert np.stack(made["all as set"]).tolist() == expected.round().byte().numpy().tolist()
    mirrored = [
        np.array_equal(each, album.pixels[3][:, ::-1]) for each in made["mirrored (not used)"]
    ]
    assert 0 < sum(mirrored) < TRIES


def test_without_augmentation_training_sees_the_picture_as_it_is() -> None:
    write_photos(["a", "b"])
    album = album_of(settings())
    plain = Augmentation("none", flip=True, cutout=0.25, mixup=0.0)
    made = versions(album, 0, plain)
    assert all(np.array_equal(each, album.pixels[0]) for each in made["all as set"])
    (chapter,) = (
        each
        for each in chapters(album, data.prepared(settings()), plain)
        if each.name == "augmentation"
    )
    assert "training sees each picture as it is" in chapter.text


def test_without_the_pretrained_model_the_pictures_are_looked_at_all_the_same() -> None:
    write_photos(["a", "b"])
    train = data.load_train(settings())
    params = Params.model_validate(
        {**settings().model_dump(), "model": {"name": "./no-such-folder"}}
    )
    assert eda.seen_by(params, train) == eda.seen_by(settings(), train)


@pytest.mark.parametrize(
    ("mode", "ending", "expected"),
    [
        ("P", "gif", (200, 40, 40)),
        ("CMYK", "jpeg", (200, 40, 40)),
        ("RGBA", "png", (200, 40, 40)),
        ("L", "png", (88, 88, 88)),
        ("I;16", "png", (156, 156, 156)),
        ("clear", "png", (255, 255, 255)),
    ],
)
def test_a_file_of_any_kind_is_shown_whole(
    mode: str, ending: str, expected: tuple[int, int, int]
) -> None:
    red = Image.new("RGB", (60, 30), (200, 40, 40))
    if mode == "I;16":
        picture = Image.fromarray(np.full((30, 60), 40_000, dtype=np.uint16))
    elif mode == "clear":
        picture = Image.new("RGBA", (60, 30), (200, 40, 40, 0))
    else:
        picture = red.convert(mode, palette=Image.Palette.ADAPTIVE)
    written = io.BytesIO()
    picture.save(written, ending)
    shown = np.asarray(eda_files.whole(written.getvalue()))
    assert shown.shape == (30, 60, 3)
    assert np.abs(shown.astype(int) - expected).max() <= 6


def test_the_most_elongated_picture_is_shown_first_beside_what_the_model_sees() -> None:
    write_photos(["a", "b"], each=12, draw=photo_of_any_size)
    params = settings(test_size=0, validation_size=0.1)
    album, chapter = album_of(params, 16), told(params, 16)["square"]
    width, height = album.table["width"], album.table["height"]
    share = width.combine(height, min) / width.combine(height, max)
    longest = album.table.loc[share.idxmin()]
    assert chapter.draw is not None
    shown = [text.get_text() for text in chapter.draw().axes[0].texts]
    assert shown[0] == f"{longest['class']}\n{longest['width']} x {longest['height']}"
