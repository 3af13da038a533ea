"""What the transforms hold for any table: shapes, missing values, unseen levels, no surprises."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from {{ cookiecutter.package_name }}.features import (
    DerivedFeatures,
    TableEncoder,
    applicable,
)
from {{ cookiecutter.package_name }}.schema import Column, TableSchema
from {{ cookiecutter.package_name }}.views import LinearView, TreeView

NUMBER = st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(-100, 100).map(float))
LEVEL = st.one_of(st.none(), st.sampled_from(["a", "b", "ü", "20", "True", "{x}"]))


def schema_of(frame: pd.DataFrame) -> TableSchema:
    columns = []
    for name in frame.columns:
        if frame[name].dtype == object:
            levels = tuple(sorted({level for level in frame[name] if level is not None}))
            columns.append(Column(name=name, kind="category", categories=levels))
        else:
            columns.append(Column(name=name, kind="number"))
    return TableSchema(target="price", columns=tuple(columns))


def table(**columns: list[float | str | None]) -> pd.DataFrame:
    """A canonical table: texts as objects with None, everything else as float64 with NaN."""
    frame = {}
    for name, values in columns.items():
        if any(isinstance(value, str) for value in values):
            frame[name] = pd.Series(values, dtype=object)
        else:
            frame[name] = pd.Series(
                [math.nan if value is None else value for value in values], dtype=np.float64
            )
    return pd.DataFrame(frame)


def encoded(frame: pd.DataFrame) -> tuple[TableSchema, TableEncoder, np.ndarray]:
    schema = schema_of(frame)
    encoder = TableEncoder(schema)
    return schema, encoder, encoder.fit_transform(frame)


def derived(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Every column behind `DerivedFeatures`, by name."""
    schema, _, array = encoded(frame)
    features = DerivedFeatures(schema)
    out = features.fit_transform(array)
    return dict(zip(features.names_, out.T, strict=True))


@st.composite
def any_table(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(2, 25))
    numbers = draw(st.integers(1, 3))
    texts = draw(st.integers(0, 3))
    frame: dict[str, pd.Series] = {}
    for index in range(numbers):
        values = draw(st.lists(NUMBER, min_size=rows, max_size=rows))
        frame[f"n{index}"] = pd.Series(values, dtype=np.float64)
    for index in range(texts):
        values = draw(st.lists(LEVEL, min_size=rows, max_size=rows))
        frame[f"t{index}"] = pd.Series(values, dtype=object)
    return pd.DataFrame(frame)


@settings(max_examples=60, deadline=None)
@given(any_table(), st.data())
def test_views_of_any_table_are_finite_and_do_not_depend_on_other_rows(
    frame: pd.DataFrame, data: st.DataObject
) -> None:
    schema, encoder, array = encoded(frame)
    target = np.linspace(1.0, 2.0, len(frame))
    features = DerivedFeatures(schema)
    filled = features.fit_transform(array)
    for view in (LinearView(schema), TreeView(schema)):
        view.fit(filled, target)
        together = view.transform(filled)
        row = data.draw(st.integers(0, len(frame) - 1))
        alone = view.transform(features.transform(encoder.transform(frame.iloc[[row]])))
        assert np.isfinite(together).all()
        np.testing.assert_array_equal(together[[row]], alone)


@settings(max_examples=60, deadline=None)
@given(any_table())
def test_codes_lead_back_to_their_levels(frame: pd.DataFrame) -> None:
    _, encoder, array = encoded(frame)
    for position, name in enumerate(encoder.columns_):
        vocabulary = encoder.vocabularies_.get(name)
        if vocabulary is not None:
            levels = {code: level for level, code in vocabulary.items()}
            back = [levels.get(int(code)) for code in array[:, position]]
            assert back == list(frame[name])


@settings(max_examples=40, deadline=None)
@given(any_table(), st.floats(-1e12, 1e12))
def test_the_linear_view_never_leaves_the_range_of_its_training_rows(
    frame: pd.DataFrame, absurd: float
) -> None:
    schema, _, array = encoded(frame)
    filled = DerivedFeatures(schema).fit_transform(array)
    view = LinearView(schema).fit(filled)
    seen = view.transform(filled)
    other = filled[:1].copy()
    other[0, 0] = absurd
    assert (view.transform(other) >= seen.min(axis=0) - 1e-9).all()
    assert (view.transform(other) <= seen.max(axis=0) + 1e-9).all()


def test_an_unseen_level_is_unknown_and_a_missing_one_is_absent() -> None:
    schema = schema_of(table(town=["x", "y", "x", None]))
    encoder = TableEncoder(schema).fit(table(town=["x", "y", "x", None]))
    codes = encoder.transform(pd.DataFrame({"town": pd.Series(["z", None, "x"], dtype=object)}))
    assert codes.ravel().tolist() == [-1.0, 0.0, 1.0]


