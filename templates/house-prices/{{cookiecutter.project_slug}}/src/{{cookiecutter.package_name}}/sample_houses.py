"""The houses of the synthetic sample: every column but the price, each drawn from those before it.

Grade follows neighbourhood and age, size follows grade, rooms follow size, and a house without a
garage or a basement has nothing to say about one.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

# Neighbourhood: (how common, effect on log price, typical year of building).
NEIGHBOURHOODS: dict[str, tuple[float, float, int]] = {
    "Blmngtn": (12, 0.06, 2004),
    "Blueste": (3, -0.08, 1980),
    "BrDale": (12, -0.18, 1971),
    "BrkSide": (58, -0.08, 1931),
    "ClearCr": (28, 0.12, 1966),
    "CollgCr": (150, 0.04, 1998),
    "Crawfor": (50, 0.17, 1942),
    "Edwards": (100, -0.15, 1956),
    "Gilbert": (80, 0.00, 1998),
    "IDOTRR": (37, -0.27, 1923),
    "MeadowV": (17, -0.26, 1973),
    "Mitchel": (49, -0.04, 1982),
    "NAmes": (225, -0.06, 1960),
    "NPkVill": (9, -0.07, 1976),
    "NWAmes": (73, 0.01, 1976),
    "NoRidge": (41, 0.24, 1995),
    "NridgHt": (77, 0.25, 2005),
    "OldTown": (113, -0.17, 1922),
    "SWISU": (25, -0.12, 1925),
    "Sawyer": (74, -0.09, 1964),
    "SawyerW": (59, -0.02, 1988),
    "Somerst": (86, 0.09, 2005),
    "StoneBr": (25, 0.30, 1998),
    "Timber": (38, 0.13, 1992),
    "Veenker": (11, 0.16, 1977),
}
GRADES = np.array(["Po", "Fa", "TA", "Gd", "Ex"], dtype=object)


Columns = dict[str, Any]  # column name -> array of shape (rows,)


def make_houses(rows: int, rng: np.random.Generator) -> Columns:
    """`rows` complete houses: every Ames column but the identifier and the price."""
    houses: Columns = {}
    for part in (_place, _building, _lot, _outside, _basement, _rooms, _garage, _extras, _sale):
        part(houses, rng, rows)
    return houses


def _place(houses: Columns, rng: np.random.Generator, rows: int) -> None:
    common = np.array([values[0] for values in NEIGHBOURHOODS.values()], dtype=float)
    place = rng.choice(len(NEIGHBOURHOODS), rows, p=common / common.sum())
    houses["Neighborhood"] = np.array(list(NEIGHBOURHOODS), dtype=object)[place]
    zoning = _pick(rng, rows, {"RL": 84, "RM": 11, "FV": 3, "RH": 1.2, "C (all)": 0.8})
    old_town = np.isin(houses["Neighborhood"], ["OldTown", "IDOTRR", "BrDale", "MeadowV", "SWISU"])
    medium = _pick(rng, rows, {"RM": 85, "C (all)": 6, "RL": 9})
    zoning = np.where(old_town, medium, zoning)
    houses["MSZoning"] = np.where(houses["Neighborhood"] == "Somerst", "FV", zoning)
    near = {"Norm": 86, "Feedr": 6, "Artery": 3, "RRAn": 2, "PosN": 1.3, "RRAe": 0.8}
    houses["Condition1"] = _pick(rng, rows, {**near, "PosA": 0.5, "RRNn": 0.3, "RRNe": 0.1})
    second = _pick(rng, rows, {"Norm": 90, "Feedr": 6, "Artery": 2, "PosN": 1, "RRNn": 1})
    houses["Condition2"] = np.where(houses["Condition1"] == "Norm", "Norm", second)


def _building(houses: Columns, rng: np.random.Generator, rows: int) -> None:
    """Age, grade and size; the rest of a house follows from these."""
    houses["YrSold"] = rng.integers(2006, 2011, rows)
    typical = np.array([NEIGHBOURHOODS[name][2] for name in houses["Neighborhood"]])
    level = np.array([NEIGHBOURHOODS[name][1] for name in houses["Neighborhood"]])
    built = (typical + rng.normal(0, 9, rows)).round().astype(int)
    houses["YearBuilt"] = np.clip(built, 1875, houses["YrSold"])
    age = houses["YrSold"] - houses["YearBuilt"]
    wait = np.where(rng.random(rows) < np.clip(age / 70, 0, 0.7), rng.beta(3, 1, rows) * age, 0)
    houses["YearRemodAdd"] = np.maximum(1950, houses["YearBuilt"] + wait.astype(int))
    houses["YearRemodAdd"] = np.minimum(houses["YearRemodAdd"], houses["YrSold"])
    grade = 5.75 + 3.6 * level + 0.018 * (houses["YearBuilt"] - 1972) + rng.normal(0, 0.85, rows)
    houses["OverallQual"] = np.clip(grade.round(), 1, 10).astype(int)
    worn = rng.normal(0, 1.15, rows) * (age > 8) + 0.4 * (wait > 5)
    houses["OverallCond"] = np.clip((5.15 + worn).round(), 1, 9).astype(int)
    houses["BldgType"] = _pick(
        rng, rows, {"1Fam": 83, "TwnhsE": 8, "Duplex": 4, "Twnhs": 3, "2fmCon": 2}
    )
    houses["HouseStyle"] = _style(houses, rng, rows)
    upper = np.isin(houses["HouseStyle"], ["2Story", "2.5Fin", "2.5Unf", "1.5Fin"])
    log_area = 7.11 + 0.075 * (houses["OverallQual"] - 6) + 0.33 * upper
    attached = houses["BldgType"] != "1Fam"
    area = np.exp(log_area - 0.06 * attached + rng.normal(0, 0.23, rows))
    area = np.clip(area, 334, 4600).round().astype(int)
    share = np.select(
        [np.isin(houses["HouseStyle"], ["2Story", "2.5Fin", "2.5Unf"]), upper],
        [rng.uniform(0.42, 0.55, rows), rng.uniform(0.30, 0.42, rows)],
        0.0,
    )
    houses["2ndFlrSF"] = (area * share).round().astype(int)
    houses["LowQualFinSF"] = np.where(rng.random(rows) < 0.015, rng.integers(50, 500, rows), 0)
    houses["1stFlrSF"] = area - houses["2ndFlrSF"]
    houses["GrLivArea"] = area + houses["LowQualFinSF"]
    houses["MSSubClass"] = _subclass(houses)
    poor = {"Typ": 93, "Min2": 2.3, "Min1": 2.1, "Mod": 1, "Maj1": 1, "Maj2": 0.4, "Sev": 0.2}
    houses["Functional"] = _pick(rng, rows, poor)


def _style(houses: Columns, rng: np.random.Generator, rows: int) -> Any:
    old = _pick(
        rng,
        rows,
        {"1.5Fin": 40, "1Story": 31, "2Story": 22, "1.5Unf": 3, "2.5Unf": 2, "2.5Fin": 2},
    )
    new = _pick(rng, rows, {"1Story": 55, "2Story": 35, "SLvl": 6, "SFoyer": 4})
    return np.where(houses["YearBuilt"] < 1946, old, new)


def _subclass(houses: Columns) -> Any:
    """The assessor's code, which follows from building type, style and age."""
    style, kind = houses["HouseStyle"], houses["BldgType"]
    new = houses["YearBuilt"] >= 1946
    terrace = np.isin(kind, ["Twnhs", "TwnhsE"])
    return np.select(
        [
            kind == "Duplex",
            kind == "2fmCon",
            terrace & (style == "1Story"),
            terrace & np.isin(style, ["SLvl", "SFoyer"]),
            terrace,
            style == "SFoyer",
            style == "SLvl",
            style == "1.5Fin",
            style == "1.5Unf",
            np.isin(style, ["2.5Fin", "2.5Unf"]),
            (style == "2Story") & new,
            style == "2Story",
            new,
        ],
        [90, 190, 120, 180, 160, 85, 80, 50, 45, 75, 60, 70, 20],
        30,
    )


