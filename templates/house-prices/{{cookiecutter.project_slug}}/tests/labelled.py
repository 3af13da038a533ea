"""New labelled rows, and what a retraining left, for the tests of `retrain`."""

from pathlib import Path
from typing import Any

from retraining import REPORT as REPORT
from retraining import last_line as last_line
from retraining import refusal as refusal
from retraining import state as state

from {{ cookiecutter.package_name }} import data
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.csv_table import to_csv
from {{ cookiecutter.package_name }}.sample import make_sample

RAW = Path("data/raw/synthetic-sample.csv")
ADDED = Path("data/raw/synthetic-sample.added")


def bring(rows: int, seed: int = 7, name: str = "new.csv", **change: Any) -> list[str]:
    """Put so many new houses into the folder of new rows; returns the file's lines."""
    frame = make_sample(max(rows, 50), seed).head(rows).assign(**change)
    path = Path("data/new") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_csv(frame), encoding="utf-8")
    return path.read_text().splitlines()


def split(params: Params) -> tuple[set[int], set[int]]:
    """The rows, by their lines (added ones are counted on): to train on, and held out."""
    return set(data.load_train(params).lines.tolist()), set(data.load_test(params).lines.tolist())
