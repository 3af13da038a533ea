"""Exercise 12: a new model is promoted only if it is better by enough to be worth the change."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from tracked import WEAK, aliases, tracked

from {{ cookiecutter.package_name }} import train
from {{ cookiecutter.package_name }}.config import Params


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def settings(min_gain: float, **sections: Any) -> Params:
    with suppress(ValidationError):
        return tracked(registry={"min_gain": min_gain}, **sections)
    pytest.fail(
        f"registry.min_gain = {min_gain} is not a setting yet. Add it to RegistryParams in "
        "sections.py: a share of the champion's error, from 0 to 1, 0 by default.",
        pytrace=False,
    )


def test_the_gain_has_to_be_as_large_as_the_setting_says() -> None:
    train.train(settings(0.0, models=WEAK))
    kept = train.train(settings(0.99)).metrics["promotion"]
    assert kept["decision"] == "kept", (
        "registry.min_gain is 0.99, the error has not fallen by 99 %, and yet the model was "
        "promoted. Does `decide` in promotion.py know the setting?"
    )
    assert kept["high"] < 0, "it is better; only not by enough"
    assert "0.99" in kept["reason"] or "99" in kept["reason"], (
        f"the reason does not name the gain that is asked for: {kept['reason']}"
    )
    promoted = train.train(settings(0.01)).metrics["promotion"]
    assert promoted["decision"] == "promoted", f"it is far better than 1 %: {promoted['reason']}"
    assert aliases()["champion"] == "3"


def test_a_gain_is_a_share() -> None:
    settings(0.05)
    for wrong in (-0.1, 1.5, np.nan):
        with pytest.raises(ValidationError):
            tracked(registry={"min_gain": wrong})
