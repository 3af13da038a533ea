"""Near duplicates: copies are found, different pictures are not, drawings of one kind neither."""

from typing import Any

import numpy as np
import pytest
from made_pictures import copy_of, encoded, file_of, photo
from PIL import Image

from {{ cookiecutter.package_name }}.digits import read_digits
from {{ cookiecutter.package_name }}.duplicates import (
    BITS,
    LOOKED_AT,
    Fingerprints,
    content_hash,
    distance_limit,
    fingerprints,
    grouped,
    near_pairs,
    row_hashes,
    with_two_labels,
)
from {{ cookiecutter.package_name }}.picture import Preprocessing

LIMIT = 72


def prints_of(files: list[bytes]) -> Fingerprints:
    read = Preprocessing(LOOKED_AT).read
    return fingerprints(np.stack([read(file).pixels for file in files]))


def test_a_resized_brighter_re_encoded_copy_is_found_and_nothing_else() -> None:
    files = [file_of(seed) for seed in range(200)] + [copy_of(seed) for seed in range(0, 200, 40)]
    pairs = near_pairs(prints_of(files), LIMIT)
    assert pairs.tolist() == [[seed, 200 + seed // 40] for seed in range(0, 200, 40)]


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture.convert("L"),
        lambda picture: picture.crop((1, 1, *picture.size)),
        lambda picture: picture.resize((480, 400), Image.Resampling.BICUBIC),
        lambda picture: picture.point(lambda value: 0.9 * value),
    ],
)
def test_what_a_viewer_takes_for_the_same_picture_is_a_duplicate(change: Any) -> None:
    files = [file_of(seed) for seed in range(60)]
    files.append(encoded(change(photo(7))))
    assert near_pairs(prints_of(files), LIMIT).tolist() == [[7, 60]]


def test_of_pictures_with_the_same_bits_only_those_that_look_alike_are_pairs() -> None:
    dark, light = (photo(0).point(lambda value, add=add: value // 3 + add) for add in (0, 160))
    files = [encoded(dark), encoded(light), *(file_of(seed) for seed in range(1, 40))]
    prints = prints_of(files)
    assert (prints.bits[0] != prints.bits[1]).sum() < LIMIT
    assert len(near_pairs(prints, LIMIT)) == 0


def test_different_handwritten_digits_are_none() -> None:
    raw = read_digits()
    files = list(raw.pictures)
    assert len(near_pairs(prints_of(files), LIMIT)) == 0
    assert near_pairs(prints_of([*files, files[10]]), LIMIT).tolist() == [[10, len(files)]]


def test_the_limit_is_lower_where_the_bits_depend_on_one_another() -> None:
    rng = np.random.default_rng(0)
    independent = rng.random((500, BITS)) < 0.5
    assert distance_limit(independent, LIMIT) >= 66
    in_fours = np.repeat(rng.random((500, BITS // 4)) < 0.5, 4, axis=1)
    assert distance_limit(in_fours, LIMIT) < 20
    assert distance_limit(independent[:1], LIMIT) == LIMIT


def test_a_film_is_one_group_however_many_frames_it_has() -> None:
    prints = prints_of([file_of(seed) for seed in range(50)])
    rows = np.concatenate([np.arange(50), np.zeros(700, dtype=np.int64)])
    film = Fingerprints(prints.bits[rows], prints.thumbnails[rows])
    groups = grouped(near_pairs(film, LIMIT), len(rows))
    assert len(np.unique(groups)) == 50
    assert (groups[50:] == groups[0]).all()


def test_plain_pictures_of_different_brightness_are_not_near_one_another() -> None:
    files = [encoded(Image.new("L", (40, 40), shade)) for shade in (0, 60, 120, 180, 240, 240)]
    assert near_pairs(prints_of(files), LIMIT).tolist() == [[4, 5]]


def test_pictures_that_come_later_change_no_group_of_the_others() -> None:
    # 4 is near 0 and 2, which are not near one another; 5 is near 4.
    pairs = np.array([[0, 1], [0, 4], [2, 4], [4, 5]])
    groups = grouped(pairs, 7, added=3)
    assert groups[:4].tolist() == grouped(pairs[:1], 4).tolist()
    assert groups[4] == groups[5] == groups[0] != groups[2]
    assert groups[6] not in groups[:6]
    assert len(np.unique(grouped(pairs, 7))) == 3


def test_pictures_with_two_labels_are_found() -> None:
    groups = np.array([0, 1, 0, 3, 1, 5])
    assert with_two_labels(groups, np.array([0, 1, 1, 0, 1, 0])).tolist() == [0, 2]


def test_the_hash_of_a_row_tells_labels_apart() -> None:
    hashes = np.array([content_hash(each) for each in (b"a", b"a", b"a", b"b")], dtype=np.uint64)
    named = row_hashes(hashes, ["x", "x", "y", "x"])
    assert named[0] == named[1]
    assert len(set(named.tolist())) == 3
