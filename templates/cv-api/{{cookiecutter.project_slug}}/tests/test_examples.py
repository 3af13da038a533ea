"""The examples beside the model: of all classes, small, and nothing but their pixels."""

import io
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image
from small_model import encoded, picture

from {{ cookiecutter.package_name }} import examples
from {{ cookiecutter.package_name }}.examples import Candidates, Example, choose, redrawn
from {{ cookiecutter.package_name }}.picture import Preprocessing


def candidates(
    labels: list[int], wrong: tuple[int, ...] = (), strange: tuple[int, ...] = ()
) -> Candidates:
    """Pictures of these classes, some of which the model has wrong, or takes for something else."""
    numbers = np.array(labels)
    predicted = numbers.copy()
    predicted[list(wrong)] += 1
    familiar = np.ones(len(labels), dtype=np.bool_)
    familiar[list(strange)] = False
    return Candidates(
        pictures=[encoded(picture("red"))] * len(labels),
        names=[f"{row}.png" for row in range(len(labels))],
        labels=numbers,
        predicted=predicted,
        familiar=familiar,
        classes=tuple(f"class {number}" for number in range(max(labels) + 1)),
    )


def test_every_class_is_shown_before_any_is_shown_twice() -> None:
    found = choose(candidates([0, 0, 0, 1, 2, 1]))
    assert [each.label for each in found] == [
        *("class 0", "class 1", "class 2"),
        *("class 0", "class 1"),
        "class 0",
    ]


def test_what_the_model_has_right_comes_first() -> None:
    found = choose(candidates([0, 0, 1, 1], wrong=(0, 2)))
    assert [each.name for each in found] == ["1.png", "3.png", "0.png", "2.png"]


def test_what_looks_like_nothing_learned_comes_after_what_the_model_knows() -> None:
    found = choose(candidates([0, 0, 0], wrong=(0,), strange=(1,)))
    assert [each.name for each in found] == ["2.png", "1.png", "0.png"]


def test_a_page_has_no_room_for_all() -> None:
    assert len(choose(candidates(list(range(30))))) == examples.MOST
    assert len(choose(candidates([0] * 30))) == examples.MOST_OF_A_CLASS


def test_a_small_picture_keeps_every_pixel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    drawn = redrawn(encoded(Image.fromarray(pixels)))
    assert (Preprocessing(32).read(drawn).pixels == pixels).all()


def test_a_photo_is_small_upright_and_does_not_say_where_it_was_taken() -> None:
    photo = picture("red", "blue", size=(800, 1000))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0)}
    file = encoded(photo, "JPEG", exif=exif)
    drawn = Image.open(io.BytesIO(redrawn(file)))
    assert (drawn.size, drawn.format) == ((examples.SIDE, examples.SIDE), "JPEG")
    assert not drawn.getexif()
    assert len(redrawn(file)) < 20_000
    top = np.asarray(drawn)[20, 128]
    # What was on the left is above.
    assert top[0] > 150 > top[2]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    chosen = choose(candidates([0, 1]))
    examples.write(chosen, tmp_path)
    assert examples.read(tmp_path) == chosen
    assert chosen[0].content.startswith(b"\x89PNG")
    (tmp_path / examples.NAME).write_text("{}")
    with pytest.raises(msgspec.ValidationError):
        examples.read(tmp_path)
    assert isinstance(chosen[0], Example)
