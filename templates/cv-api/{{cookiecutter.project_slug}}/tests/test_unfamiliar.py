"""Pictures of something else: what they are, and how well the energy tells them."""

from pathlib import Path

import numpy as np
import pytest
from coloured_photos import photos
from small_model import write_model

from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.asking import ask
from {{ cookiecutter.package_name }}.picture import Preprocessing
from {{ cookiecutter.package_name }}.unfamiliar import out_of_distribution, strangers


@pytest.fixture
def predictor(tmp_path: Path) -> Predictor:
    write_model(tmp_path / "models", energy={"threshold": -1.8, "kept": 0.95})
    return Predictor.load(tmp_path / "models")


def test_a_model_of_digits_is_shown_photos_and_any_other_digits() -> None:
    for source, name in (("sample", "patches of photos"), ("cifar10", "handwritten digits")):
        noise, other = strangers(source, 32, 12, seed=0)  # type: ignore[arg-type]
        assert (noise.name, other.name) == ("pictures of noise", name)
        for kind in (noise, other):
            assert len(kind.pictures) == 12
            seen = [Preprocessing(32).read(each).pixels for each in kind.pictures]
            assert len({each.tobytes() for each in seen}) == 12


def test_the_seed_decides_which_they_are() -> None:
    first, again, other = (strangers("sample", 16, 5, seed) for seed in (1, 1, 2))
    assert [kind.pictures for kind in first] == [kind.pictures for kind in again]
    assert first[0].pictures != other[0].pictures
    assert first[1].pictures != other[1].pictures


def test_grey_digits_are_told_from_colours_by_their_energy(predictor: Predictor) -> None:
    held_out = ask(predictor, photos(60, 8), "Photos")
    found = out_of_distribution(predictor, held_out, "folder", seed=0)
    assert found["threshold"] == -1.8
    assert found["flagged"] == pytest.approx(1 - held_out.familiar.mean())
    digits = found["sets"][1]
    assert digits["name"] == "handwritten digits"
    assert digits["auroc"] > 0.99
    assert digits["flagged"] > 0.99
    for each in (found, *found["sets"]):
        assert each["energies"] == sorted(each["energies"])


def test_what_is_asked_in_many_runs_is_answered_as_one_by_one(predictor: Predictor) -> None:
    shown = photos(predictor.pictures_per_run + 3, 4)
    asked = ask(predictor, shown, "Photos")
    one = ask(predictor, shown[-1:], "Photo")
    assert len(asked.answers) == len(shown) == len(asked.facts["width"])
    assert asked.logits[-1] == pytest.approx(one.logits[0], abs=1e-5)
    assert asked.answers[-1].label == one.answers[0].label
    assert np.isfinite(asked.energies).all()
