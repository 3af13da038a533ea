"""Served models of any columns, and a page as a browser would read it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import numpy as np
import numpy.typing as npt

from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.artifacts import Manifest
from {{ cookiecutter.package_name }}.schema import Column, TableSchema

MOST_BYTES = 4_000_000  # of a request


@dataclass
class Model:
    """Stands for the ONNX graph: the prediction is 100 plus the sum of the codes and numbers."""

    weights: npt.NDArray[np.float64]

    def run(self, _: Any, inputs: dict[str, Any]) -> list[npt.NDArray[np.float64]]:
        return [100.0 + np.nan_to_num(inputs["encoded"]) @ self.weights[:, None]]


def predictor_of(columns: list[Column], target: str = "y", **data: Any) -> Predictor:
    """A served model of these columns, which all matter, the later the more."""
    rows = np.array(
        [
            [
                row % max(1, len(column.categories)) + 1.0
                if column.kind == "category"
                else column.minimum + row * (column.maximum - column.minimum) / 11
                for column in columns
            ]
            for row in range(12)
        ]
    )
    metrics = ("rmse", "mae", "r2")
    manifest = Manifest(
        name="ridge",
        version="20260101-abcdef",
        created="2026-01-01T00:00:00+00:00",
        artifacts={},
        libraries={},
        git_revision=None,
        data={"name": "prices <of> flats", "synthetic": False, **data},
        metrics={name: {"overall": 0.5, "std": 0.1} for name in metrics},
        settings={
            "target": target,
            "target_transform": "identity",
            "interval_halfwidth": 1.0,
            "target_range": [5.0, 500.0],
            "coverage": 0.9,
        },
    )
    vocabularies = {
        column.name: {level: code for code, level in enumerate(column.categories, start=1)}
        for column in columns
        if column.kind == "category"
    }
    schema = TableSchema(target=target, columns=tuple(columns))
    model: Any = Model(np.arange(1.0, len(columns) + 1))
    return Predictor(model, manifest, schema, vocabularies, rows)


def number(name: str, **values: Any) -> Column:
    return Column(
        name=name, kind="number", **{"minimum": 0.0, "maximum": 11.0, "median": 5.5, **values}
    )


def category(name: str, *levels: str) -> Column:
    return Column(name=name, kind="category", categories=levels)


@dataclass
class Element:
    """A tag with its attributes and the text inside."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    inside: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Collects the elements of a page as a browser would see them."""

    EMPTY = frozenset({"meta", "link", "input", "img", "option"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Element] = []
        self.open: list[Element] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), inside=[each.tag for each in self.open])
        self.found.append(element)
        if tag not in self.EMPTY:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.found if element.tag == tag]

    @property
    def controls(self) -> dict[str, Element]:
        """Column -> its control."""
        return {
            element.attributes["data-column"] or "": element
            for element in self.found
            if "data-column" in element.attributes
        }
