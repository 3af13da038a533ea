"""A retraining that is cut off: no row and no model is lost, and the next one makes up for it."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from killed import KILL, needs_sigkill, run_until_killed
from labelled import bring, state
from tracked import WEAK, aliases, registry, tracked

from {{ cookiecutter.package_name }} import retrain as step
from {{ cookiecutter.package_name }} import train
from {{ cookiecutter.package_name }}.artifacts import read_manifest, verify
from {{ cookiecutter.package_name }}.registry import Registry

pytestmark = pytest.mark.usefixtures("folder")


@needs_sigkill
def test_a_killed_run_loses_neither_rows_nor_model_and_the_next_one_makes_up_for_it() -> None:
    champion = train.train(tracked(models=WEAK)).manifest
    new = bring(90)
    run_until_killed(
        "from {{ cookiecutter.package_name }} import export, retrain\n"
        "from {{ cookiecutter.package_name }}.config import Params\n"
        f"export.export = lambda *arguments: {KILL}\n"
        "retrain.retrain(Params.model_validate_json(sys.argv[1]))\n",
        tracked().model_dump_json(),
    )
    assert verify(Path("models"), tuple(champion.artifacts)) == champion
    assert Path("data/new/new.csv").read_text().splitlines() == new
    assert aliases() == {"champion": "1"}
    result = step.retrain(tracked())
    assert (result.rows.added, result.rows.known) == (0, 90)
    assert result.promotion is not None
    assert result.promotion["decision"] == "promoted"
    assert "no model of these rows" in result.notes[0]
    assert read_manifest(Path("models")).data["rows"] == 250
    assert not list(Path("models").glob(".new-*"))
    assert step.retrain(tracked()).promotion is None


def test_a_run_killed_between_the_alias_and_the_files_is_made_good_by_the_next() -> None:
    train.train(tracked(models=WEAK))
    old = state()
    bring(90)
    new = step.retrain(tracked()).promotion
    assert new is not None
    # As if it had been killed before it put the files in place.
    shutil.rmtree("models")
    for name, content in old.items():
        if name.startswith(("models", "reports/metrics")):
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_bytes(content)
    step.retrain(tracked())
    assert read_manifest(Path("models")).version == new["challenger"]["version"]
    assert registry().alias("champion").version == new["challenger"]["version"]  # type: ignore[union-attr]


def test_a_run_that_ended_before_the_aliases_were_set_is_done_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train.train(tracked(models=WEAK))
    bring(90)

    def killed(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as fault:
        fault.setattr(Registry, "promote", killed)
        with pytest.raises(KeyboardInterrupt):
            step.retrain(tracked())
    assert aliases() == {"champion": "1"}
    assert registry().number("2") is not None
    step.retrain(tracked())
    assert aliases() == {"champion": "3"}
