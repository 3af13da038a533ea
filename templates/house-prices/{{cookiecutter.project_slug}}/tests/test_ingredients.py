"""Each ingredient, once left out, is really gone, and nothing else is."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import small_params
from lightgbm import LGBMRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import ElasticNet, Ridge
from sklearn.svm import SVR
from xgboost import XGBRegressor

from {{ cookiecutter.package_name }} import ames
from {{ cookiecutter.package_name }}.columns import canonical, infer_schema
from {{ cookiecutter.package_name }}.data import Meta, TableData
from {{ cookiecutter.package_name }}.features import role
from {{ cookiecutter.package_name }}.ingredients import ingredients
from {{ cookiecutter.package_name }}.models import (
    CANDIDATES,
    DEFAULTS,
    build_model,
    library_defaults,
)
from {{ cookiecutter.package_name }}.recipes import Recipe
from {{ cookiecutter.package_name }}.sample import AMES_COLUMNS, make_sample

LIBRARIES: dict[str, Any] = {
    "ridge": Ridge,
    "elastic_net": ElasticNet,
    "svr": SVR,
    "random_forest": RandomForestRegressor,
    "xgboost": XGBRegressor,
    "lightgbm": LGBMRegressor,
}


def table(frame: pd.DataFrame, target: str) -> TableData:
    """A table as `load_train` returns it."""
    params = small_params(data={"target": target}).data
    schema = infer_schema(frame, None, params)
    meta = Meta(
        name="made up",
        source="csv",
        synthetic=True,
        target=target,
        sha256="0" * 64,
        rows=len(frame),
        train_rows=len(frame),
        test_rows=0,
        duplicates=0,
        seed=1,
        test_size=0.0,
        created="2026-01-01",
    )
    return TableData(
        frame=canonical(frame, schema),
        target=frame[target].astype("float64"),
        lines=np.arange(len(frame)),
        schema=schema,
        meta=meta,
    )


@pytest.fixture(scope="module")
def houses() -> TableData:
    return table(make_sample(150, seed=1).drop(columns="Id"), "SalePrice")


def flats() -> TableData:
    rng = np.random.default_rng(0)
    size, town = rng.uniform(30, 150, 80), rng.choice(["a", "b"], 80)
    frame = pd.DataFrame(
        {"size": size, "noise": rng.normal(0, 1, 80), "town": town, "rent": 9 * size}
    )
    return table(frame, "rent")


def removals(data: TableData, best: str = "ridge", **train: Any) -> dict[str, Recipe | str]:
    """Name -> the recipe without that ingredient, or why there is none."""
    full = Recipe.of(small_params(train=train), data)
    return {each.ingredient.name: each.remove(full) for each in ingredients(full, data, best)}


def recipe(found: Recipe | str) -> Recipe:
    assert isinstance(found, Recipe), found
    return found


def features(made: Recipe, target: Any) -> list[str]:
    """The names of what a model of this recipe sees."""
    model = build_model("ridge", made.schema, {}, seed=0, derived=made.derived)
    return list(model.fit(made.frame, target).named_steps["derive"].names_)


def test_only_what_is_left_out_changes(houses: TableData) -> None:
    full = Recipe.of(small_params(), houses)
    changed = {
        "log-target": {"log_target"},
        "derived-features": {"derived"},
        "ordinal-scales": {"schema", "frame"},
        "tuning": {"hyperparameters"},
        "stacking": {"model"},
        "member-ridge": {"candidates"},
        "columns-location": {"schema", "frame"},
    }
    for name, fields in changed.items():
        made = recipe(removals(houses)[name])
        restored = replace(made, **{field: getattr(full, field) for field in fields})
        for field in ("model", "candidates", "hyperparameters", "log_target", "derived", "schema"):
            assert getattr(restored, field) == getattr(full, field)
            if field not in fields:
                assert getattr(made, field) == getattr(full, field)


def test_without_the_logarithm_models_are_fitted_to_the_price(houses: TableData) -> None:
    assert recipe(removals(houses)["log-target"]).log_target is False


def test_without_derived_features_a_model_sees_the_columns_alone(houses: TableData) -> None:
    full = Recipe.of(small_params(), houses)
    before = features(full, houses.target)
    after = features(recipe(removals(houses)["derived-features"]), houses.target)
    derived = {line.name for line in ames.DERIVED}
    assert derived & set(before)
    assert after == [name for name in before if name not in derived]


def test_without_scales_a_grade_is_a_mere_name(houses: TableData) -> None:
    made = recipe(removals(houses)["ordinal-scales"])
    assert any(role(column) == "rank" for column in houses.schema.columns)
    assert not any(role(column) == "rank" for column in made.schema.columns)
    assert list(made.frame.columns) == list(made.schema.names)
    np.testing.assert_array_equal(
        made.frame.isna().to_numpy(), houses.frame.isna().to_numpy(), strict=True
    )
    assert role(made.schema.columns[houses.schema.names.index("OverallQual")]) == "number"
    assert "QualitySum" not in features(made, houses.target)
    assert "TotalArea" in features(made, houses.target)


def test_without_tuning_the_libraries_defaults_are_taken(houses: TableData) -> None:
    made = recipe(removals(houses)["tuning"])
    assert set(made.hyperparameters) == {"ridge", "xgboost"}
    assert made.hyperparameters["ridge"] == {"alpha": 1.0}
    # Not what params.yaml says, either.
    assert made.hyperparameters["xgboost"]["n_estimators"] is None


def test_the_libraries_of_all_candidates_are_known_here() -> None:
    """A candidate of your own needs a line in LIBRARIES: the class whose defaults it is left."""
    assert set(LIBRARIES) == set(CANDIDATES)


@pytest.mark.parametrize("name", LIBRARIES)
def test_every_model_can_be_built_with_its_librarys_defaults(name: str, houses: TableData) -> None:
    settings = library_defaults(name)
    assert set(settings) == set(DEFAULTS[name])
    assert settings != DEFAULTS[name]
    model = build_model(name, houses.schema, settings, seed=0)
    model.fit(houses.frame[:60], np.log(houses.target[:60]))
    estimator = model.named_steps["model"].named_steps["estimator"]
    assert settings.items() <= estimator.get_params().items()
    plain = LIBRARIES[name]().get_params()
    in_other_units = {("svr", "gamma"), ("lightgbm", "alpha")}
    for key, value in settings.items():
        assert (name, key) in in_other_units or plain[key] == value


def test_without_stacking_the_best_single_model_is_left(houses: TableData) -> None:
    made = recipe(removals(houses, best="xgboost")["stacking"])
    assert made.models == ("xgboost",)


def test_without_a_member_the_others_are_stacked(houses: TableData) -> None:
    made = recipe(removals(houses)["member-ridge"])
    assert made.model == "stack"
    assert made.models == ("xgboost",)


def test_without_a_group_none_of_its_columns_is_left(houses: TableData) -> None:
    made = recipe(removals(houses)["columns-location"])
    assert set(houses.schema.names) - set(made.schema.names) == set(ames.GROUPS["location"][1])
    assert list(made.frame.columns) == list(made.schema.names)


def test_every_ames_column_is_in_exactly_one_group() -> None:
    grouped = [name for _, columns in ames.GROUPS.values() for name in columns]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == set(AMES_COLUMNS) - {"Id", "SalePrice"}


def test_columns_that_belong_to_no_group_are_a_group() -> None:
    frame = make_sample(80, seed=1).drop(columns="Id")
    frame["Solar"] = np.arange(80.0)
    made = recipe(removals(table(frame, "SalePrice"))["columns-other"])
    assert "Solar" not in made.schema.names


def test_an_unknown_table_is_taken_apart_by_kind_and_by_its_strongest_columns() -> None:
    found = removals(flats())
    groups = [name for name in found if name.startswith("columns-")]
    # The town is the only category, and so left out once.
    assert groups == [
        "columns-numbers",
        "columns-categories",
        "columns-only-size",
        "columns-only-noise",
    ]
    assert recipe(found["columns-numbers"]).schema.names == ("town",)
    assert recipe(found["columns-categories"]).schema.names == ("size", "noise")
    assert recipe(found["columns-only-size"]).schema.names == ("noise", "town")
    assert found["derived-features"] == "none of them applies to this table's columns"
    assert found["ordinal-scales"] == "no column of this table is graded on a known scale"


def test_the_only_number_is_left_out_once() -> None:
    data = flats()
    made = table(data.frame[["size", "town"]].assign(rent=data.target), "rent")
    groups = [name for name in removals(made) if name.startswith("columns-")]
    assert groups == ["columns-numbers", "columns-categories"]


def test_of_a_model_that_reads_no_column_none_is_left_out(houses: TableData) -> None:
    found = removals(houses, model="mean")
    of_columns = [name for name in found if name.startswith("columns-")]
    assert of_columns
    for name in (*of_columns, "derived-features", "ordinal-scales"):
        assert found[name] == "mean reads no column"


def test_the_only_column_is_not_left_out() -> None:
    frame = pd.DataFrame({"size": np.arange(50.0), "rent": np.arange(50.0) + 7})
    assert removals(table(frame, "rent"))["columns-only-size"] == (
        "without it, no column would be left"
    )


def test_what_the_settings_do_not_use_says_so(houses: TableData) -> None:
    found = removals(houses, model="ridge", log_target=False)
    assert found["log-target"] == "train.log_target is false"
    assert found["stacking"] == "train.model is ridge"
    assert not any(name.startswith("member-") for name in found)
    assert recipe(found["tuning"]).hyperparameters == {"ridge": {"alpha": 1.0}}
    assert removals(houses, model="mean")["tuning"] == "mean has no hyperparameters"
    assert removals(houses, candidates=["ridge"])["member-ridge"] == "it is the only one"


def test_names_are_unique_and_every_reason_is_a_sentence(houses: TableData) -> None:
    full = Recipe.of(small_params(), houses)
    every = [each.ingredient for each in ingredients(full, houses, "ridge")]
    assert len({each.name for each in every}) == len(every)
    assert all(each.title and each.why.endswith(".") for each in every)
