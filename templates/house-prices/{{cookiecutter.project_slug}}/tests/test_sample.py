import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.sample import AMES_COLUMNS, make_sample

GARAGE = ["GarageType", "GarageYrBlt", "GarageFinish", "GarageQual", "GarageCond"]
BASEMENT = ["BsmtQual", "BsmtCond", "BsmtExposure", "BsmtFinType1", "BsmtFinType2"]


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return make_sample(1200, 42)


def test_it_has_the_ames_columns(sample: pd.DataFrame) -> None:
    assert list(sample.columns) == list(AMES_COLUMNS)
    assert len(AMES_COLUMNS) == 81
    assert sample["Id"].is_unique


def test_the_same_seed_gives_the_same_houses_and_another_seed_others(sample: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(sample, make_sample(1200, 42))
    assert not sample["SalePrice"].equals(make_sample(1200, 43)["SalePrice"])


def test_prices_are_skewed_around_a_plausible_median_and_their_log_is_not(
    sample: pd.DataFrame,
) -> None:
    price = sample["SalePrice"]
    assert 130_000 < price.median() < 200_000
    assert price.skew() > 1.2
    assert abs(np.log(price).skew()) < 0.7


@pytest.mark.parametrize(("columns", "size"), [(GARAGE, "GarageArea"), (BASEMENT, "TotalBsmtSF")])
def test_what_a_house_does_not_have_is_missing_in_every_column_of_it(
    sample: pd.DataFrame, columns: list[str], size: str
) -> None:
    without = sample[size] == 0
    assert 0 < without.sum() < len(sample) / 4
    assert sample.loc[without, columns].isna().all().all()
    assert sample.loc[~without, columns].notna().all().all()


def test_areas_and_years_add_up(sample: pd.DataFrame) -> None:
    floors = sample["1stFlrSF"] + sample["2ndFlrSF"] + sample["LowQualFinSF"]
    basement = sample["BsmtFinSF1"] + sample["BsmtFinSF2"] + sample["BsmtUnfSF"]
    assert (floors == sample["GrLivArea"]).all()
    assert (basement == sample["TotalBsmtSF"]).all()
    assert (sample["YearBuilt"] <= sample["YrSold"]).all()
    assert (sample["YearRemodAdd"] <= sample["YrSold"]).all()
    assert not (sample["GarageYrBlt"] > sample["YrSold"]).any()


@pytest.mark.parametrize("rows", [50, 3000])
def test_any_number_of_rows_can_be_made(rows: int) -> None:
    assert len(make_sample(rows, 1)) == rows