def _lot(houses: Columns, rng: np.random.Generator, rows: int) -> None:
    terrace = np.isin(houses["BldgType"], ["Twnhs", "TwnhsE"])
    area = np.exp(np.where(terrace, 7.9, 9.12) + rng.normal(0, 0.33, rows))
    area = area * np.where(rng.random(rows) < 0.02, rng.uniform(2, 8, rows), 1)
    houses["LotArea"] = np.clip(area, 1300, 200_000).round().astype(int)
    houses["LotConfig"] = _pick(
        rng, rows, {"Inside": 72, "Corner": 18, "CulDSac": 6.5, "FR2": 3, "FR3": 0.5}
    )
    cul_de_sac = houses["LotConfig"] == "CulDSac"
    regular = _pick(rng, rows, {"Reg": 66, "IR1": 31, "IR2": 2.4, "IR3": 0.6})
    houses["LotShape"] = np.where(cul_de_sac & (rng.random(rows) < 0.7), "IR1", regular)
    frontage = 0.72 * np.sqrt(houses["LotArea"]) * np.where(cul_de_sac, 0.7, 1.0)
    frontage = frontage * np.exp(rng.normal(0, 0.16, rows))
    houses["LotFrontage"] = np.clip(frontage, 21, 313).round()
    houses["LandContour"] = _pick(rng, rows, {"Lvl": 90, "Bnk": 4.3, "HLS": 3.4, "Low": 2.3})
    flat = houses["LandContour"] == "Lvl"
    sloped = _pick(rng, rows, {"Mod": 55, "Gtl": 38, "Sev": 7})
    houses["LandSlope"] = np.where(flat, "Gtl", sloped)
    houses["Street"] = _pick(rng, rows, {"Pave": 99.5, "Grvl": 0.5})
    alley = _pick(rng, rows, {"Grvl": 55, "Pave": 45})
    old = houses["YearBuilt"] < 1946
    houses["Alley"] = np.where(rng.random(rows) < np.where(old, 0.2, 0.025), alley, None)
    houses["Utilities"] = _pick(rng, rows, {"AllPub": 99.9, "NoSeWa": 0.1})
    houses["PavedDrive"] = np.where(
        old,
        _pick(rng, rows, {"Y": 70, "N": 25, "P": 5}),
        _pick(rng, rows, {"Y": 97, "N": 2, "P": 1}),
    )


