"""`ablate`: each variant is trained again on the same folds, once."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import small_params

from {{ cookiecutter.package_name }} import ablate, recipes
from {{ cookiecutter.package_name }}.classifier_ablation import drawn_rows, fold_numbers
from {{ cookiecutter.package_name }}.data import load_train
from {{ cookiecutter.package_name }}.errors import UserError

CHOSEN = {"ingredients": ["residual", "augmentation", "mixup"], "epochs": 1}


def test_the_chosen_ingredients_are_compared_and_what_was_fitted_is_kept(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = small_params(ablate=CHOSEN)
    first = ablate.ablate(params).metrics
    found = first["ablation"]
    assert json.loads(Path("reports/metrics.json").read_text(encoding="utf-8")) == first
    assert {each["name"] for each in found["ingredients"]} == {"residual", "augmentation"}
    assert [each["name"] for each in found["left_out"]] == ["mixup"]
    assert (found["metric"], found["higher_is_better"], found["rows"]) == ("macro_f1", True, 100)
    for each in found["ingredients"]:
        assert each["difference"] == pytest.approx(found["full"] - each["without"], abs=1e-9)
    # Three recipes, two folds.
    assert len(list(Path("reports/ablation").rglob("*.npz"))) == 6
    assert Path("reports/figures/ablation.png").read_bytes().startswith(b"\x89PNG")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it was fitted again")

    monkeypatch.setattr(recipes, "fit_network", refuse)
    again = ablate.ablate(params).metrics["ablation"]
    assert again == found


def test_folds_keep_near_duplicates_together_and_classes_in_proportion(project: Path) -> None:
    train = load_train(small_params())
    groups = train.duplicate_groups()
    fold_of = fold_numbers(train.labels, groups, 10, 2, 42, "pictures")
    for group in np.unique(groups):
        assert len(set(fold_of[groups == group])) == 1
    shares = [np.bincount(train.labels[fold_of == fold], minlength=10) for fold in (0, 1)]
    assert np.abs(shares[0] - shares[1]).max() <= 0.1 * len(train.labels)
    with pytest.raises(UserError, match=r"a class has 1 of the pictures.*ablate\.folds is 2"):
        fold_numbers(np.array([0, 0, 1]), np.arange(3), 2, 2, 42, "pictures")


def test_the_same_pictures_are_drawn_each_time() -> None:
    rows = drawn_rows(400, small_params())
    assert len(rows) == len(set(rows.tolist())) == 100
    assert (rows == drawn_rows(400, small_params())).all()
    assert len(drawn_rows(60, small_params())) == 60


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"ablate": {"ingredients": ["salt"]}}, "there is no salt"),
        ({"ablate": {"ingredients": ["mixup"]}}, "nothing to leave out"),
        ({"data": {"seed": 7}}, "data"),
        ({"train": {"model": "pretrained"}, "model": {"name": "a/b"}}, r"another train\.model"),
    ],
)
def test_what_cannot_be_left_out_is_one_line(project: Path, sections: object, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        ablate.ablate(small_params(**sections))  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
