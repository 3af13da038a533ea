"""Exercise 5: a slice of one's own, pictures without colour."""

from types import SimpleNamespace

import numpy as np

from {{ cookiecutter.package_name }}.image_slices import slices
from {{ cookiecutter.package_name }}.slices import Slice

NAME = "Colour"
VALUES = {"grey", "coloured"}
NUMBERS = ("width", "height", "brightness", "contrast", "sharpness")


def sliced(saturation: list[float]) -> dict[str, Slice]:
    """The slices that are called Colour, by their value, of pictures with this saturation."""
    facts = {name: np.linspace(0, 1, len(saturation)) for name in NUMBERS}
    facts["saturation"] = np.array(saturation)
    asked = SimpleNamespace(facts=facts)
    return {part.value: part for part in slices(asked) if part.name == NAME}


def test_pictures_are_parted_by_whether_they_have_colours() -> None:
    saturation = [0.0, 0.3, 0.049, 0.05, 0.9, 0.01]
    found = sliced(saturation)
    assert set(found) == VALUES, (
        f"the slices called {NAME!r} are {sorted(found)}, and {sorted(VALUES)} are wanted. Add a "
        "function to image_slices.py, and list it in WAYS."
    )
    grey = found["grey"].rows.tolist()
    assert sorted(grey) == [0, 2, 5], (
        f"pictures {grey} are grey. Those are whose saturation is below 0.05: 0, 2 and 5 here."
    )


def test_every_picture_is_in_one_of_the_two() -> None:
    found = sliced([0.0, 0.2, 0.4] * 30)
    rows = [row for part in found.values() for row in part.rows]
    assert sorted(rows) == list(range(90)), "a picture is in no part, or in both"
    assert all(part.rows.dtype == np.int64 for part in found.values()), "rows are numbers of rows"


def test_where_all_are_of_one_kind_there_is_no_such_slice() -> None:
    assert set(sliced([0.0, 0.9])) == VALUES, "of two kinds, there is the slice"
    for saturation in ([0.0] * 20, [0.5] * 20):
        found = sorted(sliced(saturation))
        assert not found, f"all pictures are of one kind, and there is a slice {found}"


def test_the_other_slices_are_still_there() -> None:
    sliced([0.0, 0.9])
    facts = {name: np.linspace(0, 1, 90) for name in (*NUMBERS, "saturation")}
    names = {part.name for part in slices(SimpleNamespace(facts=facts))}
    assert {"Brightness", "Contrast", "Sharpness"} <= names, f"only {sorted(names)} are left"
    assert NAME in names, f"{NAME!r} is not among {sorted(names)}"