def _outside(houses: Columns, rng: np.random.Generator, rows: int) -> None:
    houses["RoofStyle"] = _pick(
        rng, rows, {"Gable": 78, "Hip": 20, "Flat": 0.9, "Gambrel": 0.7, "Mansard": 0.4}
    )
    houses["RoofMatl"] = _pick(
        rng, rows, {"CompShg": 98.2, "Tar&Grv": 0.8, "WdShngl": 0.6, "WdShake": 0.4}
    )
    recent = {"VinylSd": 66, "CemntBd": 12, "HdBoard": 9, "MetalSd": 8, "Wd Sdng": 3, "BrkFace": 2}
    earlier = {
        "HdBoard": 27,
        "MetalSd": 24,
        "Wd Sdng": 18,
        "Plywood": 14,
        "BrkFace": 9,
        "VinylSd": 8,
    }
    before = {"Wd Sdng": 34, "MetalSd": 30, "VinylSd": 13, "Stucco": 8, "AsbShng": 6, "WdShing": 9}
    year = houses["YearBuilt"]
    houses["Exterior1st"] = np.select(
        [year >= 1990, year >= 1950],
        [_pick(rng, rows, recent), _pick(rng, rows, earlier)],
        _pick(rng, rows, before),
    )
    # The second covering has its own spelling of two of the names.
    spelt = {"CemntBd": "CmentBd", "WdShing": "Wd Shng"}
    second = np.array([spelt.get(name, name) for name in houses["Exterior1st"]], dtype=object)
    other = _pick(rng, rows, {"Plywood": 40, "HdBoard": 30, "Wd Sdng": 30})
    houses["Exterior2nd"] = np.where(rng.random(rows) < 0.12, other, second)
    veneer = rng.random(rows) < 0.22 + 0.09 * (houses["OverallQual"] - 4)
    kinds = _pick(rng, rows, {"BrkFace": 75, "Stone": 22, "BrkCmn": 3})
    houses["MasVnrType"] = np.where(veneer, kinds, "None")
    size = np.exp(rng.normal(5.1, 0.65, rows)).round()
    houses["MasVnrArea"] = np.where(veneer, np.clip(size, 16, 1600), 0.0)
    houses["ExterQual"] = _grade(0.45 * (houses["OverallQual"] - 6) + 2.45, 0.25, rng, rows)
    houses["ExterCond"] = _grade(0.2 * (houses["OverallCond"] - 5) + 2.05, 0.3, rng, rows)
    houses["Foundation"] = np.select(
        [year >= 1985, year >= 1942],
        ["PConc", _pick(rng, rows, {"CBlock": 86, "PConc": 10, "Slab": 4})],
        _pick(rng, rows, {"BrkTil": 58, "CBlock": 27, "PConc": 12, "Stone": 3}),
    )