def test_a_quality_scale_is_ranked_from_worst_to_best() -> None:
    _, encoder, array = encoded(table(KitchenQual=["TA", "Ex", "Gd", "Fa"]))
    assert encoder.vocabularies_["KitchenQual"]["Ex"] == 5
    assert array.ravel().tolist() == [3.0, 5.0, 4.0, 2.0]


def test_a_column_with_a_scales_name_but_other_levels_gets_its_own_codes() -> None:
    _, encoder, _ = encoded(table(KitchenQual=["good", "bad", "bad"]))
    assert encoder.vocabularies_["KitchenQual"] == {"bad": 1, "good": 2}


def test_no_basement_is_the_lowest_rank_but_an_unknown_kitchen_is_a_typical_one() -> None:
    columns = derived(
        table(BsmtQual=["TA", None, "Gd", "Ex"], KitchenQual=["TA", None, "Gd", "TA"])
    )
    assert columns["BsmtQual"][1] == 0.0
    assert columns["KitchenQual"][1] == 3.0
    assert columns["KitchenQual missing"].tolist() == [0.0, 1.0, 0.0, 0.0]


def test_missing_sizes_are_none_of_it_and_other_missing_numbers_the_median() -> None:
    columns = derived(table(GarageArea=[None, 400.0, 500.0], LotFrontage=[None, 60.0, 80.0]))
    assert columns["GarageArea"][0] == 0.0
    assert "GarageArea missing" not in columns
    assert columns["LotFrontage"][0] == 70.0
    assert columns["LotFrontage missing"].tolist() == [1.0, 0.0, 0.0]


def test_areas_baths_and_ages_are_added_up() -> None:
    frame = table(
        **{"TotalBsmtSF": [800.0, None], "1stFlrSF": [900.0, 700.0], "2ndFlrSF": [100.0, 0.0]},
        FullBath=[2.0, 1.0],
        HalfBath=[1.0, 0.0],
        BsmtFullBath=[1.0, None],
        BsmtHalfBath=[0.0, 1.0],
        YrSold=[2010.0, 2008.0],
        YearBuilt=[1990.0, 2008.0],
    )
    columns = derived(frame)
    assert columns["TotalArea"].tolist() == [1800.0, 700.0]
    assert columns["HalfBaths"].tolist() == [7.0, 3.0]
    assert columns["Age"].tolist() == [20.0, 0.0]


def test_derived_features_apply_only_where_their_columns_exist() -> None:
    assert applicable(["rooms", "1stFlrSF"]) == ()
    names = [line.name for line in applicable(["PoolArea", "OverallQual", "OverallCond"])]
    assert "HasPool" in names
    assert "QualityCondition" in names
    assert "QualityArea" not in names


def test_a_text_column_with_an_ames_name_is_not_calculated_with() -> None:
    columns = derived(table(OverallQual=["high", "low"], OverallCond=[5.0, 6.0]))
    assert set(columns) == {"OverallQual", "OverallCond"}


def test_only_a_huge_house_in_a_partial_sale_has_its_sizes_bounded() -> None:
    columns = derived(
        table(
            GrLivArea=[1000.0, 1500.0, 4700.0, 4700.0, 2000.0],
            LotArea=[8000.0, 9000.0, 60000.0, 60000.0, 10000.0],
            SaleCondition=["Normal", "Partial", "Partial", "Normal", "Abnorml"],
        )
    )
    assert columns["Unfinished"].tolist() == [0.0, 0.0, 1.0, 0.0, 0.0]
    assert columns["GrLivArea"].tolist() == [1000.0, 1500.0, 2000.0, 4700.0, 2000.0]
    assert columns["LotArea"][2] == 10000.0


def test_target_means_of_a_row_come_from_other_rows() -> None:
    frame = table(town=[f"t{index % 20}" for index in range(40)])
    schema, _, array = encoded(frame)
    noise = np.random.default_rng(0).normal(size=40)
    view = TreeView(schema)
    means = view.fit_transform(DerivedFeatures(schema).fit_transform(array), noise)
    told = np.corrcoef(view.transform(array).ravel(), noise)[0, 1]
    assert told > 0.4  # what a level's own rows would tell
    assert np.corrcoef(means.ravel(), noise)[0, 1] < told - 0.3


def test_an_unseen_level_has_the_mean_target() -> None:
    schema, _, array = encoded(table(town=["x", "y", "x", "y"]))
    view = TreeView(schema).fit(array, np.array([1.0, 3.0, 1.0, 3.0]))
    assert view.transform(np.array([[-1.0]])).item() == pytest.approx(2.0)


def test_rare_levels_share_one_group() -> None:
    frame = table(town=["x"] * 10 + ["y"] * 10 + ["rare"])
    schema, _, array = encoded(frame)
    view = LinearView(schema).fit(array)
    assert view.transform(array).shape == (21, 2)
    assert view.transform(array)[-1].tolist() == [0.0, 0.0]
