"""`predict` on file sets, and `--engine ray`: the same rows, the same refusals as the plain engine.

Ray listens on addresses and starts processes by itself, so it runs in a network and a process
space of its own, which end with the test.
"""

import csv
import importlib.util
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }} import predict, predict_ray
from {{ cookiecutter.package_name }}.api.predictor import Predictor
from {{ cookiecutter.package_name }}.errors import UserError
from {{ cookiecutter.package_name }}.sample import make_sample

SOURCE = Path(predict.__file__).parents[1]
APART = ("unshare", "-n", "-p", "-f", "--mount-proc", "--kill-child")


def write_rows(path: Path, rows: int, seed: int) -> Path:
    """Made-up houses as CSV, NA for missing."""
    make_sample(rows, seed).to_csv(path, index=False, na_rep="NA")
    return path


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of three files, one of them longer than a batch."""
    folder = tmp_path / "rows"
    folder.mkdir()
    for number, rows in enumerate((3, predict.BATCH + 10, 20)):
        write_rows(folder / f"rows-{number}.csv", rows, 100 + number)
    (folder / "notes.txt").write_text("not a table")
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_a_folder_gives_a_file_of_predictions_for_each_file(
    files: Path, trained_folder: Path, tmp_path: Path
) -> None:
    scored = predict.predict_file(files, tmp_path / "prices", trained_folder)
    assert (scored.files, scored.rows) == (3, predict.BATCH + 33)
    found = contents(tmp_path / "prices")
    assert sorted(found) == ["rows-0.csv", "rows-1.csv", "rows-2.csv"]
    for name, text in found.items():
        predict.predict_file(files / name, tmp_path / "alone.csv", trained_folder)
        assert text == (tmp_path / "alone.csv").read_text(encoding="utf-8")
        with (files / name).open(newline="") as file:
            identifiers = [row["Id"] for row in csv.DictReader(file)]
        assert [line.partition(",")[0] for line in text.splitlines()[1:]] == identifiers


def test_a_pattern_takes_the_files_that_it_matches(
    files: Path, trained_folder: Path, tmp_path: Path
) -> None:
    scored = predict.predict_file(files / "rows-[02].csv", tmp_path / "prices", trained_folder)
    assert (scored.files, scored.rows) == (2, 23)


def test_one_bad_cell_in_a_set_leaves_the_old_predictions_in_place(
    files: Path, trained_folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "prices"
    predict.predict_file(files, output, trained_folder)
    before = contents(output)
    spoil(files / "rows-2.csv", row=5)
    write_rows(files / "rows-0.csv", 9, 1)
    with pytest.raises(UserError, match=r"rows-2\.csv, row 5: LotArea is 'a lot'"):
        predict.predict_file(files, output, trained_folder)
    assert contents(output) == before
    assert {path.name for path in tmp_path.iterdir()} == {"rows", "prices"}


def test_sets_that_cannot_be_written_are_refused(
    files: Path, trained_folder: Path, tmp_path: Path
) -> None:
    cases = {
        (files / "none-*.csv", tmp_path / "prices"): "no such file",
        (files, files): "is the input too",
        (files, write_rows(tmp_path / "a.csv", 3, 1)): "Name a folder",
        (tmp_path / "*" / "rows-0.csv", tmp_path / "prices"): "two files are called rows-0.csv",
    }
    (tmp_path / "more").mkdir()
    write_rows(tmp_path / "more" / "rows-0.csv", 3, 1)
    for (source, output), message in cases.items():
        with pytest.raises(UserError, match=message):
            predict.predict_file(source, output, trained_folder)


def test_without_ray_the_extra_is_named(
    trained_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"Ray is not installed.*\[ray\]") as caught:
        predict_ray.ray_engine(trained_folder)
    assert "\n" not in str(caught.value)


def test_scoring_in_a_process_of_rays_is_that_of_the_plain_engine(
    files: Path, trained_folder: Path, predictor: Predictor
) -> None:
    """What the workers run, run here: read, score and refuse, as values."""
    spoil(files / "rows-1.csv", row=predict.BATCH + 4)
    scorer = predict_ray.Scorer(str(trained_folder))
    schema = predictor.schema.model_dump_json()
    rows = predict_ray._read({"path": [str(files / "rows-1.csv")]}, schema, str(files))
    answers = [scorer({"path": row["path"][0], "batch": row["batch"][0]}) for row in rows]
    first, second = (pickle.loads(answer["scored"]) for answer in answers)
    plain = predict.plain_engine(trained_folder)([files / "rows-1.csv"])
    assert next(plain)[1] == first
    with pytest.raises(UserError) as caught:
        next(plain)
    assert isinstance(second, UserError)
    assert str(second) == str(caught.value)


def spoil(path: Path, row: int) -> None:
    """Put a text where a number belongs. The header is row 1."""
    with path.open(newline="") as file:
        lines = list(csv.reader(file))
    lines[row - 1][lines[0].index("LotArea")] = "a lot"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(lines)


def apart() -> str | None:
    """Why Ray cannot be run here; None if it can."""
    if importlib.util.find_spec("ray") is None:
        return "Ray is not installed (the extra ray)"
    if shutil.which("unshare") is None:
        return "no unshare on this machine"
    if subprocess.run([*APART, "ip", "link", "set", "lo", "up"], capture_output=True).returncode:
        return "no network of its own to be had here"
    return None


@pytest.mark.slow
def test_ray_gives_the_same_rows_and_the_same_refusal(
    files: Path, trained_folder: Path, tmp_path: Path
) -> None:
    reason = apart()
    if reason:
        pytest.skip(reason)
    predict.predict_file(files, tmp_path / "plain", trained_folder)
    run = with_ray(Path(files.name), tmp_path / "ray", trained_folder)
    assert run.returncode == 0, run.stderr
    assert contents(tmp_path / "ray") == contents(tmp_path / "plain")
    spoil(files / "rows-1.csv", row=predict.BATCH + 4)
    spoil(files / "rows-2.csv", row=3)
    with pytest.raises(UserError) as caught:
        predict.predict_file(files, tmp_path / "plain", trained_folder)
    run = with_ray(files, tmp_path / "ray", trained_folder)
    # Ray remarks on the network that it does not find.
    assert (run.returncode, run.stderr.splitlines()[-1]) == (2, f"error: {caught.value}")
    assert contents(tmp_path / "ray") == contents(tmp_path / "plain")


def with_ray(files: Path, output: Path, models: Path) -> "subprocess.CompletedProcess[str]":
    """The command with Ray, in a network that has the loopback address alone."""
    paths = ("--input", files, "--output", output, "--models", models)
    command = [sys.executable, "-m", "{{ cookiecutter.package_name }}", "predict", *paths]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    environment.pop("RAY_ADDRESS", None)
    return subprocess.run(
        [*APART, "sh", "-c", 'ip link set lo up; exec "$@"', "sh", *command, "--engine", "ray"],
        cwd=output.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