def _basement(houses: Columns, rng: np.random.Generator, rows: int) -> None:
    """A house without a basement has size 0 and no value in the five columns that grade one."""
    has = (rng.random(rows) > 0.02) & (houses["Foundation"] != "Slab")
    total = houses["1stFlrSF"] * np.clip(rng.normal(0.97, 0.08, rows), 0.4, 1.05)
    total = np.where(has, total, 0).round().astype(int)
    finish = _pick(rng, rows, {"Unf": 29, "GLQ": 29, "ALQ": 15, "BLQ": 10, "Rec": 11, "LwQ": 6})
    share = np.where(finish == "Unf", 0, rng.beta(3, 2, rows))
    second = has & (share > 0) & (rng.random(rows) < 0.14)
    other = _pick(rng, rows, {"Rec": 35, "LwQ": 30, "BLQ": 20, "ALQ": 10, "GLQ": 5})
    houses["TotalBsmtSF"] = total
    houses["BsmtFinSF1"] = (total * share).round().astype(int)
    rest = total - houses["BsmtFinSF1"]
    houses["BsmtFinSF2"] = np.where(second, rest * rng.uniform(0.1, 0.9, rows), 0).astype(int)
    houses["BsmtUnfSF"] = rest - houses["BsmtFinSF2"]
    height = 1.9 + 0.3 * (houses["OverallQual"] - 5) + 0.008 * (houses["YearBuilt"] - 1965)
    houses["BsmtQual"] = where_there(has, _grade(height, 0.4, rng, rows))
    houses["BsmtCond"] = where_there(has, _grade(np.full(rows, 2.02), 0.3, rng, rows))
    exposure = {"No": 67, "Av": 15, "Gd": 9, "Mn": 9}
    houses["BsmtExposure"] = where_there(has, _pick(rng, rows, exposure))
    houses["BsmtFinType1"] = where_there(has, finish)
    houses["BsmtFinType2"] = where_there(has, np.where(second, other, "Unf"))
    finished = houses["BsmtFinSF1"] > 350
    houses["BsmtFullBath"] = (finished & (rng.random(rows) < 0.75)).astype(int)
    houses["BsmtHalfBath"] = (finished & (rng.random(rows) < 0.1)).astype(int)


def _rooms(houses: Columns, rng: np.random.Generator, rows: int) -> None:
    area, quality, year = houses["GrLivArea"], houses["OverallQual"], houses["YearBuilt"]
    flats = np.isin(houses["BldgType"], ["Duplex", "2fmCon"])
    houses["KitchenAbvGr"] = 1 + (flats & (rng.random(rows) < 0.85))
    baths = 0.2 + area / 1400 + 0.12 * (quality - 5) + 0.006 * (year - 1970)
    houses["FullBath"] = np.clip((baths + rng.normal(0, 0.35, rows)).round(), 1, 3).astype(int)
    houses["HalfBath"] = ((houses["2ndFlrSF"] > 0) & (rng.random(rows) < 0.62)).astype(int)
    bedrooms = 1.2 + area / 900 + 0.5 * flats + rng.normal(0, 0.5, rows)
    houses["BedroomAbvGr"] = np.clip(bedrooms.round(), 1, 6).astype(int)
    others = (1.4 + area / 700 + rng.normal(0, 0.6, rows)).round().astype(int)
    houses["TotRmsAbvGrd"] = np.clip(houses["BedroomAbvGr"] + np.maximum(1, others), 3, 14)
    renewed = 0.02 * (houses["YearRemodAdd"] - 1985)
    houses["KitchenQual"] = _grade(2.5 + 0.42 * (quality - 6) + renewed, 0.45, rng, rows)
    houses["HeatingQC"] = _grade(2.9 + 0.25 * (quality - 6) + 1.3 * renewed, 0.7, rng, rows)
    houses["Heating"] = _pick(rng, rows, {"GasA": 97.8, "GasW": 1.4, "Grav": 0.5, "Wall": 0.3})
    air = rng.random(rows) < np.where(year < 1946, 0.8, 0.97)
    houses["CentralAir"] = np.where(air, "Y", "N")
    old_wiring = _pick(rng, rows, {"SBrkr": 74, "FuseA": 20, "FuseF": 5, "FuseP": 1})
    houses["Electrical"] = np.where(year < 1965, old_wiring, "SBrkr")
    hearths = rng.poisson(np.clip(0.12 * (quality - 3) + area / 5000, 0.02, 1.4))
    houses["Fireplaces"] = np.minimum(hearths, 3)
    graded = _grade(2.3 + 0.2 * (quality - 6), 0.7, rng, rows)
    houses["FireplaceQu"] = where_there(houses["Fireplaces"] > 0, graded)


