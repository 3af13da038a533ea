"""What the tests of leaks share: made-up rows, and the project's own."""

from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import small_params

from {{ cookiecutter.package_name }} import config, data
from {{ cookiecutter.package_name }}.cli import app
from {{ cookiecutter.package_name }}.config import Params
from {{ cookiecutter.package_name }}.data import TableData
from {{ cookiecutter.package_name }}.errors import UserError

ROOT = Path(__file__).parents[1]
SAMPLE = {"sample_rows": 400}


@dataclass(frozen=True)
class Own:
    """The project's own rows, in their two parts."""

    params: Params
    train: TableData
    test: TableData


def houses(rows: int = 300) -> pd.DataFrame:
    """Rows with enough to tell them apart."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        rng.uniform(10, 99, (rows, 6)).round(2), columns=[f"size{i}" for i in range(6)]
    )
    return frame.assign(price=(1e3 * frame.sum(axis=1) + rng.normal(0, 2e4, rows)).round())


def run_data(frame: pd.DataFrame, capsys: pytest.CaptureFixture[str], **settings: Any) -> str:
    """What the command `data` says about these rows."""
    params = as_csv(frame, **settings)
    Path("params.yaml").write_text(yaml.safe_dump(params.model_dump(mode="json")))
    capsys.readouterr()
    assert exit_code("data") == 0
    return capsys.readouterr().out


def as_csv(frame: pd.DataFrame, **settings: Any) -> Params:
    frame.to_csv("rows.csv", index=False)
    return small_params(data={"source": "csv", "path": "rows.csv", "target": "price", **settings})


def exit_code(command: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        app([command])
    return int(stopped.value.code or 0)


def own_rows(elsewhere: Path) -> Own:
    """What params.yaml names, if it is prepared, with rows held out; otherwise the sample.

    The sample is prepared in the folder `elsewhere`: the project's own is left as it is.
    """
    with chdir(ROOT):
        try:
            params = config.load(Path("params.yaml"), [])
            # Never prepares anything.
            held_out = data.load_test(params)
            return Own(params, data.load_train(params), held_out)
        except UserError:
            pass
    with chdir(elsewhere):
        params = small_params(data=SAMPLE)
        data.prepare(params)
        return Own(params, data.load_train(params), data.load_test(params))
