"""A synthetic table in the columns of the Ames house sales, for a first run without a network.

Every house here is made up. The columns, the names of their levels and what "missing" means follow
the documentation of the Ames data (De Cock 2011, Journal of Statistics Education 19(3)); the
frequencies and the price formula are invented. The price depends on the columns as a buyer would
expect, with effects that saturate or depend on each other, and with noise on top: a perfect model
would still be about `NOISE` off in log price. Figures from it say nothing about real prices.
"""

from typing import Any

import numpy as np
import pandas as pd

from .sample_houses import GRADES, NEIGHBOURHOODS, Columns, make_houses, where_there

NOISE = 0.11  # standard deviation of log price given everything else

_NAMES = """
    Id MSSubClass MSZoning LotFrontage LotArea Street Alley LotShape LandContour Utilities
    LotConfig LandSlope Neighborhood Condition1 Condition2 BldgType HouseStyle OverallQual
    OverallCond YearBuilt YearRemodAdd RoofStyle RoofMatl Exterior1st Exterior2nd MasVnrType
    MasVnrArea ExterQual ExterCond Foundation BsmtQual BsmtCond BsmtExposure BsmtFinType1
    BsmtFinSF1 BsmtFinType2 BsmtFinSF2 BsmtUnfSF TotalBsmtSF Heating HeatingQC CentralAir
    Electrical 1stFlrSF 2ndFlrSF LowQualFinSF GrLivArea BsmtFullBath BsmtHalfBath FullBath
    HalfBath BedroomAbvGr KitchenAbvGr KitchenQual TotRmsAbvGrd Functional Fireplaces
    FireplaceQu GarageType GarageYrBlt GarageFinish GarageCars GarageArea GarageQual
    GarageCond PavedDrive WoodDeckSF OpenPorchSF EnclosedPorch 3SsnPorch ScreenPorch PoolArea
    PoolQC Fence MiscFeature MiscVal MoSold YrSold SaleType SaleCondition SalePrice
"""
AMES_COLUMNS = tuple(_NAMES.split())


def make_sample(rows: int, seed: int) -> pd.DataFrame:
    """`rows` made-up sales with the 81 Ames columns in their order; None or NaN for missing.

    The same seed gives the same table. Takes about 25 ms per thousand rows.
    """
    rng = np.random.default_rng(seed)
    houses = make_houses(rows, rng)
    houses["Id"] = np.arange(1, rows + 1)
    # Student's t has a few sales far off, as real sales do; scaled to a variance of 1.
    surprise = rng.standard_t(8, rows) * np.sqrt(6 / 8)
    price = np.exp(_log_price(houses) + NOISE * surprise)
    houses["SalePrice"] = (price / 100).round().astype(int) * 100
    _forget(houses, rng, rows)
    return pd.DataFrame({name: houses[name] for name in AMES_COLUMNS})


def _log_price(houses: Columns) -> Any:
    """What the market would pay on average, as a log. Needs every value: call it before _forget."""
    quality = houses["OverallQual"] - 6
    level = np.array([NEIGHBOURHOODS[name][1] for name in houses["Neighborhood"]])
    age = houses["YrSold"] - houses["YearBuilt"]
    renewed = houses["YrSold"] - houses["YearRemodAdd"]
    living = np.log(houses["GrLivArea"] / 1500)
    finished = houses["BsmtFinSF1"] + houses["BsmtFinSF2"]
    grade = {name: _rank(houses[name]) - 2 for name in ("ExterQual", "KitchenQual", "BsmtQual")}
    # A good area is worth more to a good house, and space more where it is finished well.
    value = 11.96 + 0.65 * level + 0.060 * quality + 0.008 * quality**2 * np.sign(quality)
    value = value + (0.50 + 0.08 * np.clip(quality, -2, 3)) * living + 0.15 * level * quality
    # Wear slows down with age; good repair offsets it, and only an old house needs it. Where an
    # area is sought after, a house from before the war is a period house and gains again.
    wear = 0.18 * (1 - np.exp(-age / 25)) + 0.05 * (1 - np.exp(-renewed / 15))
    value = value - wear * (1 - 0.22 * (houses["OverallCond"] - 5))
    value = value + 0.18 * (houses["YearBuilt"] < 1940) * np.clip(5 * level, -0.5, 1.2)
    value = value + 0.00010 * np.minimum(houses["TotalBsmtSF"], 2000) + 0.00008 * finished
    value = value + 0.05 * np.isin(houses["BsmtExposure"], ["Gd"]) * (finished > 300)
    value = value + 0.07 * np.log(np.minimum(houses["LotArea"], 30_000) / 9_000)
    value = value + 0.055 * np.minimum(houses["GarageCars"], 3) - 0.05 * (houses["GarageCars"] == 0)
    value = value + 0.035 * (houses["FullBath"] - 1) + 0.02 * houses["HalfBath"]
    value = value + 0.03 * houses["BsmtFullBath"] + 0.04 * np.minimum(houses["Fireplaces"], 2)
    value = value + 0.03 * grade["ExterQual"] + 0.05 * grade["KitchenQual"]
    value = value + 0.02 * grade["BsmtQual"] * (houses["TotalBsmtSF"] > 0)
    value = value + 0.0001 * houses["WoodDeckSF"] + 0.0001 * houses["ScreenPorch"]
    value = value - 0.11 * (houses["CentralAir"] == "N") - 0.09 * (houses["KitchenAbvGr"] > 1)
    value = (
        value - 0.14 * (houses["MSZoning"] == "C (all)") - 0.05 * (houses["Functional"] != "Typ")
    )
    noisy = np.isin(houses["Condition1"], ["Artery", "Feedr", "RRAe", "RRAn"])
    value = value - 0.07 * noisy + 0.05 * np.isin(houses["Condition1"], ["PosN", "PosA"])
    value = value - 0.08 * np.isin(houses["BldgType"], ["Twnhs", "Duplex", "2fmCon"])
    value = value - 0.12 * (houses["SaleCondition"] == "Abnorml")
    value = value + 0.05 * (houses["SaleCondition"] == "Partial")
    return value - 0.02 * np.maximum(0, houses["YrSold"] - 2007)  # the market fell from 2008 on


def _forget(houses: Columns, rng: np.random.Generator, rows: int) -> None:
    """Values that were never recorded: at random, but more often where they are hard to tell."""
    odd = np.where(houses["LotConfig"] == "CulDSac", 0.45, 0.1)
    odd = np.where(houses["LotShape"] == "Reg", odd, odd + 0.15)
    houses["LotFrontage"] = np.where(rng.random(rows) < odd, np.nan, houses["LotFrontage"])
    lost = rng.random(rows) < 0.005
    houses["MasVnrType"] = where_there(~lost, houses["MasVnrType"])
    houses["MasVnrArea"] = np.where(lost, np.nan, houses["MasVnrArea"])
    houses["Electrical"] = where_there(rng.random(rows) > 0.001, houses["Electrical"])


def _rank(names: Any) -> Any:
    """(rows,) ranks 0 to 4 of quality names; 2 (typical) where there is none."""
    ranks = {name: rank for rank, name in enumerate(GRADES)}
    return np.array([ranks.get(name, 2) for name in names])