def _garage(houses: Columns, rng: np.random.Generator, rows: int) -> None:
    """A house without a garage has size 0 and no value in the five columns that describe one."""
    year = houses["YearBuilt"]
    has = rng.random(rows) > np.where(year < 1946, 0.12, 0.04)
    cars = 1.45 + 0.24 * (houses["OverallQual"] - 5.5) + 0.009 * (year - 1970)
    cars = np.clip((cars + rng.normal(0, 0.42, rows)).round(), 1, 4).astype(int)
    houses["GarageCars"] = np.where(has, cars, 0)
    area = 60 + 225 * cars + rng.normal(0, 55, rows)
    houses["GarageArea"] = np.where(has, np.clip(area, 160, 1400).round(), 0).astype(int)
    modern = _pick(rng, rows, {"Attchd": 80, "BuiltIn": 8, "Detchd": 10, "Basment": 2})
    detached = _pick(
        rng, rows, {"Detchd": 85, "Attchd": 11, "CarPort": 1, "2Types": 1, "Basment": 2}
    )
    houses["GarageType"] = where_there(has, np.where(year < 1950, detached, modern))
    later = np.where(rng.random(rows) < 0.2, rng.integers(0, 30, rows), 0)
    built = np.minimum(year + later, houses["YrSold"]).astype(float)
    houses["GarageYrBlt"] = np.where(has, built, np.nan)
    done = 0.9 + 0.35 * (houses["OverallQual"] - 6) + 0.015 * (year - 1972)
    rank = np.clip((done + rng.normal(0, 0.7, rows)).round(), 0, 2).astype(int)
    houses["GarageFinish"] = where_there(has, np.array(["Unf", "RFn", "Fin"], dtype=object)[rank])
    houses["GarageQual"] = where_there(has, _grade(np.full(rows, 1.98), 0.25, rng, rows))
    houses["GarageCond"] = where_there(has, _grade(np.full(rows, 1.98), 0.22, rng, rows))


def _extras(houses: Columns, rng: np.random.Generator, rows: int) -> None:
    for name, share, middle in (
        ("WoodDeckSF", 0.48, 190),
        ("OpenPorchSF", 0.55, 75),
        ("EnclosedPorch", 0.14, 150),
        ("3SsnPorch", 0.017, 180),
        ("ScreenPorch", 0.08, 180),
        ("PoolArea", 0.008, 550),
    ):
        size = middle * np.exp(rng.normal(0, 0.45, rows))
        houses[name] = np.where(rng.random(rows) < share, size.round(), 0).astype(int)
    pool = _pick(rng, rows, {"Gd": 45, "Ex": 30, "Fa": 25})
    houses["PoolQC"] = where_there(houses["PoolArea"] > 0, pool)
    fence = _pick(rng, rows, {"MnPrv": 56, "GdPrv": 21, "GdWo": 19, "MnWw": 4})
    houses["Fence"] = where_there(rng.random(rows) < 0.19, fence)
    feature = _pick(rng, rows, {"Shed": 91, "Gar2": 4, "Othr": 4, "TenC": 1})
    has = rng.random(rows) < 0.037
    houses["MiscFeature"] = where_there(has, feature)
    worth = (np.exp(rng.normal(6.2, 0.7, rows)) / 50).round().astype(int) * 50
    houses["MiscVal"] = np.where(has, worth, 0)


def _sale(houses: Columns, rng: np.random.Generator, rows: int) -> None:
    month = np.array([4, 4, 7, 10, 14, 17, 16, 8, 4, 6, 5, 5], dtype=float)
    houses["MoSold"] = rng.choice(np.arange(1, 13), rows, p=month / month.sum())
    kinds = {"WD": 93, "COD": 3.2, "CWD": 0.9, "ConLD": 0.8, "ConLI": 0.6, "Con": 0.5, "Oth": 0.5}
    ways = {"Normal": 90, "Abnorml": 7.5, "Family": 1.5, "Alloca": 0.7, "AdjLand": 0.3}
    fresh = houses["YrSold"] - houses["YearBuilt"] <= 1
    new = fresh & (rng.random(rows) < 0.8)
    houses["SaleType"] = np.where(new, "New", _pick(rng, rows, kinds))
    houses["SaleCondition"] = np.where(new, "Partial", _pick(rng, rows, ways))


def _pick(rng: np.random.Generator, rows: int, weights: Mapping[str, float]) -> Any:
    """(rows,) level names, drawn by weight."""
    shares = np.array(list(weights.values()), dtype=float)
    return rng.choice(np.array(list(weights), dtype=object), rows, p=shares / shares.sum())


def _grade(rank: Any, spread: float, rng: np.random.Generator, rows: int) -> Any:
    """(rows,) quality names around a rank on the scale 0 (Po) to 4 (Ex)."""
    drawn = (rank + rng.normal(0, spread, rows)).round()
    return GRADES[np.clip(drawn, 1, 4).astype(int)]


def where_there(has: Any, values: Any) -> Any:
    """(rows,) the values where there is one, None elsewhere."""
    return np.where(has, values, None)
